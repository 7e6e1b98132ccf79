#include "roles/client/verbs.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/os/file.h"
#include "base/os/system.h"
#include "contract/client_control.h"
#include "roles/client/errors.h"
#include "roles/client/platform/control_port.h"
#include "roles/client/status_command.h"

namespace muster::client {
namespace {

constexpr const char* kUsage =
    "usage: muster-client [--state FOLDER | --config FILE] [-o table|json] COMMAND\n"
    "  status                  who this machine is, and what comes next; also while no agent runs\n"
    "  software list           the deployments of this machine and their states\n"
    "  software install NAME   runs an available deployment now\n"
    "  policy                  what the policy in force says\n"
    "  trigger CYCLE           policy, inventory or heartbeat: now\n"
    "  cache                   the content that is kept\n"
    "       muster-client --config FILE                      runs the agent\n"
    "       muster-client --config FILE assign CODE|AUTO     looks for its site anew\n"
    "       muster-client --inventory ROOT [FOLDER,...]      prints what it would report of a "
    "tree,\n"
    "                                                        with the files below the folders\n";
constexpr Duration kPatience = std::chrono::seconds(90);

struct Words {
  std::filesystem::path state;
  std::string config_file;  // empty: the state folder alone is known
  bool json = false;
  contract::ControlRequest request;
};

std::filesystem::path default_state() {
  const char* given = std::getenv("MUSTER_STATE");
  return std::filesystem::path(given != nullptr && *given != '\0' ? given : ".muster") / "client";
}

std::optional<contract::ControlRequest> request_of(const std::vector<std::string>& words) {
  const auto are = [&](std::initializer_list<std::string_view> wanted) {
    return std::ranges::equal(words, wanted);
  };
  for (const char* verb : {"status", "policy", "cache"})
    if (are({verb})) return contract::ControlRequest{verb, {}};
  if (are({"software", "list"})) return contract::ControlRequest{"software", {}};
  if (words.size() == 3 && words[0] == "software" && words[1] == "install")
    return contract::ControlRequest{"install", words[2]};
  if (words.size() == 2 && words[0] == "trigger")
    return contract::ControlRequest{"trigger", words[1]};
  return std::nullopt;
}

std::optional<Words> read_words(std::vector<std::string> words) {
  Words out{default_state(), {}, false, {}};
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

Result<contract::ControlAnswer> answer_to(const Words& words) {
  std::optional<contract::ClientConfig> config;
  if (!words.config_file.empty())
    config = TRY(
        contract::decode_client_config(TRY(os::read_file(words.config_file)), words.config_file));
  const std::filesystem::path state = config ? std::filesystem::path(config->state) : words.state;
  auto answer = ask_agent(state, words.request, kPatience, os::SystemClock());
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
