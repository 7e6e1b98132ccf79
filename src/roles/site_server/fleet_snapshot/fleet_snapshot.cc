#include "roles/site_server/fleet_snapshot/fleet_snapshot.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/log.h"
#include "base/os/file.h"
#include "base/os/mapped_file.h"
#include "hosting/stored_schema.h"
#include "store/errors.h"
#include "store/site/settings.h"

namespace muster::site_server {
namespace {

// The database's word of which file is its own: a mark that each file has for itself, so that a
// database which was put back from a copy takes no file of another time.
constexpr std::string_view kSetting = "fleet.snapshot";
constexpr std::size_t kRandomBytes = 16;

Bytes encode_mark(const IndexPosition& position, Random& random) {
  ByteWriter out;
  out.u64(static_cast<std::uint64_t>(position.inventory));
  out.u64(static_cast<std::uint64_t>(position.devices));
  out.bytes(random.bytes(kRandomBytes));
  return std::move(out).take();
}

Result<IndexPosition> decode_mark(ByteView mark) {
  ByteReader in(mark);
  IndexPosition out;
  out.inventory = static_cast<std::int64_t>(TRY(in.u64()));
  out.devices = static_cast<std::int64_t>(TRY(in.u64()));
  return out;
}

void say_unused(const std::filesystem::path& path, const Error& error) {
  log::failure(log::Level::Warning, "fleet.snapshot.unused", error, {{"file", path.string()}});
}

}  // namespace

FleetSnapshot::FleetSnapshot(hosting::Site& site) : site_(site) {}

FleetSnapshot::~FleetSnapshot() { wait(); }

std::filesystem::path FleetSnapshot::path() const { return site_.folder("fleet.snapshot"); }

void FleetSnapshot::wait() {
  if (writer_.joinable()) writer_.join();
}

Result<std::optional<IndexPosition>> FleetSnapshot::load() {
  const auto nothing = [this](const Error& error) {
    say_unused(path(), error);
    return std::optional<IndexPosition>();
  };
  const auto mark = TRY(site_.database->read(
      [](store::Reader& reader) { return store::site_setting(reader, kSetting); }));
  if (!mark) return std::optional<IndexPosition>();
  const model::Schema schema = TRY(site_.database->read(hosting::stored_schema));
  const auto file = os::MappedFile::open(path());
  if (!file) return nothing(file.error());
  auto loaded = fleet::Fleet::load(schema, file->view());
  if (!loaded) return nothing(loaded.error());
  if (loaded->mark != *mark) {
    log::info("fleet.snapshot.other", "the file is not the one that the database knows",
              {{"file", path().string()}});
    return std::optional<IndexPosition>();
  }
  const auto position = decode_mark(*mark);
  if (!position) return nothing(position.error());
  site_.fleet = std::move(loaded->fleet);
  last_ = *position;
  log::info("fleet.snapshot.loaded", "the fleet index begins with what its file holds",
            {{"devices", site_.fleet.counts().devices}, {"bytes", file->view().size()}});
  return std::optional(*position);
}

Result<void> FleetSnapshot::write(const fleet::FleetState& state, const Bytes& mark) const {
  TRY(os::replace_file(
      path(), [&](const os::FileSink& sink) { return state.save(mark, sink); },
      os::FileMode::Private));
  return site_.database->write([&](store::Transaction& transaction) {
    return store::set_site_setting(transaction, kSetting, mark);
  });
}

void FleetSnapshot::take(const IndexPosition& position) {
  if (writing_ || last_ == position) return;
  wait();
  writing_ = true;
  writer_ = std::thread(
      [this, position, state = site_.fleet.state(), mark = encode_mark(position, site_.random)] {
        if (const auto written = write(state, mark))
          last_ = position;
        else
          log::failure(log::Level::Error, "fleet.snapshot.failed", written.error());
        writing_ = false;
      });
}

void FleetSnapshot::take_and_wait(const IndexPosition& position) {
  wait();
  take(position);
  wait();
}

}  // namespace muster::site_server
