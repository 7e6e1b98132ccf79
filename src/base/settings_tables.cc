#include "base/settings_tables.h"

namespace muster {
namespace {

using enum SettingType;

constexpr std::string_view kLevels = "debug info warning error";

// name, type, default, unit, least, most, choices, sentence
constexpr Setting kSite[] = {
    {"policy.poll_interval", Duration, "PT1H", "", "PT1S", "P1D", "",
     "How often a client asks for its policy when nothing nudges it."},
    {"policy.header_life", Duration, "P30D", "", "P1D", "P90D", "",
     "How long a signed policy header is valid; it is renewed at half of it."},
    {"policy.max_age", Duration, "P7D", "", "PT1H", "P30D", "",
     "The age of the site's signed timestamp from which a client starts nothing new."},
    {"site_time.interval", Duration, "PT15M", "", "PT1M", "P1D", "",
     "How often the site signs its timestamp."},
    {"inventory.interval", Duration, "P7D", "", "PT1H", "P90D", "",
     "How often a client sends its hardware and software inventory."},
    {"inventory.history", Duration, "P90D", "", "P1D", "P3650D", "",
     "How long earlier inventory rows are kept."},
    {"heartbeat.interval", Duration, "P7D", "", "PT1H", "P30D", "",
     "How often a client sends a heartbeat discovery record."},
    {"state.interval", Duration, "PT15M", "", "PT1M", "P1D", "",
     "How often a client sends the state messages that it has gathered."},
    {"splay", Duration, "PT10M", "", "PT0S", "P1D", "",
     "The window over which clients spread an action that a schedule starts on all of them."},
    {"deployment.blast_limit", Integer, "500", "devices", "1", "1000000", "",
     "The number of devices above which a deployment needs a second operator's signature."},
    {"content.retry_interval", Duration, "PT30M", "", "PT1M", "P1D", "",
     "How long the distribution manager waits before it sends content again."},
    {"content.retry_limit", Integer, "100", "attempts", "1", "1000", "",
     "How often the distribution manager tries to bring content to a distribution point."},
    {"enrolment.grace", Duration, "P90D", "", "PT1H", "P365D", "",
     "How long after its expiry a client's certificate may still renew itself."},
    {"enrolment.token_life", Duration, "PT24H", "", "PT5M", "P30D", "",
     "How long an enrolment token can be used when it is made without a lifetime."},
    {"enrolment.client_life", Duration, "P7D", "", "PT1H", "P90D", "",
     "The lifetime of a client's certificate; it is renewed at half of it."},
    {"enrolment.system_life", Duration, "PT24H", "", "PT1H", "P30D", "",
     "The lifetime of a site system's certificate; it is renewed at half of it."},
    {"enrolment.operator_life", Duration, "PT10H", "", "PT15M", "P1D", "",
     "The lifetime of an operator's certificate."},
    {"enrolment.pending_limit", Integer, "10000", "devices", "1", "1000000", "",
     "How many devices may wait for approval at once."},
    {"enrolment.pending_life", Duration, "P7D", "", "PT1H", "P90D", "",
     "How long a device waits for approval before its request is forgotten."},
    {"status.keep", Duration, "P30D", "", "P1D", "P3650D", "",
     "How long status messages are kept."},
    {"rpc.port_range", Text, "", "", "", "", "",
     "The ports that dynamic RPC may take, such as 49152-49407; the kernel's own choice when "
     "empty."},
};

constexpr Setting kHost[] = {
    {"log.level", Text, "info", "", "", "", kLevels, "The least level of events that are logged."},
    {"log.file", Path, "", "", "", "", "",
     "The file that events are appended to; PROGRAM.log in the state folder when empty."},
    {"log.format", Text, "json", "", "", "", "json cmtrace",
     "The form of log lines: JSON objects, or the form that CMTrace reads."},
    {"data.folder", Path, "/var/lib/muster", "", "", "", "",
     "Where the host keeps its database, journals, content and keys."},
    {"signer.socket", Path, "/run/muster/signer.sock", "", "", "", "",
     "The Unix socket of muster-signer."},
    {"journal.size_limit", Size, "4 GiB", "", "1 MiB", "1 TiB", "",
     "How much an inbox may hold before senders are told to wait."},
    {"journal.segment_size", Size, "64 MiB", "", "64 KiB", "1 GiB", "",
     "The size at which a journal starts its next file."},
    {"http.connections", Integer, "19000", "connections", "16", "1000000", "",
     "How many connections a host holds at once; later ones wait in the kernel."},
    {"http.connections_per_address", Integer, "2000", "connections", "1", "1000000", "",
     "How many connections one address may hold at once."},
    {"http.header_size", Size, "16 KiB", "", "1 KiB", "256 KiB", "",
     "The largest head of a request."},
    {"http.body_size", Size, "8 MiB", "", "64 KiB", "1 GiB", "",
     "The largest body of a request, as it arrives."},
    {"http.header_timeout", Duration, "PT10S", "", "PT0.1S", "PT5M", "",
     "How long a peer may take to send the head of a request."},
    {"http.body_timeout", Duration, "PT60S", "", "PT1S", "PT1H", "",
     "How long a peer may take between two parts of a body."},
    {"http.idle_timeout", Duration, "PT75S", "", "PT1S", "PT24H", "",
     "How long a connection may stay open between two requests."},
    {"http.threads", Integer, "0", "threads", "0", "1024", "",
     "How many threads run handlers that may block; 0 means twice the processors."},
    {"http.queue", Integer, "4096", "requests", "1", "1000000", "",
     "How many requests may wait for a thread before peers are answered 503."},
};

constexpr Setting kClient[] = {
    {"log.level", Text, "info", "", "", "", kLevels, "The least level of events that are logged."},
    {"log.file", Path, "", "", "", "", "",
     "The file that events are appended to; PROGRAM.log in the state folder when empty."},
    {"log.format", Text, "json", "", "", "", "json cmtrace",
     "The form of log lines: JSON objects, or the form that CMTrace reads."},
    {"data.folder", Path, "/var/lib/muster-client", "", "", "", "",
     "Where the client keeps its identity, policy, outbox and cache."},
    {"cache.size_limit", Size, "5 GB", "", "64 MB", "100 TB", "",
     "How much content the client keeps."},
    {"cache.keep", Duration, "PT24H", "", "PT0S", "P365D", "",
     "How long content is kept after its last use before it may make room for other content."},
    {"outbox.size_limit", Size, "256 MiB", "", "1 MiB", "64 GiB", "",
     "How much the client keeps of what it could not send yet; the oldest status goes first."},
    {"splay", Duration, "PT10M", "", "PT0S", "P1D", "",
     "The window over which this client spreads an action that a schedule starts everywhere."},
    {"retry.first", Duration, "PT5S", "", "PT0.1S", "PT1H", "",
     "How long the client waits after a first failed attempt; each further wait doubles."},
    {"retry.longest", Duration, "PT30M", "", "PT1S", "P1D", "",
     "The longest wait between two attempts."},
    {"program.longest_run", Duration, "PT12H", "", "PT1M", "P30D", "",
     "How long a program may run that names no time of its own."},
    {"program.user", Text, "", "", "", "", "",
     "Whom programs run as that run as the user, where the client itself runs as root."},
    {"proxy.url", Text, "", "", "", "", "",
     "The HTTP proxy through which the client dials; none when empty."},
};

}  // namespace

SettingTable site_settings() { return kSite; }
SettingTable host_settings() { return kHost; }
SettingTable client_settings() { return kClient; }

}  // namespace muster
