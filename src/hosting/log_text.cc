#include "hosting/log_text.h"

#include "base/utf8.h"

namespace muster::hosting {
namespace {

std::string shown(std::string_view text) { return printable_utf8(text, text.size() * 3); }

}  // namespace

std::string log_text(const contract::LogLine& line) {
  std::string out;
  if (line.time) {
    out = fmt::format("{:<24} {:<7} {} {}: ", to_text(*line.time), log::to_text(line.level),
                      shown(line.program), shown(line.event));
  }
  out += shown(line.text);
  for (const auto& [key, value] : line.fields)
    out += fmt::format("  {}={}", shown(key), shown(value));
  return out;
}

}  // namespace muster::hosting
