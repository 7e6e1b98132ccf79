#include "roles/client/notices/notice_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roles/client/notices/errors.h"

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::IsEmpty;

// A board with one thing that is to happen, and a clock that is moved by hand.
struct NoticeBoardTest : testing::Test {
  NoticeBoard board;
  ManualClock clock{Timestamp{1'790'000'000'000}};
  Expected what{.id = "editor", .text = "program install of editor 1.0"};
  NoticeBoard::Users users{"ada"};

  Moment moment() const { return {clock.now(), clock.steady()}; }
  NoticeActions look() { return board.look({what}, users, moment()); }

  // When it told users, as time before its own, until it went on or `limit` had passed.
  std::vector<Duration> tellings(Duration limit) {
    std::vector<Duration> out;
    const Duration end = clock.steady() + limit;
    while (clock.steady() <= end) {
      if (clock.now() >= what.at) what.ripe = true;
      const auto actions = look();
      for (const Tell& tell : actions.tell)
        if (tell.reason != TellReason::Countdown) out.push_back(what.at - clock.now());
      if (!actions.go_on.empty()) return out;
      clock.advance(board.next(moment()).value_or(minutes(1)));
    }
    return out;
  }
};

TEST_F(NoticeBoardTest, RemindsEveryThreeHoursThenEveryHourThenEveryQuarter) {
  what.at = clock.now() + hours(31);
  std::vector<Duration> wanted{hours(31), hours(28), hours(25)};
  for (int hour = 24; hour >= 1; --hour) wanted.push_back(hours(hour));
  for (int quarter = 3; quarter >= 1; --quarter) wanted.push_back(minutes(15 * quarter));
  EXPECT_EQ(tellings(hours(40)), wanted);
}

TEST_F(NoticeBoardTest, CountsDownWhenItsTimeHasComeAndThenGoesOn) {
  what.at = clock.now();
  what.ripe = true;
  const auto first = look();
  ASSERT_EQ(first.tell.size(), 1u);
  EXPECT_EQ(first.tell[0].reason, TellReason::Countdown);
  EXPECT_THAT(first.tell[0].text, HasSubstr("in 5 minutes"));
  EXPECT_THAT(first.go_on, IsEmpty());
  EXPECT_EQ(board.next(moment()), Duration(minutes(5)));
  clock.advance(minutes(5) - Duration(1));
  EXPECT_THAT(look().go_on, IsEmpty());
  clock.advance(Duration(1));
  const auto last = look();
  ASSERT_EQ(last.go_on.size(), 1u);
  EXPECT_FALSE(last.go_on[0].asked);
  // Once.
  EXPECT_THAT(look().go_on, IsEmpty());
  EXPECT_THAT(board.shown({}, moment()), IsEmpty());
}

TEST_F(NoticeBoardTest, AsksNobodyWhereNobodyIsLoggedOn) {
  users = {};
  what.at = clock.now() + hours(2);
  EXPECT_THAT(look().tell, IsEmpty());
  EXPECT_EQ(board.next(moment()), std::nullopt);
  clock.advance(hours(2));
  what.ripe = true;
  EXPECT_EQ(look().go_on.size(), 1u);
}

TEST_F(NoticeBoardTest, TellsAUserWhoLogsOnLaterAndGoesOnWhenAllHaveLoggedOff) {
  users = {};
  what.at = clock.now() + hours(2);
  look();
  users = {"ada"};
  clock.advance(minutes(30));
  EXPECT_EQ(look().tell.size(), 1u);
  clock.advance(minutes(90));
  what.ripe = true;
  EXPECT_THAT(look().go_on, IsEmpty());
  users = {};
  EXPECT_EQ(look().go_on.size(), 1u);
}

TEST_F(NoticeBoardTest, IsPutOffUntilTheTimeThatTheUserNamesAndNoFartherThanItsOwn) {
  what.at = clock.now() + hours(5);
  look();
  EXPECT_EQ(board.put_off("editor", {}, hours(2), moment()).value(), clock.now() + hours(2));
  clock.advance(hours(2) - Duration(1));
  EXPECT_THAT(look().tell, IsEmpty());
  clock.advance(Duration(1));
  EXPECT_EQ(look().tell.size(), 1u);
  EXPECT_EQ(board.put_off("editor", {}, hours(100), moment()).value(), what.at);
  EXPECT_TRUE(board.put_off("other", {}, {}, moment()).error().is(kNoNotice));
  clock.advance(hours(3));
  what.ripe = true;
  EXPECT_EQ(look().tell.size(), 1u);
  EXPECT_TRUE(board.put_off("editor", {}, {}, moment()).error().is(kNoPuttingOff));
}

TEST_F(NoticeBoardTest, GoesOnAtOnceWhenAUserWantsItAndOnlyOnce) {
  what.at = clock.now() + hours(5);
  look();
  const auto now = board.go_on_now("editor", moment());
  ASSERT_TRUE(now);
  ASSERT_EQ(now->go_on.size(), 1u);
  EXPECT_TRUE(now->go_on[0].asked);
  EXPECT_FALSE(now->go_on[0].ripe);
  EXPECT_TRUE(board.go_on_now("editor", moment()).error().is(kNoNotice));
  clock.advance(hours(5));
  what.ripe = true;
  EXPECT_THAT(look().go_on, IsEmpty());
}

TEST_F(NoticeBoardTest, ComesAgainAtItsOwnTimeThoughAUserHadItEarly) {
  what.at = clock.now() + hours(5);
  look();
  ASSERT_TRUE(board.go_on_now("editor", moment()));
  EXPECT_THAT(look().tell, IsEmpty());
  clock.advance(hours(5));
  what.ripe = true;
  ASSERT_EQ(look().tell.size(), 1u) << "it runs daily, say, and its next time has come";
  clock.advance(minutes(5));
  ASSERT_EQ(look().go_on.size(), 1u);
  EXPECT_THAT(look().go_on, IsEmpty());
}

TEST_F(NoticeBoardTest, IsPutOffForWhoAsksForThatAndForNobodyElse) {
  users = {"ada", "grace"};
  what.at = clock.now() + hours(5);
  ASSERT_EQ(look().tell.size(), 1u) << "both at once";
  ASSERT_TRUE(board.put_off("editor", "ada", hours(4), moment()));
  EXPECT_TRUE(board.shown("ada", moment()).at(0).put_off_until);
  EXPECT_FALSE(board.shown("grace", moment()).at(0).put_off_until);
  EXPECT_TRUE(board.shown({}, moment()).at(0).put_off_until);
  clock.advance(hours(1));
  const auto reminded = look();
  ASSERT_EQ(reminded.tell.size(), 1u);
  EXPECT_EQ(reminded.tell[0].users, std::vector<std::string>{"grace"});
  clock.advance(hours(3));
  const auto both = look();
  ASSERT_EQ(both.tell.size(), 1u);
  EXPECT_EQ(both.tell[0].users, (std::vector<std::string>{"ada", "grace"}));
  users.insert("joan");
  const auto later = look();
  ASSERT_EQ(later.tell.size(), 1u);
  EXPECT_EQ(later.tell[0].users, std::vector<std::string>{"joan"});
  EXPECT_EQ(later.tell[0].reason, TellReason::Announced);
}

TEST_F(NoticeBoardTest, CountsDownInItsOwnTimeWhateverHappensToTheClock) {
  for (const Duration jump : {Duration(hours(24 * 365 * 5)), -Duration(hours(24 * 365 * 5)),
                              Duration(hours(3)), -Duration(hours(3))}) {
    board = NoticeBoard();
    what.at = clock.now();
    what.ripe = true;
    look();
    clock.advance(minutes(2));
    clock.jump(jump);
    EXPECT_THAT(look().go_on, IsEmpty());
    EXPECT_EQ(board.next(moment()), Duration(minutes(3)));
    clock.advance(minutes(3));
    EXPECT_EQ(look().go_on.size(), 1u);
  }
}

TEST_F(NoticeBoardTest, DoesNotFloodUsersWhenTheClockIsSet) {
  what.at = clock.now() + hours(30);
  look();
  clock.jump(-hours(24 * 365));
  EXPECT_THAT(look().tell, IsEmpty());
  EXPECT_EQ(board.next(moment()), Duration(hours(3)));
}

TEST_F(NoticeBoardTest, PromisesNoRestartThatSomebodyElseHasToMake) {
  what.kind = NoticeKind::Restart;
  what.by_hand = true;
  what.at = clock.now() + hours(3);
  const auto first = look();
  ASSERT_EQ(first.tell.size(), 1u);
  EXPECT_THAT(first.tell[0].text, HasSubstr("has to be restarted within 3 hours"));
  clock.advance(hours(3));
  what.ripe = true;
  const auto last = look();
  EXPECT_THAT(last.tell, IsEmpty());
  EXPECT_EQ(last.go_on.size(), 1u);
}

TEST_F(NoticeBoardTest, ForgetsTheCountdownOfWhatIsNotReadyAnyMore) {
  what.at = clock.now();
  what.ripe = true;
  look();
  clock.advance(minutes(4));
  what.ripe = false;  // the maintenance window closed
  look();
  what.ripe = true;
  const auto again = look();
  EXPECT_EQ(again.tell.size(), 1u);
  EXPECT_EQ(board.next(moment()), Duration(minutes(5)));
}

TEST_F(NoticeBoardTest, TellsAnewWhenItComesAgainAtAnotherTime) {
  what.at = clock.now() + hours(5);
  look();
  (void)board.go_on_now("editor", moment());
  what.at = clock.now() + hours(29);
  EXPECT_EQ(look().tell.size(), 1u);
}

}  // namespace
}  // namespace muster::client
