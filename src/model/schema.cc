#include "model/schema.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "model/errors.h"

namespace muster::model {
namespace {

constexpr std::size_t kLongestName = 63;
constexpr std::size_t kLongestSentence = 200;
// Every query has it: the name of the device whose row it is.
constexpr std::string_view kDeviceName = "Device";

bool is_name(std::string_view name) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_other = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kLongestName && is_capital(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return is_capital(c) || is_other(c); });
}

bool is_sentence(std::string_view text) {
  return text.size() <= kLongestSentence && is_utf8(text) && std::ranges::none_of(text, [](char c) {
           return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f;
         });
}

}  // namespace

struct Schema::Defined {
  explicit Defined(const ClassDefinition& from) : definition(from) {
    for (const ColumnDefinition& column : definition.columns)
      columns.push_back({column.name, column.type, column.kind, column.sentence});
    type = {definition.name, definition.sentence, columns};
  }
  Defined(const Defined&) = delete;
  Defined& operator=(const Defined&) = delete;

  const ClassDefinition definition;
  std::vector<Column> columns;
  InventoryClass type;
};

Result<void> check_class(const ClassDefinition& definition) {
  if (!is_name(definition.name))
    return fail(kBadClass, "class '{}': its name is letters and digits behind a capital letter",
                definition.name.substr(0, 80));
  const auto bad = [&](std::string_view what) {
    return fail(kBadClass, "class {}: {}", definition.name, what);
  };
  if (!is_sentence(definition.sentence)) return bad("its sentence is over 200 bytes or no text");
  if (definition.columns.size() > kMostColumns) return bad("it has over 64 columns");
  std::set<std::string_view> names;
  bool is_kept = false;
  for (const ColumnDefinition& column : definition.columns) {
    if (!is_name(column.name))
      return fail(kBadClass,
                  "class {}: column '{}': its name is letters and digits behind a capital letter",
                  definition.name, column.name.substr(0, 80));
    if (column.name == kDeviceName)
      return bad("a column cannot be called Device: queries have one of that name");
    if (!names.insert(column.name).second)
      return fail(kBadClass, "class {}: column {} stands twice", definition.name, column.name);
    if (!is_sentence(column.sentence))
      return fail(kBadClass, "class {}: column {}: its sentence is over 200 bytes or no text",
                  definition.name, column.name);
    is_kept = is_kept || column.kind != ColumnKind::Volatile;
  }
  if (!is_kept) return bad("it wants a column that is Shared or Unique");
  return {};
}

namespace {

template <typename Columns>
bool extends_columns(const Columns& after, const Columns& before) {
  if (after.size() < before.size()) return false;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (after[i].name != before[i].name || after[i].type != before[i].type ||
        after[i].kind != before[i].kind)
      return false;
  return true;
}

}  // namespace

bool extends(const InventoryClass& after, const InventoryClass& before) {
  return extends_columns(after.columns, before.columns);
}

bool extends(const ClassDefinition& after, const ClassDefinition& before) {
  return extends_columns(after.columns, before.columns);
}

Result<Schema> Schema::with(std::span<const ClassDefinition> definitions) {
  Schema out;
  if (definitions.size() > kMostDefinedClasses)
    return fail(kBadClass, "{} classes; {} are the most", definitions.size(), kMostDefinedClasses);
  for (const ClassDefinition& definition : definitions) {
    TRY(check_class(definition));
    if (out.find(definition.name) != nullptr)
      return fail(kBadClass, "class {}: there is one of this name", definition.name);
    const auto place =
        std::ranges::find_if(out.defined_, [&](const std::shared_ptr<const Defined>& each) {
          return each->definition.name > definition.name;
        });
    out.defined_.insert(place, std::make_shared<const Defined>(definition));
  }
  return out;
}

const InventoryClass* Schema::find(std::string_view name) const {
  if (const InventoryClass* own = find_inventory_class(name)) return own;
  for (const auto& each : defined_)
    if (each->definition.name == name) return &each->type;
  return nullptr;
}

std::vector<const InventoryClass*> Schema::defined() const {
  std::vector<const InventoryClass*> out;
  for (const auto& each : defined_) out.push_back(&each->type);
  return out;
}

std::vector<const InventoryClass*> Schema::classes() const {
  std::vector<const InventoryClass*> out;
  for (const InventoryClass& own : inventory_classes()) out.push_back(&own);
  const auto others = defined();
  out.insert(out.end(), others.begin(), others.end());
  return out;
}

Schema Schema::sharing(const Schema& other) const {
  Schema out;
  for (const auto& each : defined_) {
    const auto same =
        std::ranges::find_if(other.defined_, [&](const std::shared_ptr<const Defined>& known) {
          return known->definition == each->definition;
        });
    out.defined_.push_back(same == other.defined_.end() ? each : *same);
  }
  return out;
}

}  // namespace muster::model
