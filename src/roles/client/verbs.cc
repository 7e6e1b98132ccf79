#include "roles/client/verbs.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/os/file.h"
#include "base/os/system.h"
#include "contract/client_control.h"
#include "net/errors.h"
#include "roles/client/errors.h"
#include "roles/client/logs_command.h"
#include "roles/client/notices/errors.h"
#include "roles/client/platform/control_port.h"
#include "roles/client/software/errors.h"
#include "roles/client/status_command.h"

namespace muster::client {
namespace {

constexpr const char* kUsage =
    "usage: muster-client [--state FOLDER | --config FILE] [-o table|json] COMMAND\n"
    "  status                  who this machine is, and what comes next; also while no agent runs\n"
    "  software list           the deployments of this machine and their states\n"
    "  software install NAME   runs an available deployment now; also for users who are not root\n"
    "  policy                  what the policy in force says\n"
    "  logs [--follow] [--component NAME] [--level debug|info|warning|error]\n"
    "       [--form text|json|cmtrace] [--file FILE]  the client's log\n"
    "  trigger CYCLE           policy, inventory, heartbeat or files: now\n"
    "  cache                   the content that is kept\n"
    "  notices                 what is to come on this machine, and can be answered\n"
    "  notices now NAME        have it now\n"
    "  notices later NAME [DURATION]  no reminder until then, as PT2H\n"
    "       muster-client --config FILE                      runs the agent\n"
    "       muster-client --config FILE assign CODE|AUTO     looks for its site anew\n"
    "       muster-client --inventory ROOT [FOLDER,...]      prints what it would report of a "
    "tree,\n"
    "                                                        with the files below the folders\n";
constexpr const char* kNoticeSocket = "/run/muster-client/notices.sock";
constexpr Duration kPatience = std::chrono::seconds(90);

struct Words {
  std::filesystem::path state;
  std::string config_file;  // empty: the state folder alone is known
  std::filesystem::path notices;
  bool json = false;
  contract::ControlRequest request;
};

std::filesystem::path default_state() {
  const char* given = std::getenv("MUSTER_STATE");
  return std::filesystem::path(given != nullptr && *given != '\0' ? given : ".muster") / "client";
}

std::filesystem::path notice_socket() {
  const char* given = std::getenv("MUSTER_NOTICES");
  return given != nullptr && *given != '\0' ? given : kNoticeSocket;
}

std::optional<contract::ControlRequest> request_of(const std::vector<std::string>& words) {
  const auto are = [&](std::initializer_list<std::string_view> wanted) {
    return std::ranges::equal(words, wanted);
  };
  for (const char* verb : {"status", "policy", "cache", "notices"})
    if (are({verb})) return contract::ControlRequest{verb, {}};
  if (are({"software", "list"})) return contract::ControlRequest{"software", {}};
  if (words.size() == 3 && words[0] == "software" && words[1] == "install")
    return contract::ControlRequest{"install", words[2]};
  if (words.size() == 3 && words[0] == "notices" && words[1] == "now")
    return contract::ControlRequest{"notice-now", words[2]};
  if (words.size() >= 3 && words.size() <= 4 && words[0] == "notices" && words[1] == "later")
    return contract::ControlRequest{"notice-later",
                                    words[2] + (words.size() == 4 ? " " + words[3] : "")};
  if (words.size() == 2 && words[0] == "trigger")
    return contract::ControlRequest{"trigger", words[1]};
  return std::nullopt;
}

std::optional<Words> read_words(std::vector<std::string> words) {
  Words out{default_state(), {}, notice_socket(), false, {}};
  const auto take = [&](std::string_view option) -> std::optional<std::string> {
    const auto at = std::ranges::find(words, option);
    if (at == words.end() || at + 1 == words.end()) return std::nullopt;
    std::string value = *(at + 1);
    words.erase(at, at + 2);
    return value;
  };
  if (const auto state = take("--state")) out.state = *state;
  if (const auto file = take("--config")) out.config_file = *file;
  if (const auto form = take("-o")) {
    if (*form != "json" && *form != "table") return std::nullopt;
    out.json = *form == "json";
  }
  auto request = request_of(words);
  if (!request) return std::nullopt;
  out.request = *std::move(request);
  return out;
}

// Of `[--state FOLDER] logs ...`; the agent is not asked, so that it works while it is stopped.
std::optional<LogsRequest> logs_request(std::vector<std::string> words) {
  std::filesystem::path state = default_state();
  if (words.size() >= 2 && words[0] == "--state") {
    state = words[1];
    words.erase(words.begin(), words.begin() + 2);
  }
  if (words.empty() || words[0] != "logs") return std::nullopt;
  words.erase(words.begin());
  return read_logs_words(state, std::move(words));
}

bool is_for_users(const contract::ControlRequest& request) {
  return request.verb.starts_with("notice") || request.verb == "software" ||
         request.verb == "install";
}

// The agent hangs up on who is not logged on, without a word.
Result<contract::ControlAnswer> ask_as_user(const Words& words, const Clock& clock) {
  auto answer = ask_agent(words.notices, words.request, kPatience, clock);
  if (answer || !answer.error().is(net::kConnectionLost)) return answer;
  return fail(kNotAddressed, "{}: the agent hung up", words.notices.string());
}

Result<contract::ControlAnswer> answer_to(const Words& words) {
  std::optional<contract::ClientConfig> config;
  if (!words.config_file.empty())
    config = TRY(
        contract::decode_client_config(TRY(os::read_file(words.config_file)), words.config_file));
  const std::filesystem::path state = config ? std::filesystem::path(config->state) : words.state;
  const os::SystemClock clock;
  auto answer = ask_agent(state / kControlSocket, words.request, kPatience, clock);
  // Users who may not ask the agent of everything may see, answer and have what concerns them.
  if (!answer && answer.error().is(kAgentNotThere) && is_for_users(words.request))
    return ask_as_user(words, clock);
  if (!answer && answer.error().is(kAgentNotThere) && is_denied(state / kControlSocket))
    return fail(kNotForUsers, "{}: permission denied", (state / kControlSocket).string());
  if (!answer && answer.error().is(kAgentNotThere) && words.request.verb == "status" &&
      os::file_exists(state / "identity"))
    return stored_status(state, config);
  return answer;
}

// 3 for a status that says that the machine is not managed.
int exit_code(const contract::ControlAnswer& answer) {
  for (const auto& row : answer.rows)
    if (row.size() == 2 && row[0] == kManagedRow && row[1] != "yes") return 3;
  return 0;
}

void print_table(const contract::ControlAnswer& answer) {
  std::vector<std::vector<std::string>> lines{answer.columns};
  lines.insert(lines.end(), answer.rows.begin(), answer.rows.end());
  std::vector<std::size_t> widths(answer.columns.size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], line[i].size());
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i)
      text += fmt::format("{:<{}}  ", line[i], widths[i]);
    text.resize(text.find_last_not_of(' ') + 1);
    std::printf("%s\n", text.c_str());
  }
}

}  // namespace

int run_verb(const std::vector<std::string>& words) {
  if (words == std::vector<std::string>{"--help"}) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (const auto logs = logs_request(words)) {
    const auto done = show_logs(*logs);
    if (done) return 0;
    std::fprintf(stderr, "muster-client: %s\n", done.error().text_with_advice().c_str());
    return 1;
  }
  const auto understood = read_words(words);
  if (!understood) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto answer = answer_to(*understood);
  if (!answer || !answer->error.empty()) {
    std::fprintf(stderr, "muster-client: %s\n",
                 answer ? answer->error.c_str() : answer.error().text_with_advice().c_str());
    return 1;
  }
  if (understood->json)
    std::printf("%s\n", contract::encode_control_answer(*answer).c_str());
  else
    print_table(*answer);
  return exit_code(*answer);
}

}  // namespace muster::client
