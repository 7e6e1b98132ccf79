// Decides what an inventory report says: everything, what changed since the last acknowledged
// one, or nothing. A state machine without I/O; the caller stores its state.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/schema.h"

namespace muster::client {

enum class ReportKind { Nothing, Delta, Full };

struct InventoryReport {
  ReportKind kind = ReportKind::Nothing;
  // Full: all rows. Delta: the rows that are new; a changed row is a removed and an added one.
  std::vector<model::ClassRows> added;
  // Delta only; Volatile columns are absent.
  std::vector<model::ClassRows> removed;
  model::RowSetDigest base;     // Delta only: what the site must hold for it to apply
  model::RowSetDigest current;  // what the site holds afterwards
};

class ReportBuilder {
 public:
  // Nothing was ever acknowledged: the first report is full. `schema` has the classes of the rows.
  explicit ReportBuilder(model::Schema schema) : schema_(std::move(schema)) {}
  // What state() returned once. Error: kBadInventoryState; go on with a fresh one then.
  static Result<ReportBuilder> from_state(ByteView state, model::Schema schema);

  // The report for these rows. Classes that are missing in `collected` (their collector failed)
  // count as unchanged. Volatile columns alone never make a report. Calling it again replaces the
  // report that is under way.
  InventoryReport decide(const std::vector<model::ClassRows>& collected);

  // The site demands a full report; durable with state().
  void demand_resync() { resync_ = true; }
  bool resync_demanded() const { return resync_ || !acknowledged_; }
  // Whether the next report will be full whatever is collected; it wants all classes then.
  bool needs_all_classes() const;

  // The report of `current` was acknowledged: it becomes the base of the next one. Error:
  // kWrongAcknowledgement when no report of this digest is under way; the next one is full then.
  Result<void> acknowledge(const model::RowSetDigest& current);

  // To be stored durably after acknowledge() and demand_resync().
  Bytes state() const;

 private:
  // Per class the encoded identity of each row, and how often it stands there.
  using Rows = std::map<std::string, std::map<Bytes, std::uint32_t>, std::less<>>;

  model::Schema schema_;
  bool acknowledged_ = false;
  bool resync_ = false;
  Rows base_;
  model::RowSetDigest base_digest_;
  std::optional<Rows> pending_;
  model::RowSetDigest pending_digest_;
};

}  // namespace muster::client
