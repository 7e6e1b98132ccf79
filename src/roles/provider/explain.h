// "Why did this machine (not) get it?": every step from membership to result, from stored facts.
#pragma once

#include <vector>

#include "contract/explanation.h"
#include "contract/status_report.h"
#include "hosting/route_table.h"
#include "hosting/site.h"
#include "model/agent_settings.h"
#include "model/deployment.h"
#include "model/package.h"
#include "store/site/devices.h"

namespace muster::provider {

// Everything that an explanation rests on, gathered before any of it is judged.
struct ExplainFacts {
  std::string device;
  std::string deployment;
  store::DeviceState state = store::DeviceState::Pending;
  Timestamp enrolled;
  std::optional<Timestamp> last_seen;
  std::optional<Timestamp> last_contact;  // its last message or poll
  // Where it is: its addresses with the boundaries that hold them, if the site has any.
  struct Place {
    std::string address;
    std::string boundary{};  // empty: none
    std::string site{};
  };
  bool has_boundaries = false;
  std::vector<Place> places{};
  // What somebody told a fallback status point in its name since.
  struct Claim {
    Timestamp received;
    std::string meaning;
  };
  std::optional<Claim> fallback{};
  std::optional<Timestamp> inventory_at;
  std::string collection;
  bool all_systems = false;
  // What keeps the device out of the collection, and the name of the other one that does.
  fleet::Standing::Kind standing = fleet::Standing::Kind::NotNamed;
  std::string kept_out_by;
  bool body_signed = false;              // the deployment has a policy body
  std::optional<Timestamp> header_with;  // when the header that names it was signed
  Timestamp header_expires;
  model::EffectiveAgent agent{};  // what the site and the collections say together
  model::Deployment spec{};
  Timestamp start;
  bool retired = false;  // its package, or one of what runs first
  std::string retired_package{};
  bool has_requirements = false;         // its program
  std::vector<model::RunFirst> first{};  // what runs before it, directly before it first
  Duration offset{0};                    // the device's random start
  // Of this device about this deployment, and about its policy as a whole; oldest first.
  std::vector<contract::StatusReport> reports;
  std::vector<contract::StatusReport> policy_reports;
};

contract::Explanation explain(const ExplainFacts& facts, Timestamp now);

Result<net::Response> explain_deployment(hosting::Site& site, hosting::Call& call);

}  // namespace muster::provider
