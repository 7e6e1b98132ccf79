// systemd's unit files of one tree, and what their links say about them: the answer of
// "systemctl list-unit-files" (version 252) without a running systemd.
#pragma once

#include <string>
#include <vector>

#include "roles/client/inventory/source.h"

namespace muster::client {

struct UnitFile {
  std::string name;   // "ssh.service"
  std::string path;   // the file that declares it; empty for a masked one
  std::string state;  // "enabled", "disabled", "static", "masked", ...
  std::string description;
  std::string type;
  std::string user;
  std::string command;  // the first ExecStart=, its prefixes (systemd.service(5)) left out
};

// The services, by name; aliases of others are not among them. Empty where systemd is not
// installed. Errors: those of Source::list, but a folder that is missing.
Result<std::vector<UnitFile>> read_services(const Source& source);

}  // namespace muster::client
