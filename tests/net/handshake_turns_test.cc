#include "net/handshake_turns.h"

#include <gtest/gtest.h>

#include <array>

namespace muster::net::test {
namespace {

// Connections are only passed on: addresses of bytes serve.
std::array<char, 64> memory;
Connection* at(std::size_t i) { return reinterpret_cast<Connection*>(&memory[i]); }

TEST(HandshakeTurns, OneAddressWithManyHasOneTurnAmongTheOthers) {
  HandshakeTurns turns;
  for (std::size_t i = 0; i < 20; ++i) turns.add("hostile", at(i));
  turns.add("a", at(30));
  turns.add("b", at(40));
  turns.add("a", at(31));
  std::string order;
  for (Connection* next = turns.take(); next != nullptr; next = turns.take())
    order += next == at(30) || next == at(31) ? 'a' : next == at(40) ? 'b' : '.';
  EXPECT_EQ(order.substr(0, 8), ".ab.a...");
  EXPECT_EQ(order.size(), 23u);
  EXPECT_TRUE(turns.empty());
}

TEST(HandshakeTurns, KeepTheOrderWithinAnAddress) {
  HandshakeTurns turns;
  for (std::size_t i = 0; i < 5; ++i) turns.add("a", at(i));
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(turns.take(), at(i));
  EXPECT_EQ(turns.take(), nullptr);
}

TEST(HandshakeTurns, AConnectionThatEndsLeavesTheQueue) {
  HandshakeTurns turns;
  turns.add("a", at(0));
  turns.add("b", at(1));
  turns.add("a", at(2));
  turns.remove("a", at(0));
  turns.remove("b", at(1));
  EXPECT_EQ(turns.take(), at(2));
  EXPECT_TRUE(turns.empty());
  turns.add("a", at(3));
  turns.remove("a", at(3));
  EXPECT_TRUE(turns.empty());
  EXPECT_EQ(turns.take(), nullptr);
}

}  // namespace
}  // namespace muster::net::test
