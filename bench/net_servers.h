// The two servers that the benches of net/ compare, each a process of its own with the same files,
// key, suites and session tickets.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/os/system.h"
#include "bench/net_load.h"
#include "bench/net_process.h"
#include "net/http_server.h"
#include "store/open_files.h"

namespace muster::bench {

// As long as an answer that says "nothing has changed".
inline constexpr std::string_view kSmallJson =
    R"({"policy":"unchanged","serial":1042,"next":"2026-01-31T12:00:00Z","ok":true})";

struct ServerUnderTest {
  std::unique_ptr<Child> process;
  net::SocketAddress plain;
  net::SocketAddress tls;
};

inline net::SocketAddress local(std::uint16_t port) {
  return net::parse_address("127.0.0.1", port).value();
}

// Our server as the child process runs it: `folder` holds the files and gets the ports. What lies
// in the content store `folder`content is served as a distribution point serves it.
inline int serve(const std::string& folder) {
  const os::SystemClock clock;
  net::ServerSettings settings;
  settings.loop_threads = 1;
  settings.limits.requests_per_connection = UINT32_MAX;
  net::Server server(settings, clock);
  const auto content = store::ContentStore::open(folder + "content").value();
  store::OpenFiles files(content, clock);
  const auto resolve = [&](const net::RequestHead& head) -> net::Resolved {
    net::Route route;
    route.where = net::Where::Loop;
    if (head.path == "/small") {
      route.handler = [](net::Request&) {
        net::Response response;
        response.headers.add("Content-Type", "application/json");
        response.body = Bytes(kSmallJson);
        return response;
      };
      return route;
    }
    if (head.path.starts_with("/content/")) {
      route.handler = [&files](net::Request& request) {
        const std::string& path = request.head.path;
        const auto hash = store::ContentHash::parse(path.substr(path.rfind('/') + 1));
        if (!hash) return net::text_response(404, "");
        const auto file = files.open(*hash);
        if (!file) return net::text_response(404, "");
        net::Response response;
        response.headers.add("Content-Type", "application/octet-stream");
        response.body = net::FileBody{file->fd, 0, file->size, "\"1\""};
        return response;
      };
      return route;
    }
    // Opened for each request, as nginx does it.
    route.handler = [&folder](net::Request& request) {
      auto fd = std::make_shared<const os::Fd>(
          ::open((folder + request.head.path).c_str(), O_RDONLY | O_CLOEXEC));
      struct stat info {};
      if (!fd->valid() || ::fstat(fd->get(), &info) != 0) return net::text_response(404, "");
      net::Response response;
      response.headers.add("Content-Type", "application/octet-stream");
      response.body = net::FileBody{fd, 0, static_cast<std::uint64_t>(info.st_size), "\"1\""};
      return response;
    };
    return route;
  };
  net::TlsServerSettings tls;
  tls.certificate_chain = os::read_file(folder + "/server.pem").value();
  tls.private_key = os::read_file(folder + "/server.key").value();
  tls.request_client_certificate = true;
  tls.client_authorities = tls.certificate_chain;
  tls.identify = [](ByteView der) { return std::make_shared<const Bytes>(der); };
  tls.ticket_keys = {Bytes(32, 'k')};
  // One ticket per handshake, as our roles issue them; nginx's number is two.
  const auto plain = server.listen("127.0.0.1", 0, nullptr, resolve);
  const auto secure =
      server.listen("127.0.0.1", 0, net::TlsServer::create(tls, clock).value(), resolve);
  MUSTER_CHECK(os::replace_file(folder + "/ports", fmt::format("{} {}", *plain, *secure),
                                os::FileMode::Public));
  for (;;) ::pause();
}

inline ServerUnderTest start_muster(const ScratchFolder& folder) {
  ::unlink(folder.path("ports").c_str());
  ServerUnderTest started;
  started.process =
      std::make_unique<Child>(std::vector<std::string>{"/proc/self/exe", "serve", folder.path("")});
  std::uint16_t plain = 0, tls = 0;
  while (!(std::ifstream(folder.path("ports")) >> plain >> tls))
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  started.plain = local(plain);
  started.tls = local(tls);
  return started;
}

inline std::uint16_t unused_port() {
  const os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  net::SocketAddress address = local(0);
  MUSTER_CHECK(::bind(fd.get(), address.get(), address.size) == 0);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  return address.port();
}

inline ServerUnderTest start_nginx(const ScratchFolder& folder) {
  const std::uint16_t plain = unused_port();
  const std::uint16_t tls = unused_port();
  const std::string root = folder.path("");
  const std::string configuration = fmt::format(
      R"(daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {0}nginx.pid; {1}
events {{ worker_connections 19000; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; keepalive_timeout 3600;
  client_body_temp_path {0}b; proxy_temp_path {0}p; fastcgi_temp_path {0}f;
  uwsgi_temp_path {0}u; scgi_temp_path {0}s; root {0};
  ssl_certificate {0}server.pem; ssl_certificate_key {0}server.key; ssl_protocols TLSv1.3;
  ssl_client_certificate {0}server.pem; ssl_verify_client optional;
  server {{
    listen 127.0.0.1:{2}; listen 127.0.0.1:{3} ssl;
    location = /small {{ default_type application/json; return 200 '{4}'; }}
  }}
}})",
      root, ::getuid() == 0 ? "user root;" : "", plain, tls, kSmallJson);
  ServerUnderTest started;
  started.process = std::make_unique<Child>(
      std::vector<std::string>{"/usr/sbin/nginx", "-p", root, "-e", folder.path("nginx.log"), "-c",
                               folder.write("nginx.conf", configuration)});
  started.plain = local(plain);
  started.tls = local(tls);
  while (!LoadConnection(started.plain, nullptr).connected())
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return started;
}

inline std::string nginx_version() {
  FILE* pipe = ::popen("/usr/sbin/nginx -v 2>&1", "r");
  if (pipe == nullptr) return "";
  char line[200] = "";
  const bool read = std::fgets(line, sizeof line, pipe) != nullptr;
  ::pclose(pipe);
  std::string text = read ? line : "";
  const std::size_t slash = text.find('/');
  return slash == std::string::npos ? "" : text.substr(slash + 1, text.find_first_of(" \n") - 1);
}

}  // namespace muster::bench
