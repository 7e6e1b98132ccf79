#include "roles/provider/collected_files_api.h"

#include <charconv>

#include "contract/api.h"
#include "hosting/audit.h"
#include "roles/provider/answers.h"
#include "roles/provider/devices_api.h"
#include "roles/provider/errors.h"
#include "store/site/collected_files.h"

namespace muster::provider {
namespace {

std::int64_t number_of(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? out : 0;
}

}  // namespace

Result<net::Response> list_files(hosting::Site& site, hosting::Call& call) {
  const auto limit = TRY(page_limit(call));
  const std::int64_t before = number_of(TRY(read_cursor(call)));
  using Files = std::vector<store::CollectedFile>;
  const auto files = TRY(site.database->read([&](store::Reader& reader) -> Result<Files> {
    const auto device = TRY(named_device(reader, call.captures[0]));
    return store::list_collected_files(reader, device.number, before, limit);
  }));
  std::vector<Bytes> items;
  for (const store::CollectedFile& file : files)
    items.push_back(contract::encode_collected_file_view({.number = file.number,
                                                          .path = file.path,
                                                          .collection = file.collection,
                                                          .collected = file.collected,
                                                          .received = file.received,
                                                          .modified = file.modified,
                                                          .size_bytes = file.size_bytes,
                                                          .sha256 = to_hex(file.sha256)}));
  const bool full = files.size() == static_cast<std::size_t>(limit);
  const std::string next = full ? make_cursor(fmt::format("{}", files.back().number)) : "";
  return json_answer(200, contract::encode_page(items, next));
}

Result<net::Response> get_file(hosting::Site& site, hosting::Call& call) {
  net::Response response;
  // In the transaction of the entry: nobody reads what the audit cannot tell.
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    const auto device = TRY(named_device(transaction, call.captures[0]));
    const auto file =
        TRY(store::find_collected_file(transaction, device.number, number_of(call.captures[1])));
    if (!file)
      return fail(kNoSuchThing, "file {} of device {}", call.captures[1].substr(0, 20),
                  device.name);
    response.body = TRY(store::collected_content(transaction, file->sha256));
    response.headers.add("Content-Type", "application/octet-stream");
    response.headers.add("ETag", fmt::format("\"{}\"", to_hex(file->sha256)));
    return hosting::audit(transaction,
                          {.actor = actor_of(call),
                           .action = "read",
                           .kind = "CollectedFile",
                           .name = fmt::format("{} {} {}", device.name, file->number, file->path),
                           .before = {},
                           .after = {},
                           .correlation = device.id.text()},
                          call.now);
  }));
  return response;
}

}  // namespace muster::provider
