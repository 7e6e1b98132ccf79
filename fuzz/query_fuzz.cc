// Any bytes as a query: what parses has one spelling, and resolving and asking it does not fail
// otherwise than with an error.
#include <cstdlib>

#include "fleet/fleet.h"
#include "model/query/parse.h"
#include "model/query/resolve.h"

namespace {

using muster::Timestamp;
constexpr Timestamp kNow{1'800'000'000'000};

muster::model::ClassRows class_rows(std::string_view class_name, std::size_t rows) {
  muster::model::ClassRows out{muster::model::find_inventory_class(class_name), {}};
  for (std::size_t i = 0; i < rows; ++i) {
    muster::model::Row row(out.type->columns.size());
    for (std::size_t c = 0; c < row.size(); ++c) {
      if ((c + i) % 5 == 4) continue;
      switch (out.type->columns[c].type) {
        case muster::model::ColumnType::Text:
          row[c] = std::string(i % 2 == 0 ? "a" : "openssl");
          break;
        case muster::model::ColumnType::Version:
          row[c] = muster::model::Version{muster::model::VersionScheme::Dpkg, i == 0 ? "1" : "2"};
          break;
        case muster::model::ColumnType::Time:
          row[c] = kNow.ms - 86'400'000;
          break;
        default:
          row[c] = static_cast<std::int64_t>(i % 2);
      }
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

const muster::fleet::Fleet& some_fleet() {
  static const auto* fleet = [] {
    auto* made = new muster::fleet::Fleet;
    for (muster::fleet::DeviceNumber device = 1; device <= 3; ++device) {
      muster::fleet::DeviceChange change;
      change.device = device;
      change.name = "pc" + std::to_string(device);
      change.added = {class_rows("Device", device == 3 ? 0 : 1), class_rows("OperatingSystem", 1),
                      class_rows("LogicalDisk", device),
                      class_rows("InstalledSoftware", 4 - device)};
      if (!made->apply(change, kNow)) std::abort();
    }
    return made;
  }();
  return *fleet;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = muster::model::parse_query(text);
  if (!query) return 0;
  const std::string spelt = to_text(*query);
  const auto again = muster::model::parse_query(spelt);
  // The canonical spelling may be longer than what was written, and so over the bound.
  if (spelt.size() <= muster::model::kLongestQuery && !(again && *again == *query)) std::abort();
  (void)muster::model::resolve(*query, muster::model::Schema());
  (void)muster::model::resolve_rule(*query, muster::model::Schema());
  (void)some_fleet().evaluate(*query, {.now = kNow, .devices = {}, .row_limit = 200});
  (void)some_fleet().devices_matching(*query, kNow);
  return 0;
}
