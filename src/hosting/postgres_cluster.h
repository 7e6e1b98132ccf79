// The PostgreSQL server `15/muster` of this host, through the tools of Debian's postgresql-common.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/os/account.h"
#include "base/os/fd.h"
#include "model/ids.h"

namespace muster::hosting {

class PostgresCluster {
 public:
  // One at a time on a host. Errors: kNoServerPackage; kClusterFailed while another one is held.
  static Result<PostgresCluster> find();

  // With its configuration: /etc/postgresql/15/muster.
  const std::filesystem::path& folder() const { return folder_; }
  const os::Account& account() const { return account_; }  // "postgres"

  // Whether it is there. Error: kForeignCluster, when it is, and not of this site.
  Result<bool> exists(const model::SiteCode& site) const;
  // Where its data lies; empty while there is no cluster.
  std::filesystem::path data() const;

  // Makes it, in an empty folder or a new one, to be started with the machine. Errors:
  // kForeignCluster, kClusterFailed.
  Result<void> create(const model::SiteCode& site, std::uint16_t port,
                      const std::filesystem::path& data) const;
  bool runs() const;
  // "start", "restart". Error: kClusterFailed, with what the server said.
  Result<void> control(std::string_view action) const;
  // Whether one of its files is newer than the server that runs with it.
  bool is_outdated() const;

  // The answer to SQL, asked by the superuser over the socket: a line for each row, '|' between
  // columns. Error: kClusterFailed.
  Result<std::string> ask(const std::string& sql) const;

  // Puts the file into folder() unless it says so already, as the server's user. Whether it was
  // written. Errors: those of os::replace_file.
  enum class Readers { Server, All };
  Result<bool> keep_file(std::string_view name, std::string_view content, Readers readers) const;

 private:
  PostgresCluster(os::Account account, os::Fd lock);
  std::filesystem::path folder_;
  os::Account account_;
  os::Fd lock_;
};

// Where the data of a new one goes: /var/lib/postgresql/15/muster.
std::filesystem::path standard_cluster_data();

}  // namespace muster::hosting
