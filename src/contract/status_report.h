// The status message: what happened to a deployment, or to policy, on a client. Body of an
// envelope of type "status"; the numbers are the field's own (docs/protocols/status.md).
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/ids.h"

namespace muster::contract {

struct StatusReport {
  // 32 lower-case hex digits, the same each time this one is made again: the site keeps the first.
  std::string report;
  Timestamp at;
  unsigned status_id = 0;  // 10002 received, 10005 started, 10008 succeeded, ...
  unsigned topic = 0;      // 301 enforcement
  unsigned state = 0;      // of that topic: 1 installing, 4 success, 6 failed, ...
  std::optional<model::ObjectId> deployment;
  std::string package;
  std::string package_version;
  std::string program;
  std::optional<int> exit_code;
  // Number and text of muster's own error, where one is the cause.
  std::optional<unsigned> error;
  std::string detail;
  std::optional<Timestamp> next_retry;
};

Bytes encode_status_report(const StatusReport& report);
Result<StatusReport> decode_status_report(ByteView json);

// What a list shows of a stored report: its detail with error and exit code.
std::string status_detail(ByteView json);

}  // namespace muster::contract
