// The command line of muster-simulate.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace muster::simulator {

struct Options {
  std::string scenario;              // file
  std::string state;                 // folder: identities and what the clients know
  std::string management_point;      // "https://host:port"
  std::string tokens;                // file, one enrolment token a line; empty: all are enrolled
  std::string result;                // file; empty: none
  std::string sources;               // the first IPv4 address that clients dial from, one each
  std::string database;              // file or folder of the site's database; empty: not measured
  std::vector<std::string> servers;  // words of command lines of the processes that are measured
  std::uint64_t clients = 0;         // 0: as many as the scenario says
  std::uint64_t first = 0;           // the number of the first machine, of several processes
  bool help = false;
};

inline constexpr const char* kUsage =
    "usage: muster-simulate --scenario FILE --state FOLDER --management-point URL [OPTIONS]\n"
    "\n"
    "  --scenario FILE          what the virtual clients do (docs/simulator.md)\n"
    "  --state FOLDER           where their identities are kept from run to run\n"
    "  --management-point URL   https://HOST:PORT\n"
    "  --tokens FILE            enrolment tokens, one a line, for clients that have no identity\n"
    "  --clients N              in place of the scenario's number\n"
    "  --first N                the number of the first machine, where several processes share\n"
    "  --sources ADDRESS        the first IPv4 address to dial from; each client has the next one\n"
    "  --server TEXT            measure processes whose command line has this word; repeatable\n"
    "  --database PATH          measure the size of this file or folder\n"
    "  --result FILE            write what was measured as JSON\n";

// Errors: kUnknownOption.
Result<Options> parse_options(const std::vector<std::string>& words);

}  // namespace muster::simulator
