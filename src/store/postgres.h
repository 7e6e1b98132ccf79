// The PostgreSQL driver: one writing connection, several reading ones, made anew when they break.
#pragma once

#include <memory>
#include <string>

#include "store/database.h"

namespace muster::store {

struct PostgresOptions {
  // postgresql://LOGIN@HOST[:PORT][,HOST[:PORT]...]/DATABASE, where the first HOST that takes
  // writes is used, or postgresql://LOGIN@/DATABASE?host=FOLDER for the socket in the folder.
  std::string url;
  std::string port{};      // over TCP, where the url names none; libpq's own when empty
  std::string ca_file{};   // whose certificates are believed; over TCP required
  std::string password{};  // over TCP required
  unsigned readers = 4;
  // Writers of one kind follow one another; those of another kind do not wait for them. What each
  // writes the other only reads.
  enum class Writers { Site, Reports };
  Writers writers = Writers::Site;
  Duration busy_timeout = std::chrono::seconds(10);
  Duration connect_timeout = std::chrono::seconds(5);
  Duration answer_timeout = std::chrono::seconds(30);
  // How long a commit whose answer got lost waits for the server to tell what became of it.
  Duration outcome_wait = std::chrono::seconds(10);
};

// Connects, and makes the schema `muster` when it is missing. Over TCP only with TLS, a verified
// name and SCRAM bound to the channel. While the server is away every call fails at once with
// kServerUnavailable but for one attempt after pauses that grow to 5 seconds. Other errors:
// kBadDatabaseUrl, kDatabaseRefused.
Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options, const Clock& clock);

}  // namespace muster::store
