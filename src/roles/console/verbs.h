// The verbs of the console as a table, read from what understands the command line: completion and
// the manual pages derive from it.
#pragma once

#include <string>
#include <vector>

namespace muster::console {

struct VerbOption {
  std::vector<std::string> names;  // "-o", "--output"
  std::string value;               // "a|b" are choices, "FILE" is a file; empty for a flag
  std::string sentence;
};

struct VerbArgument {
  std::string name;  // "KIND", "NAME", "DEVICE", "DEPLOYMENT", "SOURCE"...
  std::string sentence;
  bool required = false;
  bool many = false;
};

struct Verb {
  std::string name;
  std::string sentence;
  std::vector<VerbOption> options;
  std::vector<VerbArgument> arguments;
  std::vector<Verb> verbs;

  const Verb* verb(std::string_view verb_name) const;
  const VerbOption* option(std::string_view option_name) const;
};

}  // namespace muster::console
