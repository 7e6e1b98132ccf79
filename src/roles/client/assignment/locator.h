// Asks one server locator point over plain HTTP. What comes back is unverified.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "contract/location.h"
#include "net/http_client.h"
#include "roles/client/policy/policy_keeper.h"

namespace muster::client {

class Locator final : public DocumentSource {
 public:
  // `point` is "http://host:port". `clock` outlives the object; `stop` ends every wait.
  static Result<std::unique_ptr<Locator>> create(std::string point, std::optional<net::Proxy> proxy,
                                                 const Clock& clock,
                                                 const std::atomic<bool>* stop = nullptr);

  // The signed document that it answers. Error: kNoLocator with the cause.
  Result<Bytes> ask(const contract::LocatorQuestion& question);
  Result<std::optional<Bytes>> root(std::uint64_t version) override;

  // A locator point serves no policy.
  Result<Bytes> policy_body(const std::string& sha256) override;
  Result<std::optional<std::vector<Bytes>>> policy_bodies(
      std::span<const std::string> sha256) override;
  Result<Bytes> catalogue_file(const std::string& name) override;
  Result<Bytes> content(const std::string& folder, const std::string& sha256,
                        std::uint64_t size_bytes) override;

 private:
  Locator(std::string point, std::unique_ptr<net::HttpClient> http)
      : point_(std::move(point)), http_(std::move(http)) {}
  Result<net::ClientResponse> get(const std::string& target, bool missing_is_answer);

  std::string point_;
  std::unique_ptr<net::HttpClient> http_;
};

}  // namespace muster::client
