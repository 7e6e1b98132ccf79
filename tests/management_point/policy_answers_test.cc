#include "roles/management_point/policy_answers.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "contract/policy_bodies.h"
#include "tests/site_server/some_certificate.h"

namespace muster::management_point {
namespace {

const Timestamp kNow{1'790'000'000'000};

class PolicyAnswers : public testing::Test {
 protected:
  void SetUp() override {
    site_.reset(new hosting::Site{.config = {.site = *model::SiteCode::parse("P01")},
                                  .settings = Settings({}),
                                  .clock = clock_,
                                  .random = random_,
                                  .database = {},
                                  .inbox = {},
                                  .content = {},
                                  .signer = hosting::SignerClient("", clock_),
                                  .ca = site_server::some_certificate(),
                                  .policy_public_key = {}});
    for (const char* text : {"one", "two", "three"})
      site_->shelf.put_body(sha256_hex(text), std::make_shared<const Bytes>(text));
    publish({"one", "two"});
  }
  void publish(std::vector<std::string> bodies) {
    auto header = std::make_shared<hosting::ShelvedHeader>();
    for (const std::string& each : bodies) header->bodies.push_back(sha256_hex(each));
    site_->shelf.put_header(peer_.id, header, clock_.now());
  }
  net::Response ask(const std::string& names) {
    net::Request request;
    hosting::Call call{request, &peer_, {names}, clock_.now()};
    return answer_policy_bodies(*site_, call);
  }
  static std::string named(std::vector<std::string> bodies) {
    for (std::string& each : bodies) each = sha256_hex(each);
    return contract::encode_body_names(bodies);
  }
  // The documents of a good answer.
  std::vector<Bytes> documents(const std::vector<std::string>& bodies) {
    const auto response = ask(named(bodies));
    EXPECT_EQ(response.status, 200);
    if (response.status != 200) return {};
    return contract::decode_policy_bodies(std::get<Bytes>(response.body)).value();
  }

  ManualClock clock_{kNow};
  SeededRandom random_{1};
  trust::PeerIdentity peer_{trust::PeerKind::Device, "00112233445566778899aabbccddeeff", nullptr};
  std::unique_ptr<hosting::Site> site_;
};

TEST_F(PolicyAnswers, SeveralBodiesComeInTheOrderInWhichTheyWereAskedFor) {
  EXPECT_EQ(documents({"two", "one"}), (std::vector<Bytes>{"two", "one"}));
}

TEST_F(PolicyAnswers, OneBodyThatTheCallersHeaderDoesNotNameRefusesAll) {
  EXPECT_EQ(ask(named({"one", "three"})).status, 403);
  EXPECT_EQ(ask(named({"three", "one"})).status, 403);
  peer_.id[0] = '1';
  EXPECT_EQ(ask(named({"one", "two"})).status, 403);
}

TEST_F(PolicyAnswers, WhatIsNotAListOfNamesIsRefused) {
  for (const std::string& text : {std::string(), std::string("one"), named({"one"}) + "."})
    EXPECT_EQ(ask(text).status, 400);
}

TEST_F(PolicyAnswers, TheBodiesOfTheHeaderBeforeAreServedForAMoment) {
  publish({"two", "three"});
  EXPECT_EQ(documents({"one", "two"}), (std::vector<Bytes>{"one", "two"}));
  clock_.advance(hosting::kFormerBodiesTime);
  EXPECT_EQ(ask(named({"one", "two"})).status, 403);
  EXPECT_EQ(documents({"three", "two"}), (std::vector<Bytes>{"three", "two"}));
}

}  // namespace
}  // namespace muster::management_point
