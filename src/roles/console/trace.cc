#include "roles/console/trace.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "base/os/file.h"
#include "hosting/log_follow.h"
#include "hosting/log_text.h"
#include "roles/console/error_table.h"
#include "roles/console/errors.h"
#include "topology/roles.h"

namespace muster::console {
namespace fs = std::filesystem;
namespace {

using contract::LogLine;
using hosting::LogFollower;

constexpr auto kPollInterval = std::chrono::milliseconds(200);
// CMTrace shows errors on red and warnings on yellow.
constexpr std::string_view kErrorColor = "\x1b[97;41m";
constexpr std::string_view kWarningColor = "\x1b[30;43m";
constexpr std::string_view kDebugColor = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

bool contains_ignoring_case(std::string_view text, std::string_view wanted) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto same = [&](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), same) != text.end();
}

struct Wanted {
  std::optional<Timestamp> since;
  log::Level level = log::Level::Debug;
  std::string filter;
  std::string form;
  bool color = false;

  bool takes(const LogLine& line) const {
    if (line.level < level) return false;
    if (since && line.time && *line.time < *since) return false;
    return filter.empty() || contains_ignoring_case(trace_text(line, false), filter);
  }
};

Result<Wanted> understand(const Session& session, const TraceRequest& request) {
  Wanted wanted;
  if (!request.since.empty()) {
    if (const auto back = parse_duration(request.since)) {
      wanted.since = session.clock.now() - *back;
    } else {
      const auto time = parse_timestamp(request.since);
      if (!time)
        return fail(kUsage,
                    "--since {}: a duration such as PT1H or a time such as "
                    "2026-01-31T12:00:00Z is wanted",
                    request.since);
      wanted.since = *time;
    }
  }
  const auto level = log::parse_level(request.level);
  if (!level)
    return fail(kUsage, "--level {}: debug, info, warning or error is wanted", request.level);
  wanted.level = *level;
  wanted.filter = request.filter;
  wanted.form = request.form;
  if (request.form != "text" && request.form != "cmtrace" && request.form != "json")
    return fail(kUsage, "--form {}: text, cmtrace or json is wanted", request.form);
  if (request.color != "auto" && request.color != "always" && request.color != "never")
    return fail(kUsage, "--color {}: auto, always or never is wanted", request.color);
  wanted.color =
      request.color == "always" || (request.color == "auto" && ::isatty(STDOUT_FILENO) == 1);
  return wanted;
}

void print(const std::vector<LogLine>& lines, const Wanted& wanted) {
  for (const LogLine& line : lines) {
    if (!wanted.takes(line)) continue;
    const std::string text = wanted.form == "json"      ? json_log_line(line)
                             : wanted.form == "cmtrace" ? cmtrace_log_line(line)
                                                        : trace_text(line, wanted.color);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
  }
  std::fflush(stdout);
}

Result<std::vector<LogLine>> read_new(std::vector<LogFollower>& followers, bool last) {
  std::vector<std::vector<LogLine>> files;
  for (LogFollower& follower : followers) {
    auto& lines = files.emplace_back();
    for (const std::string& line : TRY(follower.poll()))
      lines.push_back(contract::parse_log_line(line));
    if (!last) continue;
    if (const std::string rest = follower.take_rest(); !rest.empty())
      lines.push_back(contract::parse_log_line(rest));
  }
  return merged_by_time(std::move(files));
}

}  // namespace

Result<std::string> log_of_role(const Session& session, const std::string& role) {
  if (role == "client") return (session.state / "client" / "client.log").string();
  if (role == "signer" || role == "muster-signer")
    return (session.state / "signer" / "signer.log").string();
  if (role != "musterd" && role != "site") {
    const auto known = topology::parse_role(role);
    if (!known)
      return fail(kUsage,
                  "'{}' is no file and no role; use a path, client, signer or a role of "
                  "muster ports list",
                  role);
    if (*known == topology::Role::Client) return log_of_role(session, "client");
  }
  return (session.state / "site" / "musterd.log").string();
}

std::vector<LogLine> merged_by_time(std::vector<std::vector<LogLine>> files) {
  std::vector<std::pair<Timestamp, LogLine>> all;
  for (auto& file : files) {
    // A clock that was set back must not tear a file's lines apart.
    Timestamp last{0};
    for (LogLine& line : file) {
      if (line.time) last = std::max(last, *line.time);
      all.emplace_back(last, std::move(line));
    }
  }
  std::ranges::stable_sort(all, {}, [](const auto& each) { return each.first; });
  std::vector<LogLine> out;
  out.reserve(all.size());
  for (auto& each : all) out.push_back(std::move(each.second));
  return out;
}

std::string trace_text(const LogLine& line, bool color) {
  std::string out = hosting::log_text(line);
  const bool advised =
      std::ranges::any_of(line.fields, [](const auto& field) { return field.first == "advice"; });
  if (!advised)
    if (const auto error = error_named_in(line.text)) out += fmt::format("  [{}]", to_text(*error));
  if (!color) return out;
  const std::string_view paint = line.level == log::Level::Error     ? kErrorColor
                                 : line.level == log::Level::Warning ? kWarningColor
                                 : line.level == log::Level::Debug   ? kDebugColor
                                                                     : std::string_view();
  return paint.empty() ? out : fmt::format("{}{}{}", paint, out, kPlain);
}

Result<void> trace(const Session& session, const TraceRequest& request) {
  const Wanted wanted = TRY(understand(session, request));
  std::vector<LogFollower> followers;
  std::error_code error;
  for (const std::string& source : request.sources) {
    if (const auto entry = find_error(source)) {
      std::printf("%s\n", to_text(*entry).c_str());
      continue;
    }
    const bool file = fs::exists(source, error) || source.find('/') != std::string::npos;
    const std::string path = file ? source : TRY(log_of_role(session, source));
    if (!fs::exists(path, error)) return fail(kLogUnreadable, "{} is not there", path);
    followers.emplace_back(path);
  }
  if (followers.empty()) return {};
  print(TRY(read_new(followers, request.no_follow)), wanted);
  while (!request.no_follow && std::ferror(stdout) == 0) {
    std::this_thread::sleep_for(kPollInterval);
    print(TRY(read_new(followers, false)), wanted);
  }
  return {};
}

}  // namespace muster::console
