#include "roles/console/plan_text.h"

#include <gtest/gtest.h>

namespace muster::console {
namespace {

// Names of devices and systems are what machines said, and they are shown on an operator's
// terminal.
TEST(PlanText, SendsNothingOfAMachineToTheTerminalThatSteersIt) {
  contract::PlanItem item;
  item.kind = "Deployment";
  item.name = "a\x1b[2Jb";
  item.changes.push_back({"spec.\x07x", "\"\x1b]0;title\x07\"", ""});
  item.impact = contract::Impact{};
  item.impact->devices = 2;
  item.impact->systems = {{"Debian\x1b[31m", 2}};
  item.impact->exclusions = {{"excluded with collection c\r", 1}};
  item.impact->sample = {"pc\x1b[31mRED",
                         "pc\xc2\x9b"
                         "2J"};
  const std::string text = plan_line(item) + "\n" + change_lines(item) + impact_lines(item);
  for (const char c : text)
    EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f))
        << static_cast<int>(c);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  EXPECT_NE(text.find("pc?[31mRED, pc?2J"), std::string::npos) << text;
}

}  // namespace
}  // namespace muster::console
