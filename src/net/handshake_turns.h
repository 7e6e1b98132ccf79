// Whose handshake is next: requests of connections that stand are answered first, and one address
// that opens many connections has one turn when each other address has one.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>

namespace muster::net {

class Connection;

// Only the queue; who is in it is known to its connection. Not safe from several threads.
class HandshakeTurns {
 public:
  void add(const std::string& address, Connection* connection);
  // It must be in the queue.
  void remove(const std::string& address, Connection* connection);
  // The oldest one of the address whose turn it is; null when nobody waits.
  Connection* take();
  bool empty() const { return addresses_.empty(); }

 private:
  std::unordered_map<std::string, std::deque<Connection*>> waiting_;
  std::deque<std::string> addresses_;  // in the order of their turns
};

}  // namespace muster::net
