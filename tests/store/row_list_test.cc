#include "store/site/row_list.h"

#include <algorithm>

#include "base/random.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

std::vector<RowEntry> some_entries() {
  return {{1, 5, "", ""},
          {1, 300, "", ""},
          {2, 7, "mac-a", ""},
          {2, 7, "mac-a", ""},
          {2, 7, "mac-b", "\x01"}};
}

TEST(RowList, ComesBackAsItWent) {
  EXPECT_EQ(must(decode_row_list(encode_row_list(some_entries()))), some_entries());
  EXPECT_EQ(must(decode_row_list(encode_row_list({}))), std::vector<RowEntry>());
}

TEST(RowList, HasTheFormThatTheDocumentSays) {
  EXPECT_EQ(to_hex(encode_row_list(some_entries())),
            "01"
            "01000205a702"
            "020103"
            "07056d61632d6100"
            "00056d61632d6100"
            "00056d61632d620101");
}

TEST(RowList, TakesThreeBytesForARowOfACommonPackage) {
  std::vector<RowEntry> entries;
  for (std::uint64_t i = 0; i < 300; ++i) entries.push_back({7, 100'000 + i * 400, "", ""});
  EXPECT_LT(encode_row_list(entries).size(), 620u);
}

TEST(RowList, IsRefusedWhenCutAnywhereButBetweenClasses) {
  const Bytes whole = encode_row_list(some_entries());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = decode_row_list(ByteView(whole).substr(0, size));
    const bool between = size == 1 || size == 7;
    EXPECT_EQ(cut.has_value(), between) << size;
    if (!between) {
      EXPECT_TRUE(fails_with(cut, kUnexpectedValue)) << size;
    }
  }
}

TEST(RowList, IsRefusedInAnotherFormOrOutOfOrder) {
  for (const char* hex :
       {"02", "0101020105", "0101000001", "010200010501000105", "01010002ffffffffffffffffff0101",
        "01ffffffffff1f000105", "010100ffffffff0f05"})
    EXPECT_TRUE(fails_with(decode_row_list(must(from_hex(hex))), kUnexpectedValue)) << hex;
}

TEST(RowList, SurvivesRandomBytes) {
  SeededRandom random(3);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = encode_row_list(some_entries());
    bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    const auto decoded = decode_row_list(bytes);
    EXPECT_TRUE(!decoded || std::is_sorted(decoded->begin(), decoded->end()));
  }
}

}  // namespace
}  // namespace muster::store
