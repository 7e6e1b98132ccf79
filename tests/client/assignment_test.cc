#include "roles/client/assignment/assignment.h"

#include <gtest/gtest.h>

#include "base/error_ranges.h"
#include "base/os/file.h"
#include "model/client_states.h"
#include "net/errors.h"
#include "roles/client/errors.h"
#include "tests/client/temporary_folder.h"
#include "trust/errors.h"

namespace muster::client {
namespace {

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");

model::IpAddress address(std::string_view text) { return *model::IpAddress::parse(text); }
model::SiteCode site(std::string_view text) { return *model::SiteCode::parse(text); }

contract::LocatorQuestion question() {
  contract::LocatorQuestion out{Bytes(contract::kNonceBytes, 'n')};
  out.addresses = {address("10.1.0.5")};
  return out;
}

contract::LocatorAnswer answer() {
  contract::LocatorAnswer out{question(), kNow, address("10.1.0.5")};
  out.outcome = contract::LocatorOutcome::Found;
  out.site = site("P01");
  out.site_version = "1.2.0";
  out.management_points = {"https://10.1.0.1:443"};
  return out;
}

TEST(LocatorAnswerCheck, TakesOnlyTheAnswerToItsOwnQuestion) {
  EXPECT_TRUE(check_answer(question(), answer()));
  auto replayed = answer();
  replayed.question.nonce[0] = 'm';
  EXPECT_TRUE(check_answer(question(), replayed).error().is(kAnswerReplayed));
  auto moved = answer();
  moved.question.addresses = {address("10.1.0.6")};
  EXPECT_TRUE(check_answer(question(), moved).error().is(kAnswerToAnother));
  auto coded = answer();
  coded.question.site = site("P01");
  EXPECT_TRUE(check_answer(question(), coded).error().is(kAnswerToAnother));
  auto asked = question();
  asked.site = site("P02");
  auto other = answer();
  other.question = asked;
  EXPECT_TRUE(check_answer(asked, other).error().is(kAnswerOfWrongSite));
}

TEST(LocatorAnswerCheck, EachWayToHaveNoSiteHasItsErrorAndItsState) {
  const auto state_of = [](const contract::LocatorAnswer& given, std::string_view version) {
    const auto made = assignment_of(given, version, kNow);
    return made ? model::kStateAssigned : assignment_state(made.error(), false);
  };
  EXPECT_EQ(state_of(answer(), "1.2.0"), model::kStateAssigned);
  EXPECT_EQ(state_of(answer(), "1.1.9"), model::kStateAssigned);
  EXPECT_EQ(state_of(answer(), "1.10.0"), model::kStateClientNewer);
  auto none = answer();
  none.management_points.clear();
  EXPECT_EQ(state_of(none, "1.2.0"), model::kStateNoManagementPoint);
  none.site.reset();
  none.outcome = contract::LocatorOutcome::NoBoundary;
  EXPECT_EQ(state_of(none, "1.2.0"), model::kStateAutoFailed);
  none.outcome = contract::LocatorOutcome::UnknownSite;
  EXPECT_EQ(state_of(none, "1.2.0"), model::kStateBadSiteCode);
  EXPECT_EQ(assignment_state(Error(kNoLocator, ""), true), model::kStateAutoFailed);
  EXPECT_EQ(assignment_state(Error(kNoLocator, ""), false), model::kStateNoSiteVersion);
  EXPECT_EQ(assignment_state(Error(trust::kBadSignature, ""), true), model::kStateNoSigningKey);
  EXPECT_EQ(assignment_state(Error(kBadState, ""), true), model::kStateAssignmentFailed);
}

TEST(ErrorRanges, HoldTheKindsOfTheirFolderAlone) {
  EXPECT_TRUE(kNetErrors.holds(net::kConnectFailed));
  EXPECT_FALSE(kNetErrors.holds(trust::kBadSignature));
  EXPECT_TRUE(kTrustErrors.holds(trust::kBadSignature));
  EXPECT_FALSE(kTrustErrors.holds(kBadState));
  EXPECT_TRUE(kNetErrors.holds({1200, "", ""}) && kNetErrors.holds({1299, "", ""}));
  EXPECT_FALSE(kNetErrors.holds({1199, "", ""}) || kNetErrors.holds({1300, "", ""}));
}

TEST(AssignmentStore, IsStickyUntilSomebodyAsks) {
  TemporaryFolder folder;
  const AssignmentStore store(folder.path() / "assignment");
  EXPECT_FALSE(*store.load());
  ASSERT_TRUE(store.save_unmanaged(Error(kNoBoundary, "10.1.0.5")));
  EXPECT_NE(store.unmanaged_cause()->find("M2414"), std::string::npos);
  ASSERT_TRUE(store.save(*assignment_of(answer(), "1.2.0", kNow)));
  EXPECT_EQ(*store.unmanaged_cause(), "");
  const auto kept = *store.load();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->site, "P01");
  EXPECT_EQ(kept->at, kNow);
  EXPECT_EQ(kept->management_points, answer().management_points);
  EXPECT_FALSE(store.asked());
  ASSERT_TRUE(store.ask("AUTO"));
  EXPECT_TRUE(store.asked());
  EXPECT_TRUE(*store.load());  // until the client takes the question
  ASSERT_TRUE(store.take_question());
  EXPECT_FALSE(store.asked());
  EXPECT_FALSE(*store.load());
  EXPECT_EQ(*store.site_code(), "AUTO");
}

TEST(AssignmentStore, AQuestionThatAsksForNoSiteIsSetAsideAndTheSiteStays) {
  TemporaryFolder folder;
  const auto file = folder.path() / "assignment" / "wanted";
  const AssignmentStore store(file.parent_path());
  ASSERT_TRUE(store.save(*assignment_of(answer(), "1.2.0", kNow)));
  const auto take_is_refused = [&] {
    EXPECT_TRUE(store.asked());
    EXPECT_FALSE(store.take_question());
    EXPECT_FALSE(store.asked());
    EXPECT_TRUE(os::file_exists(file.string() + ".damaged"));
    EXPECT_TRUE(*store.load());
    EXPECT_EQ(*store.site_code(), "");
  };
  for (const std::string& text : {std::string("P0"), std::string(), std::string(5000, 'A')}) {
    ASSERT_TRUE(os::replace_file(file, text, os::FileMode::Private));
    take_is_refused();
  }
  std::filesystem::create_directories(file / "no" / "file");
  take_is_refused();
  std::filesystem::create_directories(file / "again");
  take_is_refused();
}

TEST(AssignmentStore, ACodeThatNamesNoSiteIsAnError) {
  TemporaryFolder folder;
  const AssignmentStore store(folder.path());
  ASSERT_TRUE(os::replace_file(store.code_file(), "P01\n", os::FileMode::Private));
  EXPECT_TRUE(store.site_code().error().is(kBadState));
}

TEST(AssignmentStore, ACutFileIsAnErrorNotASite) {
  TemporaryFolder folder;
  const AssignmentStore store(folder.path() / "assignment");
  ASSERT_TRUE(store.save(*assignment_of(answer(), "1.2.0", kNow)));
  const auto file = folder.path() / "assignment" / "site";
  const Bytes whole = *os::read_file(file);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_TRUE(os::replace_file(file, ByteView(whole).substr(0, size), os::FileMode::Private));
    EXPECT_FALSE(store.load()) << size;
  }
}

}  // namespace
}  // namespace muster::client
