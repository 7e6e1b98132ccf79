// The HTTP server beside nginx: work per CPU-second of the server's processes, in turn.
//
//   bench_http_vs_nginx [ID...] [--rounds N] [--seconds S]
//       runs the claims (all without ID) and prints "id value unit peer peer_version rounds";
//       the figures behind a ratio go to standard error.
//   bench_http_vs_nginx load --url URL --pid PID [--certificate FILE --key FILE]
//                            [--header FIELD] [--threads N] [--connections N] [--seconds S]
//       puts the same load on any running server; prints requests per CPU-second of PID's tree.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sched.h>

#include <cstdio>
#include <map>

#include "base/random.h"
#include "bench/net_servers.h"

namespace muster::bench {
namespace {

struct Claim {
  std::string id;
  std::string unit;  // of the figure behind the ratio
  // What one measurement of one server is worth, per CPU-second.
  std::function<double(const ServerUnderTest&)> measure;
};

struct Options {
  int rounds = 5;
  std::chrono::milliseconds time{2000};
  std::vector<std::string> ids;
};

std::string request_for(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: bench\r\n\r\n";
}

// A certificate that is its own authority, for the server and for clients alike.
void write_certificate(const ScratchFolder& folder) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("bench"), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_set_pubkey(certificate, key);
  MUSTER_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  FILE* out = std::fopen(folder.path("server.pem").c_str(), "w");
  MUSTER_CHECK(out != nullptr && PEM_write_X509(out, certificate) == 1);
  std::fclose(out);
  out = std::fopen(folder.path("server.key").c_str(), "w");
  MUSTER_CHECK(out != nullptr &&
               PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::fclose(out);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

double per_cpu_second(const ServerUnderTest& server, const Load& load,
                      std::uint64_t LoadResult::*counted) {
  Load warm_up = load;
  warm_up.time = std::chrono::milliseconds(200);
  run_load(warm_up);
  const double before = cpu_seconds(server.process->pid());
  const LoadResult result = run_load(load);
  const double used = cpu_seconds(server.process->pid()) - before;
  if (result.failures > 0 || used <= 0)
    std::fprintf(stderr, "%llu of %llu requests failed\n",
                 static_cast<unsigned long long>(result.failures),
                 static_cast<unsigned long long>(result.requests + result.failures));
  return static_cast<double>(result.*counted) / used;
}

std::vector<Claim> ratio_claims(const Options& options, const ScratchFolder& folder) {
  SSL_CTX* plain_client = load_context("", "");
  SSL_CTX* known_client = load_context(folder.path("server.pem"), folder.path("server.key"));
  const auto files = [&options](const std::string& path, SSL_CTX* context, int threads) {
    return [=, time = options.time](const ServerUnderTest& server) {
      Load load;
      load.address = context != nullptr ? server.tls : server.plain;
      load.context = context;
      load.request = request_for(path);
      load.threads = threads;
      load.time = time;
      return per_cpu_second(server, load, &LoadResult::bytes) / 1e6;
    };
  };
  const auto small = [time = options.time, known_client](const ServerUnderTest& server) {
    Load load{server.tls, known_client, request_for("/small"), true, 16, 4, time};
    return per_cpu_second(server, load, &LoadResult::requests);
  };
  const auto handshakes = [time = options.time, plain_client](const ServerUnderTest& server) {
    Load load{server.tls, plain_client, "", false, 8, 1, time};
    return per_cpu_second(server, load, &LoadResult::requests);
  };
  // content.file_1mb is measured by file_1mb.py, with wrk.
  return {{"content.file_100mb", "MB", files("/100m", nullptr, 4)},
          {"content.tls_file_1mb", "MB", files("/1m", plain_client, 8)},
          {"content.tls_bulk", "MB", files("/100m", plain_client, 4)},
          {"tls.handshake_p256", "handshakes", handshakes},
          {"http.small_mutual_tls", "requests", small}};
}

bool is_wanted(const Options& options, const std::string& id) {
  return options.ids.empty() ||
         std::find(options.ids.begin(), options.ids.end(), id) != options.ids.end();
}

// The server has the first processor, the load the others: where the scheduler puts them is more
// than what the servers differ by.
void stay_on(bool first) {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  const long count = ::sysconf(_SC_NPROCESSORS_ONLN);
  for (long i = 0; i < count; ++i)
    if ((i == 0) == first || count == 1) CPU_SET(static_cast<unsigned long>(i), &processors);
  MUSTER_CHECK(::sched_setaffinity(0, sizeof processors, &processors) == 0);
}

void run_ratios(const Options& options, const ScratchFolder& folder) {
  stay_on(true);
  const ServerUnderTest ours = start_muster(folder);
  const ServerUnderTest nginx = start_nginx(folder);
  stay_on(false);
  const std::string version = nginx_version();
  for (const Claim& claim : ratio_claims(options, folder)) {
    if (!is_wanted(options, claim.id)) continue;
    std::vector<double> mine, peers, ratios;
    for (int round = 0; round < options.rounds; ++round) {
      mine.push_back(claim.measure(ours));
      peers.push_back(claim.measure(nginx));
      ratios.push_back(mine.back() / peers.back());
    }
    std::fprintf(stderr, "%s: %.0f against %.0f %s per CPU-second\n", claim.id.c_str(),
                 median(mine), median(peers), claim.unit.c_str());
    std::printf("%s\t%.3f\tratio\tnginx\t%s\t%d\n", claim.id.c_str(), median(ratios),
                version.c_str(), options.rounds);
    std::fflush(stdout);
  }
}

// Resident bytes per connection after its handshake and one request.
double idle_bytes(const ScratchFolder& folder, SSL_CTX* context) {
  constexpr int kConnections = 2500;
  const ServerUnderTest server = start_muster(folder);
  std::vector<std::unique_ptr<LoadConnection>> connections;
  const auto open = [&](int count) {
    for (int i = 0; i < count; ++i) {
      auto made = std::make_unique<LoadConnection>(server.tls, context);
      MUSTER_CHECK(made->connected() && made->exchange(request_for("/small")) > 0);
      connections.push_back(std::move(made));
    }
  };
  open(50);
  const double before = resident_bytes(server.process->pid());
  open(kConnections);
  return (resident_bytes(server.process->pid()) - before) / kConnections;
}

void run_idle(const Options& options, const ScratchFolder& folder) {
  if (!is_wanted(options, "tls.idle_connection")) return;
  SSL_CTX* known = load_context(folder.path("server.pem"), folder.path("server.key"));
  SSL_CTX* unknown = load_context("", "");
  std::vector<double> with, without;
  for (int round = 0; round < std::min(options.rounds, 3); ++round) {
    without.push_back(idle_bytes(folder, unknown));
    with.push_back(idle_bytes(folder, known));
  }
  std::fprintf(stderr, "tls.idle_connection: %.0f bytes, with a client certificate %.0f\n",
               median(without), median(with));
  std::printf("tls.idle_connection\t%.0f\tbytes\t\t\t%zu\n", median(without), without.size());
}

int run_claims(const Options& options) {
  const ScratchFolder folder;
  write_certificate(folder);
  Bytes content(100'000'000, '\0');
  SeededRandom(1).fill(content.data(), content.size());
  folder.write("100m", content);
  folder.write("1m", content.substr(0, 1'000'000));
  run_ratios(options, folder);
  run_idle(options, folder);
  return 0;
}

int load_any_server(std::map<std::string, std::string> values) {
  const auto number = [&](const std::string& name, int usual) {
    return values.contains(name) ? std::stoi(values[name]) : usual;
  };
  const auto url = net::parse_url(values["--url"]);
  if (!url || !values.contains("--pid")) {
    std::fprintf(stderr, "load needs --url URL and --pid PID\n");
    return 2;
  }
  const auto addresses = net::resolve(url->host, url->port, std::chrono::seconds(10));
  if (!addresses) {
    std::fprintf(stderr, "%s\n", addresses.error().text().c_str());
    return 1;
  }
  Load load;
  load.address = addresses->front();
  if (url->tls) load.context = load_context(values["--certificate"], values["--key"]);
  load.request = "GET " + url->target + " HTTP/1.1\r\nHost: " + url->authority() + "\r\n" +
                 (values.contains("--header") ? values["--header"] + "\r\n" : "") + "\r\n";
  load.threads = number("--threads", 16);
  load.per_thread = std::max(1, number("--connections", 64) / load.threads);
  load.time = std::chrono::seconds(number("--seconds", 3));
  const pid_t pid = number("--pid", 0);
  const double before = cpu_seconds(pid);
  const LoadResult result = run_load(load);
  const double used = cpu_seconds(pid) - before;
  std::printf("requests %llu\nfailures %llu\ncpu_seconds %.2f\nrequests_per_cpu_second %.0f\n",
              static_cast<unsigned long long>(result.requests),
              static_cast<unsigned long long>(result.failures), used,
              static_cast<double>(result.requests) / used);
  return result.failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  using namespace muster::bench;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "serve") return serve(arguments[1]);
  std::map<std::string, std::string> values;
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (!arguments[i].starts_with("--"))
      options.ids.push_back(arguments[i]);
    else if (i + 1 < arguments.size())
      values[arguments[i]] = arguments[i + 1], ++i;
  if (!options.ids.empty() && options.ids[0] == "load") return load_any_server(values);
  if (values.contains("--rounds")) options.rounds = std::stoi(values["--rounds"]);
  if (values.contains("--seconds"))
    options.time =
        std::chrono::milliseconds(static_cast<int>(std::stod(values["--seconds"]) * 1000));
  return run_claims(options);
}
