#include "net/client_exchange.h"

#include <algorithm>

#include "net/errors.h"
#include "net/http_body.h"

namespace muster::net {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kSmallBody = 16 * 1024;
constexpr std::size_t kChunkExtension = 1024;
constexpr int kInterimAnswers = 8;
// Of a refused download: the text that says why.
constexpr std::uint64_t kRefusalBody = 1u << 20;

std::uint64_t body_size(const ClientRequest& request) {
  if (const auto* part = std::get_if<FilePart>(&request.body)) return part->size;
  return std::get<Bytes>(request.body).size();
}

bool is_clients_own(std::string_view name) {
  for (const std::string_view own :
       {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Proxy-Authorization"})
    if (equal_ignoring_case(name, own)) return true;
  return false;
}

Failure malformed(const Refusal& refusal) {
  if (refusal.status == 413 || refusal.status == 431)
    return fail(kMessageTooLarge, "the answer: {}", refusal.why);
  return fail(kBadHttp, "the answer: {}", refusal.why);
}

Result<void> read_body(BlockingStream& stream, Bytes& input, const ClientRequest& request,
                       const ParsedResponse& parsed, const Deadline& deadline, Bytes& body) {
  const bool to_sink = request.sink && parsed.status >= 200 && parsed.status < 300;
  const std::uint64_t limit = request.sink && !to_sink
                                  ? std::min(request.body_limit_bytes, kRefusalBody)
                                  : request.body_limit_bytes;
  BodyDecoder decoder(parsed.framing, limit, kChunkExtension);
  std::unique_ptr<char[]> buffer;
  ByteView rest = input;
  for (;;) {
    while (!rest.empty() && decoder.state() == BodyDecoder::State::More) {
      const ByteView part = decoder.next(rest);
      if (part.empty()) continue;
      if (to_sink)
        TRY(request.sink(part));
      else
        body.append(part);
    }
    if (decoder.state() == BodyDecoder::State::Refused) return malformed(decoder.refusal());
    if (decoder.state() == BodyDecoder::State::Done) break;
    if (!buffer) buffer.reset(new char[kReadBytes]);
    const std::size_t got = TRY(stream.read(buffer.get(), kReadBytes, deadline));
    if (got == 0) {
      if (decoder.ends_with_connection()) return {};
      return fail(kConnectionLost, "the answer ended after {} bytes of its body",
                  decoder.received());
    }
    rest = {buffer.get(), got};
  }
  input.assign(rest);
  return {};
}

}  // namespace

Result<void> send_request(ClientConnection& connection, const ClientRequest& request,
                          const std::string& head, Bytes& early, const Deadline& deadline) {
  BlockingStream& stream = connection.stream;
  if (const auto* part = std::get_if<FilePart>(&request.body)) {
    TRY(stream.write(head, early, deadline));
    return stream.write_file(part->fd, part->offset, part->size, early, deadline);
  }
  const Bytes& body = std::get<Bytes>(request.body);
  if (body.size() <= kSmallBody) return stream.write(head + body, early, deadline);
  TRY(stream.write(head, early, deadline));
  return stream.write(body, early, deadline);
}

Result<std::string> request_head(const ClientRequest& request, const SentRequest& sent,
                                 const std::string& user_agent) {
  if (!is_token(request.method) || request.method == "CONNECT")
    return fail(kBadRequest, "the method {} cannot be sent", request.method);
  std::string head = request.method + " ";
  if (sent.through_proxy) head.append("http://").append(sent.url.authority());
  head.append(sent.url.target).append(" HTTP/1.1\r\nHost: ").append(sent.url.authority());
  head.append("\r\n");
  if (!user_agent.empty() && !request.headers.find("User-Agent"))
    head.append("User-Agent: ").append(user_agent).append("\r\n");
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const HeaderField field = request.headers[i];
    if (!is_token(field.name) || !is_field_value(field.value) || is_clients_own(field.name))
      return fail(kBadRequest, "the header field {} cannot be sent", field.name);
    head.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (!sent.proxy_authorization.empty())
    head.append("Proxy-Authorization: ").append(sent.proxy_authorization).append("\r\n");
  const std::uint64_t size = body_size(request);
  if (size > 0 || (request.method != "GET" && request.method != "HEAD"))
    head.append("Content-Length: ").append(std::to_string(size)).append("\r\n");
  return head.append("\r\n");
}

Result<void> read_response_head(BlockingStream& stream, Bytes& input, const ClientLimits& limits,
                                bool answers_head, const Deadline& deadline,
                                ParsedResponse& parsed) {
  HeadScanner scanner;
  for (;;) {
    const auto state = scanner.scan(input, limits.head_bytes);
    if (state == HeadScanner::State::Refused) return malformed(scanner.refusal());
    if (state == HeadScanner::State::Complete) break;
    char part[4096];
    const std::size_t got = TRY(stream.read(part, sizeof part, deadline));
    if (got == 0) return fail(kConnectionLost, "the peer closed the connection unanswered");
    input.append(part, got);
  }
  const HeadLimits head_limits{limits.head_bytes, limits.header_count, 0};
  if (const auto refusal = parse_response_head(ByteView(input).substr(0, scanner.head_size()),
                                               head_limits, answers_head, parsed))
    return malformed(*refusal);
  input.erase(0, scanner.head_size());
  return {};
}

ExchangeResult receive_answer(ClientConnection& connection, const ClientRequest& request,
                              Bytes& input, const ClientLimits& limits, const Deadline& deadline,
                              bool& keep) {
  keep = false;
  const auto failed = [&](Error error, bool before) {
    return tl::unexpected(ExchangeFailure{std::move(error), before});
  };
  ParsedResponse parsed;
  for (int answers = 0;; ++answers) {
    auto read = read_response_head(connection.stream, input, limits, request.method == "HEAD",
                                   deadline, parsed);
    if (!read) return failed(std::move(read).error(), answers == 0 && input.empty());
    if (parsed.status >= 200) break;
    if (parsed.status == 101 || answers == kInterimAnswers)
      return failed(Error(kBadHttp, "the answer: unexpected interim answers"), false);
  }
  ClientResponse response;
  response.status = parsed.status;
  response.headers = std::move(parsed.headers);
  auto read = read_body(connection.stream, input, request, parsed, deadline, response.body);
  if (!read) return failed(std::move(read).error(), false);
  keep = parsed.keep_alive && (input.empty() || parsed.framing.kind == BodyKind::None);
  response.reused_connection = connection.reused;
  response.resumed_session = connection.peer.resumed;
  return response;
}

ExchangeResult exchange(ClientConnection& connection, const ClientRequest& request,
                        const std::string& head, const ClientLimits& limits,
                        const Deadline& deadline, bool& keep) {
  keep = false;
  Bytes input;
  auto sent = send_request(connection, request, head, input, deadline);
  const bool whole = sent.has_value() && input.empty();
  // A server that refuses a body answers and closes before it has read all: look for that.
  if (!sent && !sent.error().is(kConnectionLost))
    return tl::unexpected(ExchangeFailure{std::move(sent).error(), true});
  auto answer = receive_answer(connection, request, input, limits, deadline, keep);
  keep = keep && whole;
  if (!answer && !sent && answer.error().before_answer)
    answer.error().error = std::move(sent).error();
  return answer;
}

}  // namespace muster::net
