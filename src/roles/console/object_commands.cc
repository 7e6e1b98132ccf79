// Verbs about objects: get, describe, query, delete, explain.
#include <algorithm>
#include <cstdio>
#include <thread>

#include "base/nearest.h"
#include "contract/deployment_status.h"
#include "contract/explanation.h"
#include "roles/console/commands.h"
#include "roles/console/errors.h"
#include "wire/yaml.h"

namespace muster::console {
namespace {

constexpr Duration kWatchInterval = std::chrono::milliseconds(300);
constexpr Duration kWatchLimit = std::chrono::minutes(30);

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string singular(std::string_view kind) {
  if (kind.ends_with("sses")) return std::string(kind.substr(0, kind.size() - 2));
  if (kind.ends_with("ies")) return std::string(kind.substr(0, kind.size() - 3)) + "y";
  return std::string(kind.ends_with('s') ? kind.substr(0, kind.size() - 1) : kind);
}

std::string step_line(const contract::ExplainStep& step) {
  std::string line = fmt::format("{:<12} {:<34}", contract::to_text(step.state), step.name);
  if (step.at) line += fmt::format(" {}", to_text(*step.at));
  if (!step.cause.empty()) line += fmt::format("  {}", step.cause);
  if (step.next_retry) line += fmt::format("  (next: {})", to_text(*step.next_retry));
  return line;
}

Result<contract::Explanation> ask_explanation(ApiClient& api, const std::string& path) {
  return contract::decode_explanation(TRY(api.get(path)).body);
}

// Prints each step once, when it is done, and the one that waits whenever its cause changes.
Result<bool> watch_explanation(ApiClient& api, const std::string& path, const Clock& clock) {
  const Timestamp limit = clock.now() + kWatchLimit;
  std::vector<std::string> printed;
  for (;;) {
    const auto explanation = TRY(ask_explanation(api, path));
    for (const auto& step : explanation.steps) {
      if (step.state == contract::StepState::NotReached) continue;
      const std::string line = step_line(step);
      const std::string key =
          step.state == contract::StepState::Done ? step.name : step.name + step.cause;
      if (std::find(printed.begin(), printed.end(), key) != printed.end()) continue;
      printed.push_back(key);
      print(printable(line) + "\n");
      std::fflush(stdout);
    }
    if (explanation.ended) return explanation.succeeded;
    if (clock.now() > limit) return fail(kWaitedInVain, "the deployment is still under way");
    std::this_thread::sleep_for(kWatchInterval);
  }
}

TextTable steps_table(const contract::Explanation& explanation) {
  TextTable table{{"STATE", "STEP", "AT", "CAUSE", "NEXT"}, {}};
  for (const auto& step : explanation.steps)
    table.rows.push_back({std::string(contract::to_text(step.state)), step.name,
                          step.at ? to_text(*step.at) : "", step.cause,
                          step.next_retry ? to_text(*step.next_retry) : ""});
  return table;
}

}  // namespace

Result<std::string> plural_kind(std::string_view kind) {
  for (const std::string_view known : contract::api_kinds())
    if (kind == known || kind == singular(known)) return std::string(known);
  const auto near = nearest(kind, contract::api_kinds());
  return fail(kUsage, "kind '{}' is not known{}", kind,
              near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

Result<void> get(const Session& session, const std::string& kind, const std::string& name,
                 Format format) {
  const std::string plural = TRY(plural_kind(kind));
  auto api = TRY(sign_in(session));
  std::vector<wire::Node> items;
  if (plural == "files") {
    if (name.empty()) return fail(kUsage, "name the device whose files are wanted");
    items = TRY(api.list(fmt::format("devices/{}/files", path_part(name))));
  } else if (name.empty()) {
    items = TRY(api.list(plural));
  } else {
    const auto answer = TRY(api.get(fmt::format("/api/v1/{}/{}", plural, path_part(name))));
    wire::Node node = TRY(wire::node_from_json(answer.body, {.bytes = 1u << 30}));
    // A device comes with its inventory; a list shows the device alone.
    const wire::Node* device = plural == "devices" ? node.find(contract::kDeviceMember) : nullptr;
    items.push_back(device ? *device : node);
  }
  print(render_items(items, plural, format));
  return {};
}

namespace {

// Who is in which state, those of one state together.
Result<void> print_devices_of(ApiClient& api, const std::string& deployment,
                              const std::string& state) {
  const std::string filter = state.empty() ? "" : "&state=" + path_part(state);
  TextTable table{contract::deployment_device_headings(), {}};
  for (const wire::Node& item :
       TRY(api.list(fmt::format("deployments/{}/devices", path_part(deployment)), filter)))
    table.rows.push_back(contract::deployment_device_row(item));
  std::ranges::stable_sort(table.rows, {}, [](const auto& row) { return row.front(); });
  print("devices:\n" + render_table(table));
  return {};
}

}  // namespace

Result<void> describe(const Session& session, const std::string& kind, const std::string& name,
                      const std::string& state) {
  const std::string plural = TRY(plural_kind(kind));
  if (!state.empty() && plural != "deployments")
    return fail(kUsage, "--state is for deployments alone");
  auto api = TRY(sign_in(session));
  const auto answer = TRY(api.get(fmt::format("/api/v1/{}/{}", plural, path_part(name))));
  const wire::Node node = TRY(wire::node_from_json(answer.body, {.bytes = 1u << 30}));
  const wire::Node* inventory = node.find(contract::kInventoryMember);
  if (!inventory) {
    print(wire::emit_yaml(node));
    if (plural == "deployments") return print_devices_of(api, name, state);
    return {};
  }
  if (const wire::Node* device = node.find(contract::kDeviceMember))
    print(wire::emit_yaml(*device));
  // Where each value comes from, and who says otherwise with the same precedence.
  if (const wire::Node* agent = node.find(contract::kAgentMember))
    print(render_table(table_of(agent->items, contract::agent_columns(), true)));
  for (const wire::NodeMember& each : inventory->members) {
    print(fmt::format("{}: {} row{}\n", each.key, each.value.items.size(),
                      each.value.items.size() == 1 ? "" : "s"));
    // Long lists are for queries; short ones tell what the machine is.
    if (each.value.items.size() > 8) continue;
    for (const wire::Node& row : each.value.items) {
      std::string line = "  -";
      for (const wire::NodeMember& value : row.members)
        line += fmt::format(" {}={}", value.key, value.value.text);
      print(render_table({{line}, {}}));
    }
  }
  return {};
}

Result<void> query(const Session& session, const std::string& text, Format format) {
  auto api = TRY(sign_in(session));
  const auto answer = TRY(api.send("POST", "/api/v1/query", contract::encode_query_request(text)));
  if (format == Format::Json) {
    print(answer.body + "\n");
    return {};
  }
  if (format == Format::Yaml) {
    print(wire::emit_yaml(TRY(wire::node_from_json(answer.body, {.bytes = 1u << 30}))));
    return {};
  }
  const auto table = TRY(contract::decode_query_answer(answer.body));
  const TextTable out{table.columns, table.rows};
  print(format == Format::Csv ? render_csv(out) : render_table(out));
  return {};
}

Result<void> remove(const Session& session, const std::string& kind, const std::string& name,
                    bool dry_run) {
  const std::string plural = TRY(plural_kind(kind));
  auto api = TRY(sign_in(session));
  TRY(api.send(
      "DELETE",
      fmt::format("/api/v1/{}/{}{}", plural, path_part(name), dry_run ? "?dryRun=true" : ""), {}));
  print(
      fmt::format("{} {} {}\n", singular(plural), name, dry_run ? "would be deleted" : "deleted"));
  return {};
}

Result<void> change_admission(const Session& session, const std::string& action,
                              const std::string& kind, const std::string& name) {
  auto api = TRY(sign_in(session));
  TRY(api.send("POST", fmt::format("/api/v1/{}s/{}/{}", kind, path_part(name), action), {}));
  print(fmt::format("{} {}: {} done\n", kind, name, action));
  return {};
}

Result<bool> explain(const Session& session, const std::string& device,
                     const std::string& deployment, bool watch, Format format) {
  auto api = TRY(sign_in(session));
  const std::string path =
      fmt::format("/api/v1/explain/{}/{}", path_part(device), path_part(deployment));
  if (watch) return watch_explanation(api, path, session.clock);
  const auto answer = TRY(api.get(path));
  const auto explanation = TRY(contract::decode_explanation(answer.body));
  switch (format) {
    case Format::Json:
      print(answer.body + "\n");
      break;
    case Format::Yaml:
      print(wire::emit_yaml(TRY(wire::node_from_json(answer.body))));
      break;
    case Format::Csv:
      print(render_csv(steps_table(explanation)));
      break;
    default:
      print(render_table(steps_table(explanation)));
  }
  return true;
}

Result<void> replay(const Session& session, const std::string& number) {
  auto api = TRY(sign_in(session));
  TRY(api.send("POST", fmt::format("/api/v1/quarantine/{}/replay", path_part(number)), {}));
  print(fmt::format("message {} was taken\n", number));
  return {};
}

}  // namespace muster::console
