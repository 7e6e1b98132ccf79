#include "contract/signer_protocol.h"

#include <array>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "contract/errors.h"
#include "contract/signer_protocol_messages.h"

namespace muster::contract {
namespace {

constexpr std::size_t kLengthSize = 4;

constexpr std::array<std::pair<CertificateProfile, std::string_view>, 3> kProfiles{{
    {CertificateProfile::Client, "client"},
    {CertificateProfile::SiteSystem, "site-system"},
    {CertificateProfile::Operator, "operator"},
}};

template <typename T>
using Read = Result<T> (*)(const wire::Json&);

template <typename T>
Bytes encode_list(std::string_view key, const std::vector<T>& list,
                  void (*write)(wire::JsonWriter&, const T&)) {
  MUSTER_CHECK(!list.empty() && list.size() <= kSignerRequestsLimit);
  wire::JsonWriter w;
  w.object();
  w.key(key).array();
  for (const T& item : list) write(w, item);
  w.end().end();
  return std::move(w).take();
}

template <typename T>
Result<std::vector<T>> read_list(std::string_view key, ByteView text, Read<T> read) {
  const auto document =
      TRY(wire::JsonDocument::parse(text, {.bytes = kSignerFrameLimit, .depth = 6}));
  const auto items = TRY(TRY(document.root().at(key)).items());
  if (items.empty() || items.size() > kSignerRequestsLimit)
    return fail(kSignerFrame, "{} {}, allowed are 1 to {}", items.size(), key,
                kSignerRequestsLimit);
  std::vector<T> list;
  list.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    list.push_back(TRY_IN(read(items[i]), "{}[{}]", key, i));
  return list;
}

template <typename T>
Result<std::vector<T>> decode_list(std::string_view key, ByteView text, Read<T> read) {
  auto list = read_list(key, text, read);
  if (list || list.error().is(kSignerFrame) || list.error().is(kSignerProtocol)) return list;
  return fail(kSignerProtocol, "{}", list.error().text());
}

}  // namespace

std::string_view to_text(CertificateProfile profile) {
  for (const auto& [known, name] : kProfiles)
    if (known == profile) return name;
  check_failed("a known profile", __FILE__, __LINE__);
}

Result<CertificateProfile> parse_certificate_profile(std::string_view text) {
  for (const auto& [profile, name] : kProfiles)
    if (name == text) return profile;
  return fail(kSignerProtocol, "profile '{}' is not known", text.substr(0, 40));
}

std::string_view to_text(CatalogueRole role) {
  return role == CatalogueRole::Snapshot ? "snapshot" : "timestamp";
}

Result<CatalogueRole> parse_catalogue_role(std::string_view text) {
  if (text == "snapshot") return CatalogueRole::Snapshot;
  if (text == "timestamp") return CatalogueRole::Timestamp;
  return fail(kSignerProtocol, "role '{}' is not known", text.substr(0, 40));
}

Bytes encode_signer_requests(const std::vector<signer::Request>& requests) {
  return encode_list("requests", requests, &signer::write_request);
}
Result<std::vector<signer::Request>> decode_signer_requests(ByteView document) {
  return decode_list<signer::Request>("requests", document, &signer::read_request);
}
Bytes encode_signer_answers(const std::vector<signer::Answer>& answers) {
  return encode_list("answers", answers, &signer::write_answer);
}
Result<std::vector<signer::Answer>> decode_signer_answers(ByteView document) {
  return decode_list<signer::Answer>("answers", document, &signer::read_answer);
}

Bytes frame_signer_document(ByteView document) {
  MUSTER_CHECK(document.size() <= kSignerFrameLimit);
  ByteWriter w;
  w.u32(static_cast<std::uint32_t>(document.size()));
  w.bytes(document);
  return std::move(w).take();
}

Result<std::optional<Bytes>> take_signer_frame(Bytes& received) {
  if (received.size() < kLengthSize) return std::optional<Bytes>();
  ByteReader reader(received);
  const std::uint32_t size = TRY(reader.u32());
  if (size > kSignerFrameLimit)
    return fail(kSignerFrame, "a frame of {} bytes, the limit is {}", size, kSignerFrameLimit);
  if (reader.remaining() < size) return std::optional<Bytes>();
  Bytes document(TRY(reader.bytes(size)));
  received.erase(0, kLengthSize + size);
  return std::optional<Bytes>(std::move(document));
}

}  // namespace muster::contract
