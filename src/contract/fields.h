// Values that many documents hold, read from JSON with errors that name the member.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/ids.h"
#include "wire/json.h"

namespace muster::contract {

Result<std::string> text_field(const wire::Json& object, std::string_view key);
Result<std::optional<std::string>> optional_text_field(const wire::Json& object,
                                                       std::string_view key);
Result<std::uint64_t> number_field(const wire::Json& object, std::string_view key);
Result<bool> truth_field(const wire::Json& object, std::string_view key);
Result<Timestamp> time_field(const wire::Json& object, std::string_view key);
Result<std::optional<Timestamp>> optional_time_field(const wire::Json& object,
                                                     std::string_view key);
Result<Duration> duration_field(const wire::Json& object, std::string_view key);
Result<model::DeviceId> device_field(const wire::Json& object, std::string_view key);
Result<model::ObjectId> object_field(const wire::Json& object, std::string_view key);
Result<model::SiteCode> site_field(const wire::Json& object, std::string_view key);
// 64 lower-case hex digits.
Result<std::string> sha256_field(const wire::Json& object, std::string_view key);
Result<std::vector<std::string>> text_list_field(const wire::Json& object, std::string_view key);

// Fails with kWrongFormat unless the member "format" is `wanted`.
Result<void> check_format(const wire::Json& object, std::uint64_t wanted);

}  // namespace muster::contract
