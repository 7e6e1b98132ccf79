// The fleet index half of bench/million_clients.py: a site that gets the database and the fleet
// that bench_fleet_durable made takes the fleet for its own, and need not read a million devices
// out of the database, which takes minutes.
//
//   bench_million_snapshot MADE_SNAPSHOT SITE_DATABASE SITE_SNAPSHOT
//
// Without these words, as tools/bench starts it, it does nothing.
#include <cstring>

#include "base/byte_writer.h"
#include "base/os/file.h"
#include "base/os/mapped_file.h"
#include "base/os/system.h"
#include "bench/measuring.h"
#include "fleet/fleet.h"
#include "store/migrations.h"
#include "store/site/settings.h"

using namespace muster;
using bench::must;

int main(int argc, char** argv) {
  if (argc != 4 || std::strchr(argv[1], '/') == nullptr) return 0;
  const os::SystemClock clock;
  const auto database = must(store::open_site_database(argv[2], clock.now()));
  // As roles/site_server/fleet_snapshot marks its files; no other file has this one's.
  const Bytes mark = must(database->read([](store::Reader& reader) -> Result<Bytes> {
    ByteWriter out;
    for (const auto counter : {store::Counter::InventorySequence, store::Counter::Change})
      out.u64(static_cast<std::uint64_t>(TRY(store::read_counter(reader, counter))));
    out.bytes(Bytes(16, 'b'));
    return std::move(out).take();
  }));
  const auto file = must(os::MappedFile::open(argv[1]));
  const auto made = must(fleet::Fleet::load(model::Schema(), file.view()));
  must(os::replace_file(
      argv[3], [&](const os::FileSink& sink) { return made.fleet.state().save(mark, sink); },
      os::FileMode::Private));
  must(database->write([&](store::Transaction& transaction) {
    return store::set_site_setting(transaction, "fleet.snapshot", mark);
  }));
}
