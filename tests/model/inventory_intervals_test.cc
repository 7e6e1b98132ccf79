#include "model/inventory_intervals.h"

#include <gtest/gtest.h>

#include "base/errors.h"

namespace muster::model {
namespace {

using std::chrono::hours;

TEST(ClassIntervals, AreReadFromTheSetting) {
  EXPECT_TRUE(parse_class_intervals("")->empty());
  EXPECT_EQ(parse_class_intervals(" Disk PT12H,Service  P1D ").value(),
            (ClassIntervals{{"Disk", hours(12)}, {"Service", hours(24)}}));
}

TEST(ClassIntervals, AreRefusedWithTheNearestName) {
  const auto error = [](std::string_view text) {
    const auto parsed = parse_class_intervals(text);
    return parsed ? std::string("taken") : parsed.error().text();
  };
  EXPECT_NE(error("Disc PT12H").find("did you mean 'Disk'"), std::string::npos);
  EXPECT_NE(error("Disk").find("write 'Disk PT12H'"), std::string::npos);
  EXPECT_NE(error("Disk PT12H, Disk P1D").find("twice"), std::string::npos);
  EXPECT_NE(error("Disk PT59M").find("PT1H to P90D"), std::string::npos);
  EXPECT_NE(error("Disk P91D").find("PT1H to P90D"), std::string::npos);
  for (const char* wrong : {"Disk soon", "Disk PT12H,", ",", "Disk PT12H Service", "disk PT12H"})
    EXPECT_NE(error(wrong), "taken") << wrong;
}

}  // namespace
}  // namespace muster::model
