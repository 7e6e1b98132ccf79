#include "roles/signer/signer_service.h"

#include <unistd.h>

#include <mutex>

#include "base/log.h"
#include "contract/signer_protocol.h"
#include "hosting/stop_signal.h"
#include "net/unix_socket.h"
#include "trust/signer.h"

namespace muster::signer {
namespace {

Bytes refuse_all(const Error& error) {
  contract::signer::Refused refused{error.kind().number, std::string(error.kind().name),
                                    error.detail(), std::string(error.kind().advice)};
  return contract::encode_signer_answers({refused});
}

}  // namespace

Result<void> create_keys(const std::filesystem::path& folder, std::string_view site_code,
                         const Clock& clock, Random& random) {
  const auto site = TRY(model::SiteCode::parse(site_code));
  return trust::Signer::create(folder, site, clock.now(), random);
}

Result<void> serve(const std::filesystem::path& folder, const Clock& clock, Random& random) {
  auto signer = TRY(trust::Signer::open(folder, random));
  std::mutex mutex;  // the signer decides about one request at a time
  net::UnixServerSettings settings;
  settings.path = folder / "signer.sock";
  settings.request_limit_bytes = contract::kSignerFrameLimit;
  settings.admit = [](const net::PeerCredentials& peer) {
    const bool own = peer.uid == ::geteuid();
    if (!own)
      log::warning("signer.peer.refused", "a process of another user asked",
                   {{"uid", peer.uid}, {"pid", peer.pid}});
    return own;
  };
  settings.answer = [&](const net::PeerCredentials&, ByteView frame) {
    const auto requests = contract::decode_signer_requests(frame);
    if (!requests) return refuse_all(requests.error());
    const std::lock_guard lock(mutex);
    return contract::encode_signer_answers(signer.handle(*requests, clock.now()));
  };
  auto server = TRY(net::UnixServer::start(std::move(settings), clock));
  log::info("signer.started", "the signer answers",
            {{"socket", (folder / "signer.sock").string()}});
  hosting::wait_for_stop_signal();
  server->stop();
  return {};
}

}  // namespace muster::signer
