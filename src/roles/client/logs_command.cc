#include "roles/client/logs_command.h"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "base/os/file.h"
#include "hosting/log_follow.h"
#include "hosting/log_text.h"
#include "roles/client/errors.h"

namespace muster::client {
namespace {
constexpr auto kPollInterval = std::chrono::milliseconds(200);
}  // namespace

std::optional<LogsRequest> read_logs_words(const std::filesystem::path& state,
                                           std::vector<std::string> words) {
  LogsRequest request{.file = state / "client.log"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--follow") {
      request.follow = true;
      continue;
    }
    if (i + 1 == words.size()) return std::nullopt;
    const std::string& value = words[i + 1];
    if (words[i] == "--file") {
      request.file = value;
    } else if (words[i] == "--component") {
      request.component = value;
    } else if (words[i] == "--form" && (value == "text" || value == "json" || value == "cmtrace")) {
      request.form = value;
    } else if (words[i] == "--level" && log::parse_level(value)) {
      request.level = *log::parse_level(value);
    } else {
      return std::nullopt;
    }
    ++i;
  }
  return request;
}

bool takes(const LogsRequest& request, const contract::LogLine& line) {
  if (line.level < request.level) return false;
  return request.component.empty() ||
         std::string_view(line.event).substr(0, line.event.find('.')) == request.component;
}

Result<void> show_logs(const LogsRequest& request) {
  if (!os::file_exists(request.file)) return fail(kNoLog, "{} is not there", request.file.string());
  hosting::LogFollower follower(request.file.string());
  const auto show = [&](const std::string& text) {
    const contract::LogLine line = contract::parse_log_line(text);
    if (!takes(request, line)) return;
    const std::string shown = request.form == "json"      ? json_log_line(line)
                              : request.form == "cmtrace" ? cmtrace_log_line(line)
                                                          : hosting::log_text(line);
    std::printf("%s\n", shown.c_str());
  };
  for (;;) {
    for (const std::string& text : TRY(follower.poll())) show(text);
    if (!request.follow) {
      if (const std::string rest = follower.take_rest(); !rest.empty()) show(rest);
      return {};
    }
    std::fflush(stdout);
    if (std::ferror(stdout) != 0) return {};
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace muster::client
