#include "roles/provider/site_api.h"

#include <charconv>

#include "base/version.h"
#include "contract/api.h"
#include "contract/catalogue.h"
#include "contract/status_report.h"
#include "hosting/audit.h"
#include "model/client_states.h"
#include "model/query/parse.h"
#include "roles/provider/answers.h"
#include "roles/provider/errors.h"
#include "store/site/audit.h"
#include "store/site/enrolment.h"
#include "store/site/fallback.h"
#include "store/site/packages.h"
#include "store/site/positions.h"
#include "store/site/quarantine.h"
#include "store/site/status.h"
#include "trust/catalogue_trust.h"

namespace muster::provider {
namespace {

constexpr std::size_t kCopyBytes = 1u << 20;

// Numbers as cursors of lists that run by sequence.
std::int64_t number_cursor(const std::string& cursor) {
  std::int64_t number = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), number);
  return number;
}

template <typename Item>
std::string next_cursor(const std::vector<Item>& items, std::int64_t limit,
                        std::int64_t (*key)(const Item&)) {
  if (items.size() < static_cast<std::size_t>(limit)) return {};
  return make_cursor(fmt::format("{}", key(items.back())));
}

}  // namespace

Result<net::Response> get_site(hosting::Site& site, hosting::Call&) {
  contract::SiteView view;
  view.site = site.config.site.text();
  view.version = kVersion;
  view.devices = static_cast<std::int64_t>(site.fleet.counts().devices);
  TRY(site.database->read([&](store::Reader& reader) -> Result<void> {
    view.pending = TRY(store::count_pending_enrolments(reader));
    view.quarantined = TRY(store::count_quarantined(reader));
    const auto taken = TRY(store::inbox_position(reader, "inbox"));
    view.inbox_backlog_bytes = site.inbox->end() - std::min(taken, site.inbox->end());
    return {};
  }));
  if (const auto time = site.shelf.site_time()) view.signed_time = *time;
  if (site.config.trial) view.trial = "trial: signer not isolated, root not offline";
  return json_answer(200, contract::encode_site_view(view));
}

Result<net::Response> run_query(hosting::Site& site, hosting::Call& call) {
  const std::string text = TRY(contract::decode_query_request(call.request.body));
  const auto query = TRY(model::parse_query(text));
  const auto table = TRY(site.fleet.evaluate(query, {.now = call.now, .devices = {}}));
  std::vector<contract::QueryAnswerColumn> columns;
  for (const auto& column : table.columns) columns.push_back({column.name, column.type});
  return json_answer(200, contract::encode_query_answer(columns, table.rows));
}

Result<net::Response> create_token(hosting::Site& site, hosting::Call& call) {
  const auto request = TRY(contract::decode_token_request(call.request.body));
  const Duration life = request.life.value_or(site.settings.duration("enrolment.token_life"));
  if (life <= Duration(0) || life > std::chrono::hours(24 * 30))
    return fail(kBadRequest, "life {}: more than nothing and at most P30D", to_text(life));
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    TRY(store::add_enrolment_token(transaction, {.secret_sha256 = request.secret_sha256,
                                                 .created = call.now,
                                                 .created_by = actor_of(call),
                                                 .expires = call.now + life,
                                                 .used_at = {},
                                                 .used_by = {},
                                                 .used_key = {}}));
    return hosting::audit(transaction,
                          {.actor = actor_of(call),
                           .action = "create",
                           .kind = "EnrolmentToken",
                           .name = to_hex(request.secret_sha256).substr(0, 16),
                           .before = {},
                           .after = {},
                           .correlation = {}},
                          call.now);
  }));
  return json_answer(201, contract::encode_token_request(request));
}

Result<net::Response> get_content(hosting::Site& site, hosting::Call& call) {
  const auto hash = TRY(store::ContentHash::parse(call.captures[0]));
  auto content = TRY(site.content->open(hash));
  net::Response response;
  response.headers.add("Content-Type", "application/octet-stream");
  response.body = net::FileBody{.fd = std::make_shared<os::Fd>(std::move(content.fd)),
                                .offset = 0,
                                .size = content.size,
                                .etag = fmt::format("\"{}\"", hash.text())};
  return response;
}

Result<net::Response> put_content(hosting::Site& site, hosting::Call& call) {
  const auto hash = TRY(store::ContentHash::parse(call.captures[0]));
  if (!call.request.body_file) return fail(kBadRequest, "no body came");
  const auto& file = *call.request.body_file;
  auto incoming = TRY(site.content->begin({.hash = hash, .size = file.size}));
  Bytes part(kCopyBytes, '\0');
  for (std::uint64_t at = 0; at < file.size;) {
    const ssize_t got = ::pread(file.fd().get(), part.data(), part.size(), static_cast<off_t>(at));
    if (got <= 0) return fail(kBadRequest, "the spooled body cannot be read back");
    TRY(incoming.write(ByteView(part).substr(0, static_cast<std::size_t>(got))));
    at += static_cast<std::uint64_t>(got);
  }
  TRY(incoming.finish());
  net::Response response;
  response.status = 201;
  return response;
}

Result<net::Response> get_catalogue(hosting::Site& site, hosting::Call& call) {
  auto document = TRY(site.database->read([&](store::Reader& reader) {
    return store::latest_catalogue_document(reader, call.captures[0]);
  }));
  if (!document) return fail(kNoSuchThing, "catalogue document {}", call.captures[0]);
  return json_answer(200, std::move(document->bytes));
}

Result<net::Response> put_catalogue(hosting::Site& site, hosting::Call& call) {
  if (call.captures[0] != "root")
    return fail(kBadRequest, "{} comes with a package or from the signer", call.captures[0]);
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    const auto latest = TRY(store::latest_catalogue_document(transaction, "root"));
    const auto next = TRY(contract::decode_root(call.request.body));
    if (latest) TRY(TRY(trust::CatalogueTrust::restore(latest->bytes)).advance(call.request.body));
    TRY(store::add_catalogue_document(transaction, "root",
                                      static_cast<std::int64_t>(next.value.version),
                                      call.request.body, call.now));
    return hosting::audit(transaction,
                          {.actor = actor_of(call),
                           .action = "update",
                           .kind = "CatalogueRoot",
                           .name = fmt::format("{}", next.value.version),
                           .before = {},
                           .after = {},
                           .correlation = {}},
                          call.now);
  }));
  site.changed.notify();
  return empty_answer();
}

Result<net::Response> list_status(hosting::Site& site, hosting::Call& call) {
  const auto limit = TRY(page_limit(call));
  const std::int64_t before = number_cursor(TRY(read_cursor(call)));
  return site.database->read([&](store::Reader& reader) -> Result<net::Response> {
    const auto messages = TRY(store::list_status_messages(reader, {}, before, limit));
    std::vector<Bytes> items;
    for (const auto& message : messages) {
      const auto device = TRY(store::find_device(reader, message.device));
      contract::StatusView view;
      view.sequence = message.number;
      view.at = message.at;
      view.device = device ? device->name : "";
      view.status_id = static_cast<unsigned>(message.status_id);
      view.topic = static_cast<unsigned>(number_cursor(message.topic));
      view.state = static_cast<unsigned>(message.state.value_or(0));
      view.deployment = message.deployment ? message.deployment->text() : "";
      view.detail = contract::status_detail(message.detail);
      items.push_back(contract::encode_status_view(view));
    }
    using Message = store::StatusMessage;
    return json_answer(200, contract::encode_page(
                                items, next_cursor<Message>(messages, limit, [](const Message& m) {
                                  return m.number;
                                })));
  });
}

Result<net::Response> list_fallback(hosting::Site& site, hosting::Call& call) {
  const auto limit = TRY(page_limit(call));
  const std::int64_t before = number_cursor(TRY(read_cursor(call)));
  const auto messages = TRY(site.database->read(
      [&](store::Reader& reader) { return store::list_fallback_messages(reader, before, limit); }));
  std::vector<Bytes> items;
  for (const auto& message : messages) {
    const auto topic = static_cast<unsigned>(message.topic);
    const auto state = static_cast<unsigned>(message.state);
    items.push_back(contract::encode_fallback_view(
        {.number = message.number,
         .received = message.received,
         .address = message.address,
         .id = to_hex(message.id),
         .topic = topic,
         .state = state,
         .meaning = std::string(model::client_state_meaning(topic, state)),
         .cause = static_cast<unsigned>(message.cause),
         .claimed_client = message.client,
         .claimed_name = message.name,
         .claimed_at = message.at}));
  }
  using Message = store::FallbackMessage;
  return json_answer(
      200, contract::encode_page(items, next_cursor<Message>(messages, limit, [](const Message& m) {
                                   return m.number;
                                 })));
}

Result<net::Response> list_audit(hosting::Site& site, hosting::Call& call) {
  const auto limit = TRY(page_limit(call));
  const std::int64_t before = number_cursor(TRY(read_cursor(call)));
  const auto entries = TRY(site.database->read(
      [&](store::Reader& reader) { return store::list_audit(reader, before, limit); }));
  std::vector<Bytes> items;
  for (const auto& entry : entries)
    items.push_back(
        contract::encode_audit_view({entry.sequence, entry.at, entry.actor, entry.action,
                                     entry.kind, entry.name, to_hex(entry.hash)}));
  using Entry = store::AuditEntry;
  return json_answer(
      200, contract::encode_page(items, next_cursor<Entry>(entries, limit, [](const Entry& e) {
                                   return e.sequence;
                                 })));
}

Result<net::Response> list_quarantine(hosting::Site& site, hosting::Call& call) {
  const auto limit = TRY(page_limit(call));
  const std::int64_t after = number_cursor(TRY(read_cursor(call)));
  const auto messages = TRY(site.database->read(
      [&](store::Reader& reader) { return store::list_quarantined(reader, after, limit); }));
  std::vector<Bytes> items;
  for (const auto& message : messages)
    items.push_back(contract::encode_quarantine_view(
        {message.number, message.at, message.sender, message.type, message.reason_text}));
  using Message = store::QuarantinedMessage;
  return json_answer(
      200, contract::encode_page(items, next_cursor<Message>(messages, limit, [](const Message& m) {
                                   return m.number;
                                 })));
}

Result<net::Response> replay(hosting::Site& site, hosting::Call& call, const HostPorts& ports) {
  const std::int64_t number = number_cursor(std::string(call.captures[0]));
  TRY(ports.replay(number));
  TRY(site.database->write([&](store::Transaction& transaction) {
    return hosting::audit(transaction,
                          {.actor = actor_of(call),
                           .action = "replay",
                           .kind = "QuarantinedMessage",
                           .name = fmt::format("{}", number),
                           .before = {},
                           .after = {},
                           .correlation = {}},
                          call.now);
  }));
  return empty_answer();
}

}  // namespace muster::provider
