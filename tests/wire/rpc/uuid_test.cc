#include "wire/rpc/uuid.h"

#include <gtest/gtest.h>

#include "wire/errors.h"
#include "wire/rpc/endpoint_mapper.h"

namespace muster::wire::rpc {
namespace {

TEST(Uuid, ReadsAsTheTextOfItsNumbers) {
  EXPECT_EQ(to_text(kEndpointMapper.uuid), "e1af8308-5d1f-11c9-91a4-08002b14a0fa");
  EXPECT_EQ(to_text(kNdr), "8a885d04-1ceb-11c9-9fe8-08002b104860 v2.0");
}

TEST(Uuid, IsParsedInEitherCase) {
  EXPECT_EQ(parse_uuid("e1af8308-5d1f-11c9-91a4-08002b14a0fa").value(), kEndpointMapper.uuid);
  EXPECT_EQ(parse_uuid("E1AF8308-5D1F-11C9-91A4-08002B14A0FA").value(), kEndpointMapper.uuid);
}

TEST(Uuid, OfAnotherFormIsRefused) {
  const std::string good = "e1af8308-5d1f-11c9-91a4-08002b14a0fa";
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_TRUE(parse_uuid(good.substr(0, size)).error().is(kRpcSyntax)) << size;
  for (const char* bad :
       {"e1af8308-5d1f-11c9-91a4-08002b14a0faa", "e1af83085-d1f-11c9-91a4-08002b14a0fa",
        "g1af8308-5d1f-11c9-91a4-08002b14a0fa", "{1af8308-5d1f-11c9-91a4-08002b14a0f}",
        "e1af8308 5d1f 11c9 91a4 08002b14a0fa", "------------------------------------"})
    EXPECT_TRUE(parse_uuid(bad).error().is(kRpcSyntax)) << bad;
}

TEST(Uuid, HasTheByteOrderOfTheMessageInItsNumbersAlone) {
  ByteWriter little(ByteOrder::Little);
  write_uuid(little, kNdr.uuid);
  EXPECT_EQ(to_hex(little.view()), "045d888aeb1cc9119fe808002b104860");
  ByteWriter big(ByteOrder::Big);
  write_uuid(big, kNdr.uuid);
  EXPECT_EQ(to_hex(big.view()), "8a885d041ceb11c99fe808002b104860");
  ByteReader in(big.view(), ByteOrder::Big);
  EXPECT_EQ(read_uuid(in).value(), kNdr.uuid);
}

}  // namespace
}  // namespace muster::wire::rpc
