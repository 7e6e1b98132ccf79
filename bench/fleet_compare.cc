// The fleet index's half of fleet_vs_postgres.py, which says what is measured:
//   tables           the classes of the model's devices: "class column type", a line each
//   rows CLASS       their rows as COPY takes them
//   changes ROUND    what the changed devices have of InstalledSoftware after it, as COPY takes it
//   rules KIND       SQL of the fixed or generated rules, a line each
//   measure          figures as "id value" and answers as "answer KIND rule count sum"
// MUSTER_DEVICES, MUSTER_RULES: how many; 100,000 and 1,000.

#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#include "bench/fleet_model.h"
#include "bench/measuring.h"
#include "model/query/parse.h"

using namespace muster;
using bench::cpu_seconds;
using bench::FleetModel;
using bench::must;
using bench::wanted;

namespace {

constexpr fleet::DeviceNumber kChangedDevices = 100;
constexpr std::uint64_t kChangeRounds = 3;

fleet::DeviceNumber devices() {
  return static_cast<fleet::DeviceNumber>(wanted("MUSTER_DEVICES", 100'000));
}
fleet::DeviceNumber changed_device(fleet::DeviceNumber i) {
  return 1 + i * (devices() / kChangedDevices);
}

std::vector<bench::FleetRule> rules(const FleetModel& model, std::string_view kind) {
  if (kind == "fixed") return bench::fixed_rules(model.names());
  std::vector<bench::FleetRule> out;
  for (std::uint64_t i = 0; i < wanted("MUSTER_RULES", 1000); ++i)
    out.push_back(bench::generated_rule(model.names(), i));
  return out;
}

void tables(const FleetModel& model) {
  for (const model::ClassRows& rows : model.device(1).added)
    for (const model::Column& column : rows.type->columns)
      fmt::print("{} {} {}\n", rows.type->name, column.name,
                 column.type == model::ColumnType::Text      ? "text"
                 : column.type == model::ColumnType::Version ? "version"
                                                             : "bigint");
}

void print_rows(fleet::DeviceNumber device, const model::ClassRows& rows) {
  for (const model::Row& row : rows.rows) {
    std::string line = std::to_string(device);
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += '\t';
      if (const auto* number = std::get_if<std::int64_t>(&row[i])) {
        line += std::to_string(*number);
      } else if (const auto* text = std::get_if<std::string>(&row[i])) {
        line += *text;
      } else if (const auto* version = std::get_if<model::Version>(&row[i])) {
        line +=
            version->text + "\t\\\\x" + to_hex(model::version_key(version->scheme, version->text));
      } else {
        line += rows.type->columns[i].type == model::ColumnType::Version ? "\\N\t\\N" : "\\N";
      }
    }
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
}

model::Query query_of(const bench::FleetRule& rule) { return must(model::parse_query(rule.query)); }

void print_answer(std::string_view kind, std::size_t rule, const fleet::DeviceSet& found) {
  std::uint64_t sum = 0;
  found.for_each([&](fleet::DeviceNumber device) { sum += device; });
  fmt::print("answer {} {} {} {}\n", kind, rule, found.size(), sum);
}

void measure_rules(const fleet::Fleet& fleet, const FleetModel& model, std::string_view kind) {
  const auto all = rules(model, kind);
  const std::uint64_t rounds = wanted("MUSTER_ROUNDS", 3);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    std::vector<fleet::DeviceSet> found;
    const double start = cpu_seconds();
    for (const bench::FleetRule& rule : all)
      found.push_back(must(fleet.devices_matching(query_of(rule), FleetModel::kNow)));
    fmt::print("rules.{} {}\n", kind, cpu_seconds() - start);
    if (round > 0) continue;
    for (std::size_t i = 0; i < all.size(); ++i) print_answer(kind, i, found[i]);
  }
  if (std::getenv("MUSTER_EACH") == nullptr) return;
  for (const bench::FleetRule& rule : all) {
    const double start = cpu_seconds();
    must(fleet.devices_matching(query_of(rule), FleetModel::kNow));
    std::fprintf(stderr, "%8.0f us  %s\n", (cpu_seconds() - start) * 1e6, rule.query.c_str());
  }
}

void measure() {
  const FleetModel model(FleetModel::package_names());
  fleet::Fleet fleet;
  for (fleet::DeviceNumber device = 1; device <= devices(); ++device)
    must(fleet.apply(model.device(device), FleetModel::kNow));
  measure_rules(fleet, model, "fixed");
  measure_rules(fleet, model, "generated");
  const auto generated = rules(model, "generated");
  const auto id = [](std::size_t rule) { return fmt::format("c{}", rule); };
  for (std::size_t i = 0; i < generated.size(); ++i)
    must(fleet.set_collection(id(i), {{query_of(generated[i])}, {}, {}}, FleetModel::kNow));
  for (std::uint64_t round = 0; round < kChangeRounds; ++round) {
    std::vector<fleet::DeviceChange> changes;
    for (fleet::DeviceNumber i = 0; i < kChangedDevices; ++i)
      changes.push_back(model.update(changed_device(i), round));
    std::size_t moved = 0;
    const double start = cpu_seconds();
    for (const fleet::DeviceChange& change : changes)
      moved += must(fleet.apply(change, FleetModel::kNow)).size();
    fmt::print("incremental {}\nmoved {}\n", cpu_seconds() - start, moved);
  }
  for (std::size_t i = 0; i < generated.size(); ++i)
    print_answer("changed", i, fleet::DeviceSet(must(fleet.members(id(i)))));
}

}  // namespace

int main(int count, char** words) {
  // Without words it is no bench of its own: the other half asks it.
  const std::string_view what = count > 1 ? words[1] : "";
  if (what == "measure") {
    measure();
    return 0;
  }
  if (what != "tables" && what != "rules" && what != "rows" && what != "changes") return 0;
  const FleetModel model(FleetModel::package_names());
  if (what == "tables") {
    tables(model);
  } else if (what == "rules" && count > 2) {
    for (const bench::FleetRule& rule : rules(model, words[2])) fmt::print("{}\n", rule.sql);
  } else if (what == "rows" && count > 2) {
    for (fleet::DeviceNumber device = 1; device <= devices(); ++device)
      print_rows(device, model.rows(words[2], device));
  } else if (what == "changes" && count > 2) {
    const std::uint64_t patches = std::strtoull(words[2], nullptr, 10) + 1;
    for (fleet::DeviceNumber i = 0; i < kChangedDevices; ++i)
      print_rows(changed_device(i), model.software_after(changed_device(i), patches));
  }
  return 0;
}
