#include "contract/nudge.h"

#include <gtest/gtest.h>

namespace muster::contract {
namespace {

TEST(NudgeDocument, ReadsBackAndRefusesWhatIsOutOfBounds) {
  Nudge nudge{.epoch = 7,
              .look = {"policy", "later-cycle"},
              .after = std::chrono::milliseconds(1500),
              .again = std::chrono::seconds(3),
              .spread = std::chrono::seconds(38)};
  const Bytes text = encode_nudge(nudge);
  EXPECT_EQ(text, R"({"format":1,"epoch":7,"look":["policy","later-cycle"],"after":"PT1.500S",)"
                  R"("again":"PT3S","spread":"PT38S"})");
  EXPECT_EQ(decode_nudge(text).value(), nudge);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode_nudge(ByteView(text).substr(0, size))) << size;
  nudge.after = std::chrono::hours(25);
  EXPECT_FALSE(decode_nudge(encode_nudge(nudge)));
  nudge.after = Duration(0);
  nudge.look.assign(17, "a");
  EXPECT_FALSE(decode_nudge(encode_nudge(nudge)));
  nudge.look = {std::string(65, 'a')};
  EXPECT_FALSE(decode_nudge(encode_nudge(nudge)));
  nudge.look = {""};
  EXPECT_FALSE(decode_nudge(encode_nudge(nudge)));
  nudge.look = {};
  nudge.epoch = (1ull << 53) + 1;
  EXPECT_FALSE(decode_nudge(encode_nudge(nudge)));
}

TEST(NudgeDocument, EpochsOfRequestsAreNumbers) {
  EXPECT_EQ(parse_epoch("0").value(), 0u);
  EXPECT_EQ(parse_epoch("9007199254740992").value(), 1ull << 53);
  for (const char* bad : {"", "-1", "1x", " 1", "9007199254740993", "99999999999999999999"})
    EXPECT_FALSE(parse_epoch(bad)) << bad;
}

TEST(NudgeDocument, TheHeaderOfAPollNamesCycles) {
  model::Cycles cycles;
  EXPECT_EQ(encode_look(cycles), "");
  cycles.add(model::Cycle::Heartbeat);
  cycles.add(model::Cycle::Inventory);
  EXPECT_EQ(encode_look(cycles), "inventory heartbeat");
  EXPECT_EQ(decode_look("inventory heartbeat").value(),
            (std::vector<std::string>{"inventory", "heartbeat"}));
  EXPECT_FALSE(decode_look("a  b")) << "an empty name";
  EXPECT_FALSE(decode_look(std::string(100, 'a')));
}

}  // namespace
}  // namespace muster::contract
