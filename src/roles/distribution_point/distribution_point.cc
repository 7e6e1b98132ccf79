#include "roles/distribution_point/distribution_point.h"

#include <algorithm>

#include "base/log.h"
#include "hosting/public_documents.h"
#include "roles/distribution_point/content_folders.h"
#include "roles/distribution_point/errors.h"
#include "store/open_files.h"

namespace muster::distribution_point {
namespace {

net::Response no_content(const hosting::Call& call) {
  return hosting::problem(404, Error(kNoContent, call.request.head.path));
}

// What the content routes of one listener remember.
struct Content {
  explicit Content(hosting::Site& site) : folders(site), files(*site.content, site.clock) {}
  ContentFolders folders;
  store::OpenFiles files;
};

net::Response answer_content(Content& content, hosting::Call& call) {
  const auto hash = store::ContentHash::parse(call.captures[1]);
  if (!hash) return no_content(call);
  const auto held = content.folders.holds(call.captures[0], call.captures[1]);
  if (!held) {
    log::failure(log::Level::Error, "dp.lookup.failed", held.error(), {{"connection", 15}});
    return hosting::problem(503, held.error());
  }
  if (!*held) return no_content(call);
  const auto file = content.files.open(*hash);
  if (!file) {
    log::failure(log::Level::Error, "dp.content.missing", file.error(), {{"connection", 15}});
    return hosting::problem(503, file.error());
  }
  net::Response response;
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("Cache-Control", "private, immutable, max-age=31536000");
  response.body = net::FileBody{
      .fd = file->fd, .offset = 0, .size = file->size, .etag = fmt::format("\"{}\"", hash->text())};
  return response;
}

// A package may have thousands of small files; its bytes are what costs.
constexpr double kFileCost = 0.1;

hosting::Route route(std::string pattern, hosting::Access access,
                     std::function<net::Response(hosting::Call&)> handler) {
  return {.connection = "15",
          .method = "GET",
          .pattern = std::move(pattern),
          .access = access,
          .where = net::Where::Pool,
          .body_limit_bytes = 0,
          .body_folder = {},
          .handler = std::move(handler),
          .traffic = hosting::TrafficClass::Content,
          .cost = kFileCost};
}

bool policy_names_folder(hosting::Site& site, const hosting::Call& call) {
  const auto header = site.shelf.header(call.peer->id);
  return header && std::ranges::find(header->content_folders, call.captures[0]) !=
                       header->content_folders.end();
}

}  // namespace

std::vector<hosting::Route> http_routes(hosting::Site& site) {
  auto content = std::make_shared<Content>(site);
  auto routes = hosting::public_routes(site, "15");
  routes.push_back(route("/content/*/*", hosting::Access::Public, [content](hosting::Call& call) {
    return answer_content(*content, call);
  }));
  return routes;
}

std::vector<hosting::Route> https_routes(hosting::Site& site) {
  auto content = std::make_shared<Content>(site);
  auto routes = hosting::public_routes(site, "15");
  routes.push_back(
      route("/content/*/*", hosting::Access::Device, [&site, content](hosting::Call& call) {
        if (!policy_names_folder(site, call)) return no_content(call);
        return answer_content(*content, call);
      }));
  return routes;
}

}  // namespace muster::distribution_point
