#include "contract/location.h"

#include <algorithm>
#include <array>

#include "contract/document_errors.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kLongestQuery = 1024;
constexpr std::size_t kLongestText = 255;
constexpr std::array<std::string_view, 3> kOutcomes = {"found", "no-boundary", "unknown-site"};

Result<Bytes> parse_nonce(std::string_view text) {
  const auto nonce = from_hex(text);
  if (!nonce || nonce->size() != kNonceBytes)
    return fail(kBadMember, "nonce: {} bytes in lower-case hex are wanted", kNonceBytes);
  return *nonce;
}

Result<std::vector<model::IpAddress>> parse_addresses(std::string_view text) {
  std::vector<model::IpAddress> out;
  for (;;) {
    const auto comma = text.find(',');
    if (out.size() == kMostAddresses) return fail(kTooMuch, "over {} addresses", kMostAddresses);
    out.push_back(TRY_IN(model::IpAddress::parse(text.substr(0, comma)), "addresses"));
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

std::string joined(const std::vector<model::IpAddress>& addresses) {
  std::string out;
  for (const model::IpAddress& each : addresses) {
    if (!out.empty()) out += ',';
    out += each.text();
  }
  return out;
}

Result<std::optional<model::IpAddress>> optional_address(const wire::Json& json,
                                                         std::string_view key) {
  const auto text = TRY(optional_text_field(json, key));
  if (!text) return std::optional<model::IpAddress>();
  return std::optional(TRY_IN(model::IpAddress::parse(*text), "{}", key));
}

Result<LocatorQuestion> read_question(const wire::Json& json) {
  LocatorQuestion question;
  question.nonce = TRY(parse_nonce(TRY(text_field(json, "nonce"))));
  const std::string addresses = TRY(text_field(json, "addresses"));
  if (!addresses.empty()) question.addresses = TRY(parse_addresses(addresses));
  if (TRY(json.find("askedSite"))) question.site = TRY(site_field(json, "askedSite"));
  return question;
}

Result<LocatorOutcome> read_outcome(const wire::Json& json) {
  const std::string text = TRY(text_field(json, "outcome"));
  const auto found = std::ranges::find(kOutcomes, text);
  if (found == kOutcomes.end()) return fail(kBadMember, "outcome '{}' is not known", text);
  return static_cast<LocatorOutcome>(found - kOutcomes.begin());
}

}  // namespace

std::string encode_locator_query(const LocatorQuestion& question) {
  std::string out = "nonce=" + to_hex(question.nonce);
  if (!question.addresses.empty()) out += "&addresses=" + joined(question.addresses);
  if (question.site) out += "&site=" + question.site->text();
  return out;
}

Result<LocatorQuestion> decode_locator_query(std::string_view query) {
  if (query.size() > kLongestQuery)
    return fail(kTooMuch, "a question of {} bytes, {} are taken", query.size(), kLongestQuery);
  LocatorQuestion question;
  bool addresses = false;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    const std::string_view key = pair.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (key == "nonce" && question.nonce.empty()) {
      question.nonce = TRY(parse_nonce(value));
    } else if (key == "addresses" && !addresses) {
      question.addresses = TRY(parse_addresses(value));
      addresses = true;
    } else if (key == "site" && !question.site) {
      question.site = TRY_IN(model::SiteCode::parse(value), "site");
    } else {
      return fail(kBadMember, "'{}' is unknown or stands twice", key.substr(0, 40));
    }
  }
  if (question.nonce.empty()) return fail(kBadMember, "nonce is missing");
  return question;
}

std::string_view to_text(LocatorOutcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

Bytes encode_locator_answer(const LocatorAnswer& answer) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("nonce").string(to_hex(answer.question.nonce));
  w.key("addresses").string(joined(answer.question.addresses));
  if (answer.question.site) w.key("askedSite").string(answer.question.site->text());
  w.key("issued").string(to_text(answer.issued));
  w.key("seen").string(answer.seen.text());
  w.key("outcome").string(to_text(answer.outcome));
  if (answer.site) w.key("site").string(answer.site->text());
  if (answer.matched) w.key("matched").string(answer.matched->text());
  if (!answer.site_version.empty()) w.key("siteVersion").string(answer.site_version);
  w.key("managementPoints").array();
  for (const std::string& point : answer.management_points) w.string(point);
  w.end();
  w.end();
  return std::move(w).take();
}

Result<LocatorAnswer> decode_locator_answer(ByteView payload) {
  const auto document = TRY(wire::JsonDocument::parse(payload, {.bytes = 64u << 10, .depth = 4}));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  auto question = TRY(read_question(json));
  const Timestamp issued = TRY(time_field(json, "issued"));
  auto seen = TRY(optional_address(json, "seen"));
  if (!seen) return fail(kBadMember, "seen is missing");
  LocatorAnswer answer{std::move(question), issued, *std::move(seen)};
  answer.outcome = TRY(read_outcome(json));
  if (TRY(json.find("site"))) answer.site = TRY(site_field(json, "site"));
  if (answer.site.has_value() != (answer.outcome == LocatorOutcome::Found))
    return fail(kBadMember, "the outcome is {}, the site {}", to_text(answer.outcome),
                answer.site ? answer.site->text() : "not given");
  answer.matched = TRY(optional_address(json, "matched"));
  answer.site_version = TRY(optional_text_field(json, "siteVersion")).value_or("");
  answer.management_points = TRY(text_list_field(json, "managementPoints"));
  if (answer.management_points.size() > kMostPoints)
    return fail(kTooMuch, "over {} management points", kMostPoints);
  for (const std::string& text : answer.management_points)
    if (text.empty() || text.size() > kLongestText)
      return fail(kBadMember, "managementPoints: an address of {} bytes", text.size());
  if (answer.site_version.size() > kLongestText) return fail(kBadMember, "siteVersion is too long");
  return answer;
}

}  // namespace muster::contract
