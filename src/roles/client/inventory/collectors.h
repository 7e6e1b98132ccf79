// The inventory collectors: one function per class of model/inventory_classes.cc. They read a
// Source and invent nothing: what is not there is an absent value.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/inventory.h"
#include "roles/client/inventory/source.h"

namespace muster::client {

// A fact that was left out, and why.
struct Note {
  enum class Reason { NeedsRoot, Unreadable };
  Reason reason = Reason::NeedsRoot;
  std::string fact;    // "Device.SerialNumber"
  std::string detail;  // the error's text
};

struct Collected {
  std::vector<model::Row> rows;
  std::vector<Note> notes;
};

Result<Collected> collect_device(const Source& source, std::string_view client_version);
Result<Collected> collect_operating_system(const Source& source);
Result<Collected> collect_processor(const Source& source);
Result<Collected> collect_physical_memory(const Source& source);
Result<Collected> collect_logical_disk(const Source& source);
Result<Collected> collect_network_adapter(const Source& source);
Result<Collected> collect_ip_address(const Source& source);
Result<Collected> collect_installed_software(const Source& source);
Result<Collected> collect_computer_system(const Source& source);
Result<Collected> collect_bios(const Source& source);
Result<Collected> collect_disk(const Source& source);
Result<Collected> collect_service(const Source& source);
Result<Collected> collect_user_account(const Source& source);

struct Inventory {
  std::vector<model::ClassRows> classes;  // every class that could be read, in the model's order
  std::vector<Note> notes;
  std::vector<Error> errors;  // of classes that could not; they are left out of `classes`
};

using ClassFilter = std::function<bool(const model::InventoryClass&)>;

// The classes that `wanted` says, or all. Every row is checked by model::check_row.
// `client_version` is dotted: "0.1.0".
// `files` is what SoftwareFile looks for; without it that class has no row.
struct SoftwareFileRules;
Inventory collect_inventory(const Source& source, std::string_view client_version,
                            const ClassFilter& wanted = {},
                            const SoftwareFileRules* files = nullptr);

}  // namespace muster::client
