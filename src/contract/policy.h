// Policy: the header that is signed for one device, and the bodies that many devices share.
// Payloads of signed documents (signed_document.h); docs/protocols/policy.md.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/agent_settings.h"
#include "model/deployment.h"
#include "model/ids.h"
#include "model/inventory_intervals.h"
#include "model/maintenance_window.h"

namespace muster::contract {

// A body by the SHA-256 of its whole signed document.
struct BodyReference {
  std::string sha256;
  std::uint64_t size_bytes = 0;
  friend bool operator==(const BodyReference&, const BodyReference&) = default;
};

struct PolicyHeader {
  model::SiteCode site;
  model::DeviceId device;
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  Timestamp issued{};
  Timestamp expires{};
  // A number that the site raises to ask for a full inventory.
  std::uint64_t inventory_resync = 0;
  // The catalogue's newest root: a client with an older one walks up to it first.
  std::uint64_t catalogue_root = 0;
  std::vector<BodyReference> bodies{};
};
Bytes encode_policy_header(const PolicyHeader& header);
Result<PolicyHeader> decode_policy_header(ByteView payload);

// How the agent behaves at this site.
struct ClientSettingsBody {
  Duration poll_interval{0};
  Duration heartbeat_interval{0};
  Duration inventory_interval{0};
  model::ClassIntervals class_intervals{};  // instead of it
  // Times of notices and restarts; collections may say otherwise.
  model::AgentDurations agent{};
  // How old the site's signed time may be before nothing new is started.
  Duration max_age{0};
  std::vector<std::string> distribution_points;  // "http://host:port"
  // Over which devices spread what starts on all of them.
  Duration splay{0};
};

// A catalogue document by role and hash.
struct EntryReference {
  std::string role;
  std::uint64_t version = 0;
  std::string sha256;
  std::uint64_t size_bytes = 0;
  friend bool operator==(const EntryReference&, const EntryReference&) = default;
};

// A program that must have succeeded before another one runs. That it must stands in the other
// one's catalogue entry; this says where its own is.
struct FirstProgramReference {
  std::string package{};
  std::string package_version{};
  std::string program{};
  EntryReference entry{};
  std::string content_folder{};
  bool persist = false;
  friend bool operator==(const FirstProgramReference&, const FirstProgramReference&) = default;
};
inline constexpr std::size_t kMostFirstPrograms = 64;

// That a program shall run. What it does stands in the catalogue entry, never here.
struct DeploymentBody {
  model::ObjectId deployment;
  std::string name{};
  std::string package{};
  std::string package_version{};
  std::string program{};
  model::Purpose purpose = model::Purpose::Required;
  Timestamp start{};
  // When it runs by itself: at the deadline, at each occurrence of a schedule, at each event.
  std::optional<Timestamp> deadline{};
  std::vector<model::Schedule> schedules{};
  std::vector<model::DeploymentEvent> events{};
  std::vector<model::ObjectId> after{};  // deployments whose success is an event
  std::optional<Timestamp> expires{};
  model::Rerun rerun = model::Rerun::Never;
  bool notice = false;
  bool ignore_windows = false;
  EntryReference entry{};
  // The unguessable folder of this package on every distribution point: 32 hex digits.
  std::string content_folder{};
  bool persist = false;
  // What runs first, then what runs before that, and so on.
  std::vector<FirstProgramReference> first{};
};

// What a collection says to all of its members: maintenance windows, settings and variables.
struct CollectionBody {
  model::ObjectId collection;
  std::string name{};
  std::vector<model::MaintenanceWindow> windows{};
  model::AgentSection agent{};
};

// What is collected beside the inventory of the program: documents that operators signed as a
// whole. Nothing else that the site says has a part in it.
struct InventoryBody {
  std::vector<EntryReference> entries{};
};
inline constexpr std::size_t kMostInventoryEntries = 1024;

using PolicyBody = std::variant<ClientSettingsBody, DeploymentBody, CollectionBody, InventoryBody>;
Bytes encode_policy_body(const PolicyBody& body);
Result<PolicyBody> decode_policy_body(ByteView payload);

// The site's signed time: fresh proof that "nothing new" is no freeze.
struct SiteTime {
  model::SiteCode site;
  Timestamp time;
};
Bytes encode_site_time(const SiteTime& time);
Result<SiteTime> decode_site_time(ByteView payload);

}  // namespace muster::contract
