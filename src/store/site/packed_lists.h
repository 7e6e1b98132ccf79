// Row lists as the database has them: docs/formats/site-database.md. The lists of a fleet's devices
// are much alike, so they are packed with a dictionary that was made of some of them.
#pragma once

#include "store/database.h"
#include "store/site/row_list.h"
#include "wire/zstd_dictionary.h"

namespace muster::store {

class PackedLists {
 public:
  // Those that have been made so far.
  static Result<PackedLists> load(Reader& reader);

  // With the latest dictionary, where that makes it smaller. `entries` are sorted.
  Bytes encode(const std::vector<RowEntry>& entries) const;
  // The number of the latest; 0 without one.
  std::uint64_t latest() const { return dictionaries_.empty() ? 0 : dictionaries_.back().number; }
  // Error: kUnexpectedValue.
  Result<std::vector<RowEntry>> decode(ByteView stored) const;

 private:
  struct Dictionary {
    std::uint64_t number;
    wire::ZstdDictionary zstd;
  };
  std::vector<Dictionary> dictionaries_;  // by number
};

// The number of the latest dictionary; 0 without one.
Result<std::uint64_t> latest_dictionary(Reader& reader);
// How many devices it was made for.
Result<std::int64_t> devices_of_dictionary(Reader& reader);
// Lists of some of `devices`, to make a dictionary of.
Result<std::vector<Bytes>> sample_row_lists(Reader& reader, std::span<const std::uint32_t> devices);
// Nothing where there is too little to learn from.
std::optional<Bytes> make_row_dictionary(std::span<const Bytes> samples);
// Lists are packed with it from the next transaction on.
Result<void> add_row_dictionary(Transaction& transaction, ByteView bytes, std::int64_t devices);

}  // namespace muster::store
