#include "store/site/known_rows.h"

#include "store/site/row_table.h"
#include "store/site/settings.h"

namespace muster::store {
namespace {

constexpr std::size_t kFirstSlots = std::size_t{1} << 12;
// 24 MB, for the distinct rows of a million devices.
constexpr std::size_t kMostSlots = std::size_t{1} << 20;

// Fewer take their positions one by one, so that a heartbeat takes none.
constexpr std::size_t kManyMessages = 4;

}  // namespace

Result<void> KnownRows::begin(Transaction& transaction, std::size_t messages) {
  next_position_ = end_of_positions_ = 0;
  if (messages >= kManyMessages) {
    const auto count = static_cast<std::int64_t>(messages);
    next_position_ = TRY(take_counter(transaction, Counter::InventorySequence, count));
    end_of_positions_ = next_position_ + count;
  }
  settled_ = static_cast<std::uint64_t>(TRY(read_counter(transaction, Counter::InventoryRow)));
  if (lists_ && TRY(latest_dictionary(transaction)) != lists_->latest()) lists_.reset();
  return {};
}

// Nobody else took any meanwhile: whoever has taken from a counter holds it until the transaction
// is through.
Result<void> KnownRows::end(Transaction& transaction) {
  const std::int64_t left = end_of_positions_ - next_position_;
  next_position_ = end_of_positions_ = 0;
  if (left == 0) return {};
  return give_back_to_counter(transaction, Counter::InventorySequence, left);
}

Result<std::int64_t> KnownRows::next_position(Transaction& transaction) {
  if (next_position_ < end_of_positions_) return next_position_++;
  return take_counter(transaction, Counter::InventorySequence);
}

void KnownRows::forget() { *this = {}; }

Result<const std::vector<KnownClass>*> KnownRows::classes(Reader& reader) {
  if (!classes_) classes_ = TRY(known_classes(reader));
  return &*classes_;
}

Result<const PackedLists*> KnownRows::lists(Reader& reader) {
  if (!lists_) lists_ = TRY(PackedLists::load(reader));
  return &*lists_;
}

Result<ByteView> KnownRows::key(Reader& reader) {
  if (key_.empty()) key_ = TRY(read_row_key(reader));
  return ByteView(key_);
}

std::optional<std::uint64_t> KnownRows::find(const Hash& hash) const {
  if (slots_.empty()) return std::nullopt;
  const Slot& slot = slots_[hash[0] & (slots_.size() - 1)];
  if (slot.id == 0 || slot.hash != hash) return std::nullopt;
  return slot.id;
}

void KnownRows::note(const Hash& hash, std::uint64_t id) {
  if (id > settled_) return;
  if (2 * used_ >= slots_.size() && slots_.size() < kMostSlots) grow();
  Slot& slot = slots_[hash[0] & (slots_.size() - 1)];
  used_ += slot.id == 0 ? 1 : 0;
  slot = {hash, id};
}

void KnownRows::grow() {
  const std::vector<Slot> before = std::move(slots_);
  slots_.assign(std::max(kFirstSlots, 2 * before.size()), {});
  used_ = 0;
  for (const Slot& each : before)
    if (each.id != 0) note(each.hash, each.id);
}

}  // namespace muster::store
