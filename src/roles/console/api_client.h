// The console's calls to the provider, signed in with the operator's certificate.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "contract/api.h"
#include "contract/site_config.h"
#include "net/http_client.h"
#include "transport/rpc_caller.h"
#include "wire/node.h"

namespace muster::console {

struct ApiAnswer {
  int status = 0;
  std::string etag;
  Bytes body;
};

class ApiClient {
 public:
  // Reads certificate, key and the pinned CA from the context's folder. The provider is dialled at
  // the context's address (extension E1), or where the endpoint mapper at that address says that it
  // is (connections 26 and 32).
  static Result<ApiClient> create(const contract::OperatorContext& context, const Clock& clock);

  // Errors: those of the connection; kApiRefused with the problem's number, text and advice for
  // any status of 400 and more, but 404 from find().
  Result<ApiAnswer> get(std::string_view path);
  Result<std::optional<ApiAnswer>> find(std::string_view path);
  Result<ApiAnswer> send(std::string_view method, std::string_view path, ByteView body,
                         std::string_view content_type = "application/json",
                         std::string_view if_match = {});
  // By HEAD: whether a GET would find it.
  Result<bool> exists(std::string_view path);
  Result<ApiAnswer> upload(std::string_view path, const net::FilePart& file);
  // A body of at most `most_bytes`, handed on as it arrives.
  Result<void> download(std::string_view path, std::uint64_t most_bytes, net::BodySink sink);

  // All items of a list, page by page.
  Result<std::vector<wire::Node>> list(std::string_view kind, std::string_view filter = {});

  const std::string& base_url() const { return base_; }

 private:
  ApiClient(std::unique_ptr<net::HttpClient> http, std::string base)
      : http_(std::move(http)), base_(std::move(base)) {}
  ApiClient(std::unique_ptr<transport::RpcCaller> rpc, std::string base)
      : rpc_(std::move(rpc)), base_(std::move(base)) {}
  Result<net::ClientResponse> call(net::ClientRequest request);
  Result<ApiAnswer> exchange(net::ClientRequest request, bool missing_is_answer);
  Result<ApiAnswer> exchange(net::ClientRequest request, bool missing_is_answer,
                             std::uint64_t body_limit_bytes);

  // One of the two.
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<transport::RpcCaller> rpc_;
  std::string base_;
};

// Whom to ask for the provider, of a context's "rpc://HOST[:PORT]". Error: net::kBadUrl.
Result<transport::RpcCaller::Target> provider_target(const std::string& api);

// A name as one part of a URL's path.
std::string path_part(std::string_view name);

}  // namespace muster::console
