#include "contract/public_documents.h"

#include "contract/document_errors.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMostListedPoints = 1000;
constexpr std::size_t kLongestAddress = 255;
constexpr std::size_t kHashDigits = 64;

Result<ManagementPoint> read_point(const wire::Json& json) {
  ManagementPoint point;
  point.https = TRY(text_field(json, "https"));
  point.http = TRY(optional_text_field(json, "http")).value_or("");
  point.priority = TRY(number_field(json, "priority"));
  if (!point.https.starts_with("https://") || point.https.size() > kLongestAddress)
    return fail(kBadMember, "{}: 'https://host:port' is wanted", json.path());
  if (!point.http.empty() &&
      (!point.http.starts_with("http://") || point.http.size() > kLongestAddress))
    return fail(kBadMember, "{}: 'http://host:port' is wanted", json.path());
  return point;
}

}  // namespace

Bytes encode_management_points(const ManagementPointList& list) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("site").string(list.site.text());
  w.key("issued").string(to_text(list.issued));
  w.key("managementPoints").array();
  for (const ManagementPoint& point : list.points) {
    w.object();
    w.key("https").string(point.https);
    if (!point.http.empty()) w.key("http").string(point.http);
    w.key("priority").number(point.priority);
    w.end();
  }
  w.end();
  w.end();
  return std::move(w).take();
}

Result<ManagementPointList> decode_management_points(ByteView payload) {
  const auto document = TRY(wire::JsonDocument::parse(payload, {.bytes = 1u << 20, .depth = 4}));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  const auto site = TRY(site_field(json, "site"));
  ManagementPointList list{site};
  list.issued = TRY(time_field(json, "issued"));
  const auto points = TRY(TRY(json.at("managementPoints")).items());
  if (points.size() > kMostListedPoints)
    return fail(kTooMuch, "over {} management points", kMostListedPoints);
  for (const wire::Json& each : points) list.points.push_back(TRY(read_point(each)));
  return list;
}

Bytes encode_revocations(const RevocationList& list) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("site").string(list.site.text());
  w.key("issued").string(to_text(list.issued));
  w.key("number").number(list.number);
  w.key("certificates").array();
  for (const std::string& each : list.certificates) w.string(each);
  w.end();
  w.end();
  return std::move(w).take();
}

Result<RevocationList> decode_revocations(ByteView payload) {
  const auto document = TRY(wire::JsonDocument::parse(payload, {.bytes = 8u << 20, .depth = 4}));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  const auto site = TRY(site_field(json, "site"));
  RevocationList list{site};
  list.issued = TRY(time_field(json, "issued"));
  list.number = TRY(number_field(json, "number"));
  list.certificates = TRY(text_list_field(json, "certificates"));
  if (list.certificates.size() > kMostRevocations)
    return fail(kTooMuch, "over {} certificates", kMostRevocations);
  for (const std::string& each : list.certificates)
    if (each.size() != kHashDigits || !from_hex(each))
      return fail(kBadMember, "certificates: {} lower-case hex digits are wanted", kHashDigits);
  return list;
}

}  // namespace muster::contract
