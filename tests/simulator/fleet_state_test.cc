#include "simulator/fleet_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "contract/enrolment_token.h"
#include "simulator/errors.h"

namespace muster::simulator {
namespace {

using testing::HasSubstr;

class FleetStateTest : public testing::Test {
 protected:
  FleetStateTest() {
    std::string name = testing::TempDir() + "fleet-state-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    for (int i = 0; i < 3; ++i) {
      const auto token = contract::make_enrolment_token(random_, Bytes(32, 'c'), Bytes(32, 'r'));
      passwords_.push_back(token.password());
      tokens_ += contract::to_text(token) + "\n";
    }
  }
  ~FleetStateTest() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path file() const { return folder_ / "clients"; }

  SeededRandom random_{3};
  std::filesystem::path folder_;
  std::string tokens_;
  std::vector<std::string> passwords_;
};

TEST_F(FleetStateTest, ClientsAreMadeOnceAndReadBackAsTheyWere) {
  FleetState state;
  ASSERT_TRUE(add_clients(state, 10, 2, tokens_, random_));
  ASSERT_EQ(state.clients.size(), 2u);
  EXPECT_EQ(state.ca_sha256, Bytes(32, 'c'));
  EXPECT_EQ(state.root_sha256, Bytes(32, 'r'));
  EXPECT_EQ(state.clients[1].number, 11u);
  EXPECT_EQ(state.clients[1].password, passwords_[1]);
  state.clients[0].certificate_pem = "a certificate";
  state.clients[0].password.clear();
  state.clients[0].patches = 4;
  state.clients[0].reported = 3;
  ASSERT_TRUE(save_fleet_state(file(), state));
  auto read = load_fleet_state(file()).value();
  ASSERT_EQ(read.clients.size(), 2u);
  EXPECT_EQ(read.clients[0].device, state.clients[0].device);
  EXPECT_EQ(read.clients[0].key_pem, state.clients[0].key_pem);
  EXPECT_EQ(read.clients[0].certificate_pem, "a certificate");
  EXPECT_EQ(read.clients[0].patches, 4u);
  EXPECT_EQ(read.clients[0].reported, std::optional<std::uint64_t>(3));
  EXPECT_EQ(read.clients[1].reported, std::nullopt);
  // The next run wants one more: it gets a token that nobody has.
  ASSERT_TRUE(add_clients(read, 10, 3, tokens_, random_));
  EXPECT_EQ(read.clients[0].device, state.clients[0].device);
  EXPECT_THAT(passwords_, testing::Contains(read.clients[2].password));
  EXPECT_NE(read.clients[2].password, read.clients[1].password);
}

TEST_F(FleetStateTest, TooFewTokensAreSaidAndThoseMadeAreKept) {
  FleetState state;
  const auto added = add_clients(state, 0, 4, tokens_, random_);
  ASSERT_FALSE(added);
  EXPECT_TRUE(added.error().is(kTooFewTokens));
  EXPECT_EQ(state.clients.size(), 3u);
}

TEST_F(FleetStateTest, AWrongTokenIsRefusedByItsLineAndNotRepeated) {
  FleetState state;
  const auto added = add_clients(state, 0, 1, tokens_ + "MT1.nonsense\n", random_);
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().text(), HasSubstr("line 4"));
  EXPECT_THAT(added.error().text(), testing::Not(HasSubstr("nonsense")));
}

TEST_F(FleetStateTest, AFileThatIsCutOffOrOfSomethingElseIsRefused) {
  EXPECT_TRUE(load_fleet_state(file()).value().clients.empty());
  FleetState state;
  ASSERT_TRUE(add_clients(state, 0, 2, tokens_, random_));
  ASSERT_TRUE(save_fleet_state(file(), state));
  std::ifstream in(file(), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    std::ofstream(file(), std::ios::binary) << whole.substr(0, size);
    EXPECT_FALSE(load_fleet_state(file())) << size;
  }
  for (const std::string& text : {std::string("something else"), whole + "x"}) {
    std::ofstream(file(), std::ios::binary) << text;
    const auto read = load_fleet_state(file());
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().is(kBadFleetState));
    EXPECT_THAT(read.error().text(), HasSubstr(file().string()));
  }
}

}  // namespace
}  // namespace muster::simulator
