// Keeps the tables behind the views for reports current, on a thread and a connection of its own:
// it may lag behind, and nothing waits for it.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "hosting/site.h"
#include "store/report/report_inventory.h"

namespace muster::site_server {

// One round of each kind, for the thread and for tests.
class ReportRounds {
 public:
  explicit ReportRounds(store::Database& database) : database_(&database) {}

  // Begins anew when it has to. True when there is more to do at once.
  Result<bool> follow(Timestamp now);
  // What no log names: of all devices heard since the last sweep.
  Result<void> sweep(Timestamp now);

 private:
  store::Database* database_;
};

class ReportExporter {
 public:
  // Null for a site whose database is no server's. With `database.views` off the tables are thrown
  // away. The server has to be there: it holds the site's database.
  static Result<std::unique_ptr<ReportExporter>> start(hosting::Site& site);
  ~ReportExporter();
  void stop();

 private:
  ReportExporter(hosting::Site& site, std::unique_ptr<store::Database> database)
      : site_(&site), database_(std::move(database)), rounds_(*database_) {}
  void work();

  hosting::Site* site_;
  std::unique_ptr<store::Database> database_;
  ReportRounds rounds_;
  std::atomic<bool> stopping_ = false;
  hosting::Wake wake_;
  std::thread thread_;
};

}  // namespace muster::site_server
