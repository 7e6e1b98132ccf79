// Verbs about one device: trigger, and get policy.
#include <cstdio>

#include "contract/policy_view.h"
#include "roles/console/commands.h"
#include "wire/yaml.h"

namespace muster::console {

Result<void> get_policy(const Session& session, const std::string& device, Format format) {
  auto api = TRY(sign_in(session));
  const auto answer = TRY(api.get(fmt::format("/api/v1/devices/{}/policy", path_part(device))));
  const wire::Node node = TRY(wire::node_from_json(answer.body, {.bytes = 1u << 30}));
  std::string out;
  if (format == Format::Json) {
    out = wire::node_to_json(node) + "\n";
  } else if (format == Format::Yaml) {
    out = wire::emit_yaml(node);
  } else {
    const wire::Node* parts = node.find(contract::kPartsMember);
    const auto table = table_of(parts ? parts->items : std::vector<wire::Node>(),
                                contract::policy_columns(), true);
    out = format == Format::Csv ? render_csv(table) : render_table(table);
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return {};
}

Result<void> trigger(const Session& session, const std::string& device, const std::string& cycle) {
  auto api = TRY(sign_in(session));
  const auto answer = TRY(api.send(
      "POST", fmt::format("/api/v1/devices/{}/cycles/{}", path_part(device), path_part(cycle)),
      {}));
  const auto view = TRY(contract::decode_trigger_view(answer.body));
  const std::string text =
      view.told ? fmt::format("{}: told to look at its {} now\n", view.device, view.cycle)
                : fmt::format(
                      "{}: not connected ({}); it is told when it connects or asks for its "
                      "policy, unless the site server is restarted before\n",
                      view.device,
                      view.last_contact ? "last contact " + to_text(*view.last_contact)
                                        : "it was never in contact");
  const std::string shown = printable(text.substr(0, text.size() - 1)) + "\n";
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  return {};
}

Result<void> trigger_collection(const Session& session, const std::string& collection,
                                const std::string& cycle) {
  auto api = TRY(sign_in(session));
  const auto answer = TRY(api.send(
      "POST",
      fmt::format("/api/v1/collections/{}/cycles/{}", path_part(collection), path_part(cycle)),
      {}));
  const auto view = TRY(contract::decode_collection_trigger_view(answer.body));
  const std::string text = fmt::format(
      "{}: {} devices are told to look at their {} now; {} when they connect or ask for "
      "their policy",
      view.collection, view.told, view.cycle, view.waiting);
  const std::string shown = printable(text) + "\n";
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  return {};
}

}  // namespace muster::console
