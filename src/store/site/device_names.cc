#include "store/site/device_names.h"

namespace muster::store {

Result<std::vector<DeviceNumber>> devices_named(Reader& reader, std::string_view name) {
  return reader.all("SELECT number FROM device WHERE name = $1 ORDER BY number LIMIT 1000", {name},
                    [](Rows& rows) -> Result<DeviceNumber> {
                      return static_cast<DeviceNumber>(TRY(rows.integer(0)));
                    });
}

}  // namespace muster::store
