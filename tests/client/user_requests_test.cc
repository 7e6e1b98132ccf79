#include "roles/client/software/user_requests.h"

#include <gtest/gtest.h>

namespace muster::client {
namespace {

using Admission = UserRequests::Admission;
constexpr Duration kStart = std::chrono::seconds(5);

void spend(UserRequests& requests, std::uint32_t user) {
  for (std::size_t i = 0; i < UserRequests::kMost; ++i)
    EXPECT_EQ(requests.admit(user, kStart), Admission::Admitted) << i;
}

TEST(UserRequests, RefusesOneTooManyAndSaysOnceThatItIsTheFirst) {
  UserRequests requests;
  spend(requests, 1000);
  EXPECT_EQ(requests.admit(1000, kStart), Admission::FirstRefused);
  EXPECT_EQ(requests.admit(1000, kStart), Admission::Refused);
}

TEST(UserRequests, CountsEachUserAlone) {
  UserRequests requests;
  spend(requests, 1000);
  EXPECT_EQ(requests.admit(1000, kStart), Admission::FirstRefused);
  EXPECT_EQ(requests.admit(1001, kStart), Admission::Admitted);
}

// What was refused does not count, or who asks on would never be admitted again.
TEST(UserRequests, AdmitsAgainWhenTheTimeIsOver) {
  UserRequests requests;
  spend(requests, 1000);
  const Duration later = kStart + UserRequests::kWithin;
  EXPECT_EQ(requests.admit(1000, later - Duration(1)), Admission::FirstRefused);
  EXPECT_EQ(requests.admit(1000, later), Admission::Admitted);
}

TEST(UserRequests, ForgetsUsersWhoDoNotAskAnyMore) {
  UserRequests requests;
  for (std::uint32_t user = 1; user <= 100; ++user) requests.admit(user, kStart);
  EXPECT_EQ(requests.users(), 100u);
  requests.admit(200, kStart + UserRequests::kWithin);
  EXPECT_EQ(requests.users(), 1u);
}

}  // namespace
}  // namespace muster::client
