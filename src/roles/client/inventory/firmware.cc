#include "roles/client/inventory/firmware.h"

#include <algorithm>

#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::string_view kDmi = "/sys/class/dmi/id/";

bool is_placeholder(std::string_view value) {
  static constexpr std::string_view kPlaceholders[] = {"To be filled by O.E.M.",
                                                       "To Be Filled By O.E.M.",
                                                       "Not Specified",
                                                       "Not Applicable",
                                                       "Default string",
                                                       "System Serial Number",
                                                       "System Product Name",
                                                       "None",
                                                       "System manufacturer",
                                                       "System Manufacturer",
                                                       "Chassis Serial Number",
                                                       "0",
                                                       "N/A",
                                                       "Unknown"};
  return std::ranges::find(kPlaceholders, value) != std::end(kPlaceholders);
}

}  // namespace

std::optional<std::string> firmware_fact(const Source& source, std::string_view file,
                                         std::string_view fact, Collected& out) {
  auto value = read_fact(source, std::string(kDmi) + std::string(file), fact, out);
  if (value && is_placeholder(*value)) value.reset();
  return value;
}

std::optional<std::int64_t> firmware_number(const Source& source, std::string_view file) {
  const auto text = read_fact(source, std::string(kDmi) + std::string(file));
  return text ? to_number(*text) : std::nullopt;
}

}  // namespace muster::client
