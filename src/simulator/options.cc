#include "simulator/options.h"

#include <charconv>
#include <variant>

#include "contract/scenario.h"
#include "simulator/errors.h"

namespace muster::simulator {
namespace {

Result<std::uint64_t> number(const std::string& option, const std::string& text,
                             std::uint64_t least) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || value < least ||
      value > contract::kMostVirtualClients)
    return fail(kUnknownOption, "{} '{}': from {} to {} are allowed", option, text, least,
                contract::kMostVirtualClients);
  return value;
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& words) {
  Options out;
  const std::pair<const char*, std::string*> texts[] = {
      {"--scenario", &out.scenario},
      {"--state", &out.state},
      {"--management-point", &out.management_point},
      {"--tokens", &out.tokens},
      {"--result", &out.result},
      {"--sources", &out.sources},
      {"--database", &out.database}};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& option = words[i];
    if (option == "--help") {
      out.help = true;
      return out;
    }
    if (i + 1 == words.size())
      return fail(kUnknownOption, "{}: it is unknown or lacks a value", option);
    const std::string& value = words[++i];
    bool known = true;
    if (option == "--server") {
      out.servers.push_back(value);
    } else if (option == "--clients") {
      out.clients = TRY(number(option, value, 1));
    } else if (option == "--first") {
      out.first = TRY(number(option, value, 0));
    } else {
      known = false;
      for (const auto& [name, text] : texts)
        if (option == name) {
          *text = value;
          known = true;
        }
    }
    if (!known) return fail(kUnknownOption, "{}", option);
  }
  for (const auto& [name, text] : {texts[0], texts[1], texts[2]})
    if (text->empty()) return fail(kUnknownOption, "{} is missing", name);
  return out;
}

}  // namespace muster::simulator
