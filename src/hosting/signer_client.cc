#include "hosting/signer_client.h"

#include <algorithm>

#include "hosting/errors.h"

namespace muster::hosting {
namespace signer = contract::signer;
namespace {

constexpr Duration kConnectTime = std::chrono::seconds(5);
constexpr Duration kCallTime = std::chrono::seconds(30);
// Of the payloads of one call: in base64, and as the answer's documents, they fit into a frame.
constexpr std::size_t kPayloadBytes = 8u << 20;

// The one answer of the wanted type, or the refusal as an error.
template <typename Wanted>
Result<Wanted> take(signer::Answer answer) {
  if (auto* wanted = std::get_if<Wanted>(&answer)) return std::move(*wanted);
  if (const auto* refused = std::get_if<signer::Refused>(&answer))
    return fail(kSignerAnswer, "M{} {}: {}", refused->number, refused->name, refused->detail);
  return fail(kSignerAnswer, "an answer of another kind");
}

}  // namespace

Result<Bytes> SignerClient::exchange(ByteView document) {
  const std::lock_guard lock(mutex_);
  for (int attempt = 0;; ++attempt) {
    if (!connection_) {
      auto made = net::UnixClient::connect(socket_, kConnectTime, *clock_);
      if (!made) return fail(kSignerAnswer, "{}: {}", socket_.string(), made.error().text());
      connection_ = std::move(*made);
    }
    auto answer = connection_->call(document, kCallTime, contract::kSignerFrameLimit);
    if (answer) return answer;
    connection_.reset();
    // Requests are safe to repeat: the signer refuses only versions that go back.
    if (attempt == 1) return fail(kSignerAnswer, "{}", answer.error().text());
  }
}

Result<std::vector<signer::Answer>> SignerClient::call(
    const std::vector<signer::Request>& requests) {
  auto answers = try_call(requests);
  if (counts_.calls) counts_.calls->add();
  const bool refused = answers && std::ranges::any_of(*answers, [](const signer::Answer& each) {
                         return std::holds_alternative<signer::Refused>(each);
                       });
  if (counts_.failures && (!answers || refused)) counts_.failures->add();
  return answers;
}

Result<std::vector<signer::Answer>> SignerClient::try_call(
    const std::vector<signer::Request>& requests) {
  const Bytes answer = TRY(exchange(contract::encode_signer_requests(requests)));
  auto answers = TRY(contract::decode_signer_answers(answer));
  if (answers.size() != requests.size())
    return fail(kSignerAnswer, "{} answers to {} requests", answers.size(), requests.size());
  return answers;
}

Result<signer::PublicKeys> SignerClient::public_keys() {
  return take<signer::PublicKeys>(TRY(call({signer::Public{}}))[0]);
}

Result<std::vector<Bytes>> SignerClient::sign_policy_headers(
    std::vector<signer::SignPolicyHeader> headers) {
  std::vector<Bytes> out;
  out.reserve(headers.size());
  for (std::size_t start = 0; start < headers.size(); start += contract::kSignerRequestsLimit) {
    const std::size_t end = std::min(headers.size(), start + contract::kSignerRequestsLimit);
    std::vector<signer::Request> part(std::make_move_iterator(headers.begin() + start),
                                      std::make_move_iterator(headers.begin() + end));
    for (signer::Answer& answer : TRY(call(part)))
      out.push_back(std::move(TRY(take<signer::Document>(std::move(answer))).framed));
  }
  return out;
}

Result<Bytes> SignerClient::sign_document(contract::SignedType type, ByteView payload) {
  auto answers = TRY(call({signer::SignDocument{type, Bytes(payload)}}));
  return TRY(take<signer::Document>(std::move(answers[0]))).framed;
}

Result<std::vector<Result<Bytes>>> SignerClient::sign_documents(contract::SignedType type,
                                                                std::vector<Bytes> payloads) {
  std::vector<Result<Bytes>> out;
  out.reserve(payloads.size());
  while (out.size() < payloads.size()) {
    std::vector<signer::Request> part;
    std::size_t size = 0;
    for (std::size_t i = out.size();
         i < payloads.size() && part.size() < contract::kSignerRequestsLimit; ++i) {
      size += payloads[i].size();
      if (size > kPayloadBytes && !part.empty()) break;
      part.emplace_back(signer::SignDocument{type, std::move(payloads[i])});
    }
    for (signer::Answer& answer : TRY(call(part))) {
      auto document = take<signer::Document>(std::move(answer));
      out.push_back(document ? Result<Bytes>(std::move(document->framed))
                             : Result<Bytes>(fail(document.error())));
    }
  }
  return out;
}

Result<signer::CatalogueSigned> SignerClient::sign_catalogue(contract::CatalogueRole role,
                                                             std::uint64_t version,
                                                             ByteView canonical) {
  auto answers = TRY(call({signer::SignCatalogue{role, version, Bytes(canonical)}}));
  return take<signer::CatalogueSigned>(std::move(answers[0]));
}

Result<trust::Certificate> SignerClient::issue(signer::Issue request) {
  auto answers = TRY(call({std::move(request)}));
  const auto issued = TRY(take<signer::Issued>(std::move(answers[0])));
  return trust::parse_certificate_der(issued.certificate_der);
}

}  // namespace muster::hosting
