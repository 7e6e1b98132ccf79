#include "fleet/predicates.h"

#include <algorithm>

#include "base/check.h"
#include "fleet/row_selector.h"

namespace muster::fleet {
namespace {

using model::BoundExpression;
using model::Expression;

// No condition of a predicate asks for the time.
constexpr Timestamp kNoTime{0};

void append_text(std::string& out, std::string_view text) {
  out += fmt::format("{}:", text.size());
  out += text;
}

// Equal keys, equal answers.
void append_key(std::string& out, const BoundExpression& expression) {
  out += fmt::format("({} ", static_cast<int>(expression.kind));
  const model::BoundCondition& condition = expression.condition;
  if (expression.kind == Expression::Kind::Condition) {
    out += fmt::format("{} {} {}", condition.column, static_cast<int>(condition.type),
                       static_cast<int>(condition.comparison));
    for (const model::BoundLiteral& literal : condition.literals) {
      out += fmt::format(" {} ", literal.number);
      append_text(out, literal.text);
    }
  }
  for (const BoundExpression& part : expression.parts) append_key(out, part);
  out += ')';
}

std::string key_of(const RowCondition& condition) {
  std::string out(condition.type->name);
  for (const BoundExpression& filter : condition.filters) append_key(out, filter);
  return out;
}

bool is_any_row(const RowCondition& condition) { return condition.filters.empty(); }

// A text that a column of each satisfying row equals, where there is one.
const model::BoundCondition* find_text(const RowCondition& condition) {
  for (const BoundExpression& filter : condition.filters)
    if (filter.kind == Expression::Kind::Condition &&
        filter.condition.type == model::ColumnType::Text &&
        filter.condition.comparison == model::Comparison::Equal &&
        filter.condition.column != model::kDeviceColumn)
      return &filter.condition;
  return nullptr;
}

// What is absent is an empty text to a comparison.
std::string_view text_of(const model::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

template <typename Container, typename Value>
std::size_t place_in(const Container& sorted, const Value& value) {
  return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), value) -
                                  sorted.begin());
}

}  // namespace

Predicates::Predicates(const DeviceRows& rows) : rows_(rows), classes_(rows.tables().size()) {}

void Predicates::classes_changed(const std::vector<std::size_t>& places) {
  classes_.resize(rows_.tables().size());
  for (const std::size_t place : places) {
    MUSTER_CHECK(classes_[place].others.empty() && !classes_[place].any_row);
    classes_[place] = {};
  }
}

std::vector<PredicateNumber>& Predicates::place_of(const Predicate& predicate) {
  ClassIndex& index = classes_[predicate.class_index];
  const model::BoundCondition* text = find_text(predicate.condition);
  return text == nullptr ? index.others : index.by_text[text->column][text->literals[0].text];
}

void Predicates::enter(PredicateNumber number) {
  const Predicate& predicate = predicates_[number];
  if (is_any_row(predicate.condition)) {
    classes_[predicate.class_index].any_row = number;
    return;
  }
  place_of(predicate).push_back(number);
  const RowTable& table = rows_.tables()[predicate.class_index];
  for (const RowNumber row : matching_rows(table, predicate.condition.filters, kNoTime))
    join_row(number, row);
}

void Predicates::leave(PredicateNumber number) {
  const Predicate& predicate = predicates_[number];
  ClassIndex& index = classes_[predicate.class_index];
  if (is_any_row(predicate.condition)) {
    index.any_row.reset();
    return;
  }
  std::erase(place_of(predicate), number);
  predicate.rows.for_each(
      [&](RowNumber row) { index.of_row[row].erase(place_in(index.of_row[row], number)); });
}

PredicateNumber Predicates::take(const RowCondition& condition) {
  const auto [entry, is_new] = by_key_.try_emplace(key_of(condition), PredicateNumber{0});
  if (!is_new) {
    ++predicates_[entry->second].users;
    return entry->second;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<PredicateNumber>(predicates_.size()));
    predicates_.emplace_back();
  }
  const PredicateNumber number = free_.back();
  free_.pop_back();
  entry->second = number;
  Predicate& predicate = predicates_[number];
  predicate = {condition, rows_.place_of(*condition.type), {}, 1, entry};
  enter(number);
  return number;
}

void Predicates::let_go(PredicateNumber number) {
  Predicate& predicate = predicates_[number];
  MUSTER_CHECK(predicate.users > 0);
  if (--predicate.users > 0) return;
  leave(number);
  by_key_.erase(predicate.entry);
  predicate = {};
  free_.push_back(number);
}

void Predicates::join_row(PredicateNumber number, RowNumber row) {
  Predicate& predicate = predicates_[number];
  auto& of_row = classes_[predicate.class_index].of_row;
  if (of_row.size() <= row) of_row.resize(std::size_t{row} + 1 + row / 4);
  if (predicate.rows.insert(row)) of_row[row].insert(place_in(of_row[row], number), number);
}

void Predicates::add_row(std::size_t class_index, RowNumber row) {
  ClassIndex& index = classes_[class_index];
  const RowTable& table = rows_.tables()[class_index];
  RowSelector selector(table, {}, kNoTime, RowSelector::Verdicts::Once);
  const model::RowView view = selector.view_of(row);
  const auto try_each = [&](const std::vector<PredicateNumber>& numbers) {
    for (const PredicateNumber number : numbers)
      if (std::ranges::all_of(predicates_[number].condition.filters, [&](const auto& filter) {
            return model::test(filter, view, kNoTime) == model::Truth::Yes;
          }))
        join_row(number, row);
  };
  try_each(index.others);
  for (const auto& [column, texts] : index.by_text) {
    const model::Value& value = table.value(row, column - 1);
    const auto found = texts.find(text_of(value));
    if (found != texts.end()) try_each(found->second);
  }
}

void Predicates::drop_row(std::size_t class_index, RowNumber row) {
  auto& of_row = classes_[class_index].of_row;
  if (row >= of_row.size()) return;
  for (const PredicateNumber number : of_row[row]) predicates_[number].rows.erase(row);
  of_row[row] = {};
}

std::vector<PredicateNumber> Predicates::satisfied_by(std::size_t class_index,
                                                      const std::vector<RowNumber>& rows) const {
  std::vector<PredicateNumber> out;
  const auto& of_row = classes_[class_index].of_row;
  for (const RowNumber row : rows)
    if (row < of_row.size()) out.insert(out.end(), of_row[row].begin(), of_row[row].end());
  if (rows.size() < 2) return out;  // sorted as it stands
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// One of which the device lost a row and gained another held before and holds now.
std::vector<PredicateNumber> Predicates::rows_changed(const DeviceDelta& delta) {
  std::vector<PredicateNumber> out;
  for (std::size_t i = 0; i < delta.classes.size(); ++i) {
    const ClassDelta& rows = delta.classes[i];
    for (const RowNumber row : rows.created) add_row(i, row);
    std::ranges::set_symmetric_difference(satisfied_by(i, rows.gained), satisfied_by(i, rows.lost),
                                          std::back_inserter(out));
    if (rows.is_first_or_last && classes_[i].any_row) out.push_back(*classes_[i].any_row);
    for (const RowNumber row : rows.freed) drop_row(i, row);
  }
  std::ranges::sort(out);
  return out;
}

bool Predicates::holds(PredicateNumber number, DeviceFacts& device) const {
  const Predicate& predicate = predicates_[number];
  const auto& own = device.row_numbers(predicate.class_index);
  if (is_any_row(predicate.condition)) return !own.empty();
  if (predicate.rows.size() > own.size())
    return std::ranges::any_of(own, [&](RowNumber row) { return predicate.rows.contains(row); });
  bool found = false;
  predicate.rows.for_each(
      [&](RowNumber row) { found = found || std::ranges::binary_search(own, row); });
  return found;
}

void Predicates::join_devices(PredicateNumber number, NumberBits& bits) const {
  const Predicate& predicate = predicates_[number];
  const RowTable& table = rows_.tables()[predicate.class_index];
  if (is_any_row(predicate.condition)) {
    table.devices().join_to(bits);
    return;
  }
  predicate.rows.for_each([&](RowNumber row) { table.devices(row).join_to(bits); });
}

}  // namespace muster::fleet
