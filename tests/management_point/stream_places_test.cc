#include "roles/management_point/stream_places.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace muster::management_point {
namespace {

class StreamPlacesTest : public ::testing::Test {
 protected:
  contract::EnvelopeHeader header(char stream, std::uint64_t sequence, const Bytes& body = "") {
    contract::EnvelopeHeader out{.sender = device_};
    out.stream = Bytes(16, stream);
    out.sequence = sequence;
    out.body_sha256 = body;
    return out;
  }
  SeededRandom random_{1};
  model::DeviceId device_ = model::DeviceId::make(random_);
};

TEST_F(StreamPlacesTest, RemembersTheLastMessageOfEachStreamOfEachDevice) {
  StreamPlaces places;
  EXPECT_FALSE(places.find(header('a', 1)));
  places.note(header('a', 1, "first"));
  places.note(header('a', 2, "second"));
  places.note(header('b', 7, "other"));
  EXPECT_EQ(places.find(header('a', 9))->sequence, 2);
  EXPECT_EQ(places.find(header('a', 9))->body_sha256, "second");
  EXPECT_EQ(places.find(header('b', 1))->sequence, 7);
  device_ = model::DeviceId::make(random_);
  EXPECT_FALSE(places.find(header('a', 1)));
}

TEST_F(StreamPlacesTest, AnOlderMessageThatEndsLaterTakesNothingBack) {
  StreamPlaces places;
  places.note(header('a', 5, "five"));
  places.note(header('a', 4, "four"));
  EXPECT_EQ(places.find(header('a', 1))->sequence, 5);
  EXPECT_EQ(places.find(header('a', 1))->body_sha256, "five");
}

TEST_F(StreamPlacesTest, BeyondTheLimitTheOneSilentForLongestIsForgotten) {
  StreamPlaces places(2);
  places.note(header('a', 1));
  places.note(header('b', 1));
  places.note(header('a', 2));
  places.note(header('c', 1));
  EXPECT_TRUE(places.find(header('a', 1)));
  EXPECT_FALSE(places.find(header('b', 1)));
  EXPECT_TRUE(places.find(header('c', 1)));
}

}  // namespace
}  // namespace muster::management_point
