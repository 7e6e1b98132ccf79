#include "contract/fields.h"

#include "contract/document_errors.h"

namespace muster::contract {

Result<std::string> text_field(const wire::Json& object, std::string_view key) {
  return std::string(TRY_IN(TRY(object.at(key)).string(), "{}", key));
}

Result<std::optional<std::string>> optional_text_field(const wire::Json& object,
                                                       std::string_view key) {
  const auto member = TRY(object.find(key));
  if (!member) return std::optional<std::string>();
  return std::optional<std::string>(TRY_IN(member->string(), "{}", key));
}

Result<std::uint64_t> number_field(const wire::Json& object, std::string_view key) {
  return TRY_IN(TRY(object.at(key)).u64(), "{}", key);
}

Result<bool> truth_field(const wire::Json& object, std::string_view key) {
  return TRY_IN(TRY(object.at(key)).boolean(), "{}", key);
}

Result<Timestamp> time_field(const wire::Json& object, std::string_view key) {
  return TRY_IN(parse_timestamp(TRY(text_field(object, key))), "{}", key);
}

Result<std::optional<Timestamp>> optional_time_field(const wire::Json& object,
                                                     std::string_view key) {
  const auto text = TRY(optional_text_field(object, key));
  if (!text) return std::optional<Timestamp>();
  return std::optional<Timestamp>(TRY_IN(parse_timestamp(*text), "{}", key));
}

Result<Duration> duration_field(const wire::Json& object, std::string_view key) {
  return TRY_IN(parse_duration(TRY(text_field(object, key))), "{}", key);
}

Result<model::DeviceId> device_field(const wire::Json& object, std::string_view key) {
  return TRY_IN(model::DeviceId::parse(TRY(text_field(object, key))), "{}", key);
}

Result<model::ObjectId> object_field(const wire::Json& object, std::string_view key) {
  return TRY_IN(model::ObjectId::parse(TRY(text_field(object, key))), "{}", key);
}

Result<model::SiteCode> site_field(const wire::Json& object, std::string_view key) {
  return TRY_IN(model::SiteCode::parse(TRY(text_field(object, key))), "{}", key);
}

Result<std::string> sha256_field(const wire::Json& object, std::string_view key) {
  std::string text = TRY(text_field(object, key));
  if (text.size() != 64 || !from_hex(text))
    return fail(kBadMember, "{}: 64 lower-case hex digits are wanted", key);
  return text;
}

Result<std::vector<std::string>> text_list_field(const wire::Json& object, std::string_view key) {
  std::vector<std::string> out;
  for (const wire::Json& item : TRY_IN(TRY(object.at(key)).items(), "{}", key))
    out.emplace_back(TRY_IN(item.string(), "{}", key));
  return out;
}

Result<void> check_format(const wire::Json& object, std::uint64_t wanted) {
  const std::uint64_t format = TRY(number_field(object, "format"));
  if (format != wanted) return fail(kWrongFormat, "format {} instead of {}", format, wanted);
  return {};
}

}  // namespace muster::contract
