// What the writer of inventories remembers from one transaction to the next: the classes that the
// database knows, the key of the rows' hashes, the dictionaries, and the ids of rows that stand in
// it. Most rows of a report are known, and need no question.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "store/database.h"
#include "store/site/packed_lists.h"

namespace muster::store {

// A class as the database has it.
struct KnownClass {
  ClassId id;
  std::string name;
  std::string layout;
};

// Of one thread. Empty it is as good as full, only slower.
class KnownRows {
 public:
  using Hash = std::array<std::uint64_t, 2>;

  // At the begin of each transaction: rows that it adds may be undone, and their ids given to
  // others, so they are remembered only from the next one on. Positions in the inventory log for
  // so many messages are taken at once, before the first of them can be undone.
  Result<void> begin(Transaction& transaction, std::size_t messages);
  // At its end: gives back the positions that nobody used.
  Result<void> end(Transaction& transaction);
  // For who has changed the classes, or does not know any more what the database holds.
  void forget();

  Result<const std::vector<KnownClass>*> classes(Reader& reader);
  Result<const PackedLists*> lists(Reader& reader);
  // Error: kNotFound before a class was registered.
  Result<ByteView> key(Reader& reader);

  // The next position in the inventory log.
  Result<std::int64_t> next_position(Transaction& transaction);

  std::optional<std::uint64_t> find(const Hash& hash) const;
  // A row that was read.
  void note(const Hash& hash, std::uint64_t id);

 private:
  struct Slot {
    Hash hash{};
    std::uint64_t id = 0;  // 0: free
  };
  void grow();

  std::uint64_t settled_ = 0;                              // ids up to it stay what they are
  std::int64_t next_position_ = 0, end_of_positions_ = 0;  // taken, and not used yet
  std::optional<std::vector<KnownClass>> classes_;
  std::optional<PackedLists> lists_;
  Bytes key_;
  // Each row has one place, and the later one takes it.
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace muster::store
