#include "roles/console/api_client.h"

#include <algorithm>
#include <filesystem>

#include "base/os/file.h"
#include "contract/problem.h"
#include "contract/rpc_interface.h"
#include "hosting/server_check.h"
#include "net/url.h"
#include "roles/console/errors.h"
#include "topology/port_settings.h"

namespace muster::console {
namespace {

constexpr std::uint64_t kAnswerLimit = 1ull << 30;
constexpr std::uint64_t kLeastAnswer = 64u << 10;

Error refusal(const net::ClientResponse& response, std::string_view what) {
  const auto problem = contract::decode_problem(response.body);
  if (!problem) return Error(kApiRefused, fmt::format("{}: status {}", what, response.status));
  return Error(kApiRefused, fmt::format("{}: M{} {}: {}. {}", what, problem->number, problem->title,
                                        problem->detail, problem->advice));
}

}  // namespace

Result<transport::RpcCaller::Target> provider_target(const std::string& api) {
  const auto& interface = contract::kProviderInterface;
  const topology::LegRef mapper{interface.leg.connection, topology::Protocol::RpcEndpointMapper};
  const auto usual = topology::dial_port(mapper, topology::Profile::Standard, {});
  transport::RpcCaller::Target out;
  out.mapper = TRY(transport::parse_mapper_url(api, usual));
  out.wanted = {interface.id, std::string(interface.name)};
  return out;
}

std::string path_part(std::string_view name) {
  std::string out;
  for (char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<ApiClient> ApiClient::create(const contract::OperatorContext& context, const Clock& clock) {
  const std::filesystem::path folder = context.folder;
  const auto ca = TRY(trust::parse_certificate_pem(TRY(os::read_file(folder / "ca.pem"))));
  net::ClientSettings settings;
  settings.tls.certificate_chain = TRY(os::read_file(folder / "certificate.pem"));
  settings.tls.private_key = TRY(os::read_file(folder / "certificate.key"));
  const auto verify = [pinned = hosting::PinnedCa{ca.sha256}, &clock](
                          ByteView leaf, std::span<const Bytes> chain,
                          const std::string& host) -> Result<void> {
    TRY(hosting::check_server(pinned, leaf, chain, host, clock.now()));
    return {};
  };
  if (transport::is_mapper_url(context.api)) {
    auto target = TRY(provider_target(context.api));
    return ApiClient(std::make_unique<transport::RpcCaller>(std::move(target), std::move(settings),
                                                            verify, clock),
                     context.api);
  }
  const auto url = TRY(net::parse_url(context.api + "/"));
  settings.tls.verify = [verify, host = url.host](ByteView leaf, std::span<const Bytes> chain) {
    return verify(leaf, chain, host);
  };
  return ApiClient(TRY(net::HttpClient::create(std::move(settings), clock)), context.api);
}

// Requests name the provider by the context's address, whichever port it has now.
Result<net::ClientResponse> ApiClient::call(net::ClientRequest request) {
  if (http_) return http_->send(request);
  request.url.erase(0, base_.size());
  return rpc_->send(std::move(request));
}

Result<ApiAnswer> ApiClient::exchange(net::ClientRequest request, bool missing_is_answer) {
  return exchange(std::move(request), missing_is_answer, kAnswerLimit);
}

Result<ApiAnswer> ApiClient::exchange(net::ClientRequest request, bool missing_is_answer,
                                      std::uint64_t body_limit_bytes) {
  request.time = std::chrono::minutes(30);
  request.body_limit_bytes = body_limit_bytes;
  const std::string what = fmt::format("{} {}", request.method, request.url);
  auto response = TRY_IN(call(std::move(request)), "{}", what);
  if (response.status >= 400 && !(response.status == 404 && missing_is_answer))
    return fail(refusal(response, what));
  return ApiAnswer{response.status, std::string(response.headers.get("ETag")),
                   std::move(response.body)};
}

Result<ApiAnswer> ApiClient::get(std::string_view path) {
  net::ClientRequest request;
  request.url = base_ + std::string(path);
  return exchange(std::move(request), false);
}

Result<std::optional<ApiAnswer>> ApiClient::find(std::string_view path) {
  net::ClientRequest request;
  request.url = base_ + std::string(path);
  auto answer = TRY(exchange(std::move(request), true));
  if (answer.status == 404) return std::optional<ApiAnswer>();
  return std::optional<ApiAnswer>(std::move(answer));
}

Result<ApiAnswer> ApiClient::send(std::string_view method, std::string_view path, ByteView body,
                                  std::string_view content_type, std::string_view if_match) {
  net::ClientRequest request;
  request.method = method;
  request.url = base_ + std::string(path);
  if (!body.empty()) request.headers.add("Content-Type", content_type);
  if (!if_match.empty()) request.headers.add("If-Match", if_match);
  request.body = Bytes(body);
  return exchange(std::move(request), false);
}

Result<bool> ApiClient::exists(std::string_view path) {
  net::ClientRequest request;
  request.method = "HEAD";
  request.url = base_ + std::string(path);
  return TRY(exchange(std::move(request), true)).status != 404;
}

Result<ApiAnswer> ApiClient::upload(std::string_view path, const net::FilePart& file) {
  net::ClientRequest request;
  request.method = "PUT";
  request.url = base_ + std::string(path);
  request.headers.add("Content-Type", "application/octet-stream");
  request.body = file;
  return exchange(std::move(request), false);
}

Result<void> ApiClient::download(std::string_view path, std::uint64_t most_bytes,
                                 net::BodySink sink) {
  net::ClientRequest request;
  request.url = base_ + std::string(path);
  request.sink = std::move(sink);
  // A refusal's text is no part of the file and has room beside it.
  TRY(exchange(std::move(request), false, std::max(most_bytes, kLeastAnswer)));
  return {};
}

Result<std::vector<wire::Node>> ApiClient::list(std::string_view kind, std::string_view filter) {
  std::vector<wire::Node> items;
  std::string cursor;
  do {
    std::string path = fmt::format("/api/v1/{}?limit=1000{}", kind, filter);
    if (!cursor.empty()) path += "&cursor=" + path_part(cursor);
    const auto page = TRY(wire::node_from_json(TRY(get(path)).body, {.bytes = kAnswerLimit}));
    if (const wire::Node* list = page.find(contract::kPageItems))
      items.insert(items.end(), list->items.begin(), list->items.end());
    const wire::Node* next = page.find(contract::kPageNext);
    cursor = next ? next->text : std::string();
  } while (!cursor.empty());
  return items;
}

}  // namespace muster::console
