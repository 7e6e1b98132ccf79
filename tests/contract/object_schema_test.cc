// No field of an object is forgotten: the samples have every key that the codecs take, every value
// can change, and a change of each is told by its path.
#include "tests/contract/object_schema.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/os/file.h"
#include "contract/objects/changes.h"
#include "contract/objects/object.h"

namespace muster::contract {
namespace {

using wire::Node;

constexpr const char* kSchema = "api/objects.schema.json";
// A value that has only one spelling, and those that the site or the command gives.
bool is_fixed(const std::string& path) {
  return path == "apiVersion" || path == "kind" || path == "metadata.name" ||
         path == "spec.purpose";
}

// One key a line, so that a change of the schema reads as one.
std::string laid_out(const std::string& json) {
  std::string out;
  int depth = 0;
  bool quoted = false, flat = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"' && (i == 0 || json[i - 1] != '\\')) quoted = !quoted;
    if (quoted) {
      out += c;
    } else if (c == '[') {
      flat = json[i + 1] != '{';
      out += c;
      if (!flat) out += '\n' + std::string(static_cast<std::size_t>(++depth), ' ');
    } else if (c == ']') {
      if (!flat) out += '\n' + std::string(static_cast<std::size_t>(--depth), ' ');
      flat = false;
      out += c;
    } else if (c == '{') {
      out += "{\n" + std::string(static_cast<std::size_t>(++depth), ' ');
    } else if (c == '}') {
      out += '\n' + std::string(static_cast<std::size_t>(--depth), ' ') + '}';
    } else if (c == ',') {
      out += flat ? std::string(", ") : ",\n" + std::string(static_cast<std::size_t>(depth), ' ');
    } else {
      out += c;
      if (c == ':') out += ' ';
    }
  }
  return out + '\n';
}

void missing_keys(const FieldShape& shape, const std::string& path, const std::string& kind) {
  for (const std::string& key : shape.keys) {
    const std::string at = path.empty() ? key : path + "." + key;
    const FieldShape& member = shape.members.at(key);
    // What only the site gives is checked against the site, never set by a file.
    if (at == "metadata.id" || at == "metadata.site" || at == "metadata.serial") continue;
    const bool seen = !member.kinds.empty() || !member.keys.empty() || member.item;
    EXPECT_TRUE(seen) << kind << ": the codec takes " << at << ", and tests/contract/samples/"
                      << kind << ".json has it nowhere: add it to both samples";
    missing_keys(member, at, kind);
  }
  if (shape.item) missing_keys(*shape.item, path + "[]", kind);
}

// Every place of `first` where `second` has another scalar, as the pair of paths and documents.
void mutations(const Node& first, const Node& second, const std::string& path, Node& at,
               const Node& whole, std::vector<std::pair<std::string, Node>>& out) {
  ASSERT_EQ(first.kind, second.kind) << path;
  if (first.is_scalar()) {
    if (is_fixed(path)) return;
    EXPECT_FALSE(first == second) << path << ": the samples have the same value";
    at = second;
    out.emplace_back(path, whole);
    at = first;
    return;
  }
  ASSERT_EQ(first.items.size(), second.items.size()) << path;
  for (std::size_t i = 0; i < first.items.size(); ++i)
    mutations(first.items[i], second.items[i], fmt::format("{}[{}]", path, i), at.items[i], whole,
              out);
  for (std::size_t i = 0; i < first.members.size(); ++i) {
    const std::string& key = first.members[i].key;
    const Node* other = second.find(key);
    ASSERT_TRUE(other) << path << "." << key << " stands in the first sample alone";
    mutations(first.members[i].value, *other, path.empty() ? key : path + "." + key,
              at.members[i].value, whole, out);
  }
}

TEST(ObjectSchema, EveryKeyThatACodecTakesStandsInTheSamples) {
  const auto all = object_samples();
  ASSERT_EQ(all.size(), object_kinds().size());
  for (const ObjectSamples& samples : all) missing_keys(observed_shape(samples), "", samples.kind);
}

TEST(ObjectSchema, AChangeOfEachFieldIsToldByItsPathAlone) {
  for (const ObjectSamples& samples : object_samples()) {
    Node whole = samples.first;
    std::vector<std::pair<std::string, Node>> changed;
    mutations(samples.first, samples.second, "", whole, whole, changed);
    EXPECT_GE(changed.size(), 3u) << samples.kind;
    const auto before = decode_object(samples.first);
    ASSERT_TRUE(before);
    for (const auto& [path, document] : changed) {
      const auto after = decode_object(document);
      ASSERT_TRUE(after) << samples.kind << " " << path << ": " << after.error().text();
      const auto told = field_changes(encode_object(*before), encode_object(*after), "");
      ASSERT_EQ(told.size(), 1u) << samples.kind << " " << path;
      // A command is kept as the arguments that it is divided into.
      EXPECT_EQ(told[0].path, path.ends_with(".command") ? "spec.programs[1].argv[2]" : path);
    }
  }
}

TEST(ObjectSchema, TellsWhatCameWentAndTurnedIntoAnotherKind) {
  const auto node = [](const char* json) { return *wire::node_from_json(json); };
  const Node before = node(R"({"a": 1, "gone": [1], "list": [1, 2], "turned": "x"})");
  const Node after = node(R"({"list": [1, 3, 4], "a": 1, "turned": {"y": 1}, "came": {"z": 2}})");
  const std::vector<FieldChange> wanted = {{"r.list[1]", "2", "3"},
                                           {"r.list[2]", "", "4"},
                                           {"r.turned", "\"x\"", R"({"y":1})"},
                                           {"r.came", "", R"({"z":2})"},
                                           {"r.gone", "[1]", ""}};
  EXPECT_EQ(field_changes(before, after, "r"), wanted);
  EXPECT_TRUE(field_changes(before, before, "").empty());
}

TEST(GeneratedDocs, TheSchemaOfObjectFilesIsFresh) {
  const std::filesystem::path path = std::filesystem::path(MUSTER_SOURCE_DIR) / kSchema;
  const std::string wanted = laid_out(object_schema());
  if (std::getenv("MUSTER_REGENERATE")) {
    ASSERT_TRUE(os::replace_file(path, wanted, os::FileMode::Public));
    return;
  }
  const auto page = os::read_file(path);
  ASSERT_TRUE(page) << kSchema << " is missing; run tools/check --regenerate";
  EXPECT_TRUE(*page == wanted) << kSchema << " is stale; run tools/check --regenerate";
}

}  // namespace
}  // namespace muster::contract
