#include "net/handshake_turns.h"

#include <algorithm>

namespace muster::net {

void HandshakeTurns::add(const std::string& address, Connection* connection) {
  auto& of_address = waiting_[address];
  if (of_address.empty()) addresses_.push_back(address);
  of_address.push_back(connection);
}

void HandshakeTurns::remove(const std::string& address, Connection* connection) {
  const auto found = waiting_.find(address);
  auto& of_address = found->second;
  of_address.erase(std::ranges::find(of_address, connection));
  if (!of_address.empty()) return;
  waiting_.erase(found);
  addresses_.erase(std::ranges::find(addresses_, address));
}

Connection* HandshakeTurns::take() {
  if (addresses_.empty()) return nullptr;
  const std::string address = std::move(addresses_.front());
  addresses_.pop_front();
  const auto found = waiting_.find(address);
  Connection* const taken = found->second.front();
  found->second.pop_front();
  if (found->second.empty())
    waiting_.erase(found);
  else
    addresses_.push_back(address);
  return taken;
}

}  // namespace muster::net
