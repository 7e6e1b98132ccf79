// The `spec` of each kind. Internal to contract/objects/.
#pragma once

#include "model/boundary.h"
#include "model/collection.h"
#include "model/declared_class.h"
#include "model/deployment.h"
#include "model/file_collection.h"
#include "model/package.h"
#include "wire/node_fields.h"

namespace muster::contract {

// The name is checked already. Defaults: docs/protocols/objects.md.
Result<model::Package> decode_package_spec(std::string name, const wire::NodeAt& spec);
Result<model::Collection> decode_collection_spec(std::string name, const wire::NodeAt& spec);
Result<model::Deployment> decode_deployment_spec(std::string name, const wire::NodeAt& spec);
Result<model::Boundary> decode_boundary_spec(std::string name, const wire::NodeAt& spec);
Result<model::DeclaredClass> decode_inventory_class_spec(std::string name,
                                                         const wire::NodeAt& spec);
Result<model::FileCollection> decode_file_collection_spec(std::string name,
                                                          const wire::NodeAt& spec);

wire::Node package_spec(const model::Package& package);
wire::Node collection_spec(const model::Collection& collection);
wire::Node deployment_spec(const model::Deployment& deployment);
wire::Node boundary_spec(const model::Boundary& boundary);
wire::Node inventory_class_spec(const model::DeclaredClass& declared);
wire::Node file_collection_spec(const model::FileCollection& collection);

// The argument vector of `at`, whose fields are open: argv, or command as text.
Result<std::vector<std::string>> read_arguments(const wire::NodeAt& at,
                                                const wire::NodeFields& fields);

// The members start and repeat of a mapping whose fields are open.
Result<model::Schedule> read_schedule(const wire::NodeAt& at, const wire::NodeFields& fields);
void write_schedule(wire::Node& node, const model::Schedule& schedule);
Result<std::vector<model::MaintenanceWindow>> read_windows(const wire::NodeAt& field);
wire::Node windows_node(const std::vector<model::MaintenanceWindow>& windows);

// A text that is a name of an object.
Result<std::string> name_of(const wire::NodeAt& field);

}  // namespace muster::contract
