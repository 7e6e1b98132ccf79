// Asks muster-signer, which alone holds the site's keys: typed calls over its Unix socket.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <vector>

#include "base/metrics.h"
#include "contract/signer_protocol.h"
#include "net/unix_socket.h"
#include "trust/certificate.h"

namespace muster::hosting {

// What is counted of the calls, or nothing. They outlive the client.
struct SignerCounts {
  Counter* calls = nullptr;
  Counter* failures = nullptr;
};

// Safe from many threads; calls are made one after the other. A lost connection is made anew
// once per call; `clock` outlives the object. Errors of all: kSignerAnswer, which repeats the
// signer's own number and text.
class SignerClient {
 public:
  SignerClient(std::filesystem::path socket, const Clock& clock, SignerCounts counts = {})
      : socket_(std::move(socket)), clock_(&clock), counts_(counts) {}

  Result<contract::signer::PublicKeys> public_keys();
  // Framed signed documents, in the order of `headers`.
  Result<std::vector<Bytes>> sign_policy_headers(
      std::vector<contract::signer::SignPolicyHeader> headers);
  Result<Bytes> sign_document(contract::SignedType type, ByteView payload);
  // Many of one type in as few calls as they fit in, each signed or refused by itself.
  Result<std::vector<Result<Bytes>>> sign_documents(contract::SignedType type,
                                                    std::vector<Bytes> payloads);
  Result<contract::signer::CatalogueSigned> sign_catalogue(contract::CatalogueRole role,
                                                           std::uint64_t version,
                                                           ByteView canonical);
  Result<trust::Certificate> issue(contract::signer::Issue request);

 private:
  Result<std::vector<contract::signer::Answer>> call(
      const std::vector<contract::signer::Request>& requests);
  Result<std::vector<contract::signer::Answer>> try_call(
      const std::vector<contract::signer::Request>& requests);
  Result<Bytes> exchange(ByteView document);

  std::filesystem::path socket_;
  const Clock* clock_;
  SignerCounts counts_;
  std::mutex mutex_;
  std::optional<net::UnixClient> connection_;
};

}  // namespace muster::hosting
