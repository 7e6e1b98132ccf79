#include "roles/site_server/row_dictionary/dictionary_maker.h"

#include "base/log.h"
#include "store/site/packed_lists.h"

namespace muster::site_server {
namespace {

constexpr std::uint64_t kLeastDevices = 1000;
constexpr std::uint64_t kGrowth = 8;

}  // namespace

DictionaryMaker::~DictionaryMaker() { wait(); }

void DictionaryMaker::wait() {
  if (maker_.joinable()) maker_.join();
}

Result<void> DictionaryMaker::follow() {
  const std::string all(fleet::kAllSystems);
  const std::uint64_t devices = TRY(site_.fleet.member_count(all));
  if (making_ || devices < kLeastDevices) return {};
  const auto known = TRY(site_.database->read(store::devices_of_dictionary));
  if (devices < kGrowth * static_cast<std::uint64_t>(known)) return {};
  auto numbers = TRY(site_.fleet.members(all));
  wait();
  making_ = true;
  maker_ = std::thread([this, numbers = std::move(numbers)] {
    if (const auto made = make(numbers); !made)
      log::failure(log::Level::Warning, "inventory.dictionary.failed", made.error());
    making_ = false;
  });
  return {};
}

Result<void> DictionaryMaker::make(const std::vector<store::DeviceNumber>& devices) {
  const auto samples = TRY(site_.database->read(
      [&](store::Reader& reader) { return store::sample_row_lists(reader, devices); }));
  const auto dictionary = store::make_row_dictionary(samples);
  if (!dictionary) return {};
  TRY(site_.database->write([&](store::Transaction& transaction) {
    return store::add_row_dictionary(transaction, *dictionary,
                                     static_cast<std::int64_t>(devices.size()));
  }));
  log::info("inventory.dictionary.made", "row lists are packed with a new dictionary from now on",
            {{"devices", devices.size()}, {"bytes", dictionary->size()}});
  return {};
}

}  // namespace muster::site_server
