#include "fleet/device_rows.h"

#include <gtest/gtest.h>

#include "fleet/evaluation.h"
#include "model/query/resolve.h"
#include "tests/fleet/random_query.h"
#include "tests/fleet/samples.h"
#include "tests/fleet/sql_oracle.h"
#include "tests/seed.h"

namespace muster::fleet {
namespace {

using samples::kNow;

std::string answer(const DeviceRows& rows, const model::Query& query) {
  const auto plan = model::resolve(query, rows.schema());
  if (!plan) return plan.error().text();
  const auto found = evaluate(rows, *plan, {.now = kNow, .only = {}, .row_limit = 100'000});
  if (!found) return found.error().text();
  std::string out;
  for (const std::string& line : samples::lines_of({plan->columns, *found})) out += line + "\n";
  return out;
}

DeviceChange random_change(Random& random) {
  const auto device = static_cast<DeviceNumber>(random.below(600));
  return {.device = device,
          .name = "pc" + std::to_string(random.below(1000)),
          .added = samples::random_inventory(random, device),
          .removed = {},
          .updated = {}};
}

struct Pin {
  DeviceRows rows;
  std::vector<model::Query> queries;
  std::vector<std::string> answers;
};

// What readers rely on: they evaluate a copy while the writer goes on.
TEST(DeviceRows, ACopyAnswersAsItDidWhateverBecomesOfTheOther) {
  SeededRandom random(test_seed());
  DeviceRows rows;
  std::vector<Pin> pins;
  std::size_t differing = 0;
  for (int round = 0; round < 12; ++round) {
    for (int change = 0; change < 150; ++change) {
      if (random.below(4) == 0)
        rows.remove(static_cast<DeviceNumber>(random.below(600)));
      else
        ASSERT_TRUE(rows.apply(random_change(random)));
    }
    Pin& pin = pins.emplace_back(Pin{rows, {}, {}});
    for (int i = 0; i < 20; ++i) {
      pin.queries.push_back(samples::QueryMaker(random).make(false));
      pin.answers.push_back(answer(rows, pin.queries.back()));
    }
    for (const Pin& each : pins)
      for (std::size_t i = 0; i < each.queries.size(); ++i) {
        ASSERT_EQ(answer(each.rows, each.queries[i]), each.answers[i]);
        differing += answer(rows, each.queries[i]) != each.answers[i] ? 1 : 0;
      }
    if (pins.size() > 3) pins.erase(pins.begin());
  }
  EXPECT_GT(differing, 100u) << "the rows should have changed meanwhile";
}

}  // namespace
}  // namespace muster::fleet
