#include "contract/policy_bodies.h"

#include <gtest/gtest.h>

#include "contract/document_errors.h"

namespace muster::contract {
namespace {

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(fmt::format("{:064x}", i));
  return out;
}
std::shared_ptr<const Bytes> document(std::size_t size, char fill) {
  return std::make_shared<const Bytes>(size, fill);
}

TEST(PolicyBodyNames, ComeBackAsTheyWere) {
  const auto asked = names(kMostPolicyBodies);
  const std::string text = encode_body_names(asked);
  const auto read = decode_body_names(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(std::vector<std::string>(read->begin(), read->end()), asked);
}

TEST(PolicyBodyNames, AreRefusedInAnyOtherForm) {
  const std::string good = names(1)[0];
  std::string many = encode_body_names(names(kMostPolicyBodies));
  many += "." + std::string(64, 'f');
  for (const std::string& text :
       {std::string(), good + ".", "." + good, good + "," + good, good + "." + good, good.substr(1),
        good + "0", std::string(64, 'A'), std::string(64, '/'), many})
    EXPECT_TRUE(decode_body_names(text).error().is(kBadMember)) << text;
}

TEST(PolicyBodies, ComeBackAsTheyWere) {
  const std::vector<std::shared_ptr<const Bytes>> sent{document(3, 'a'), document(0, 'b'),
                                                       document(300, 'c')};
  const Bytes answer = encode_policy_bodies(sent);
  EXPECT_EQ(answer.substr(0, 7), Bytes("\0\0\0\3aaa", 7)) << "sizes are big endian";
  const auto read = decode_policy_bodies(answer);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*read)[i], *sent[i]);
}

TEST(PolicyBodies, AreRefusedCutOffAtAnyByte) {
  const Bytes one = encode_policy_bodies(std::vector{document(3, 'a')});
  const Bytes answer = encode_policy_bodies(std::vector{document(3, 'a'), document(2, 'b')});
  for (std::size_t size = 0; size < answer.size(); ++size) {
    if (size == one.size()) continue;
    EXPECT_TRUE(decode_policy_bodies(answer.substr(0, size)).error().is(kBadMember)) << size;
  }
}

TEST(PolicyBodies, AreRefusedWhereThereAreMoreThanAnyoneAsksFor) {
  const Bytes most(kMostPolicyBodies * 4, '\0');
  EXPECT_TRUE(decode_policy_bodies(most));
  EXPECT_TRUE(decode_policy_bodies(most + Bytes(4, '\0')).error().is(kBadMember));
}

TEST(PolicyBodies, AnAnswerEndsBeforeItIsTooLongAndHoldsOneAtLeast) {
  const auto held = [](std::vector<std::shared_ptr<const Bytes>> documents) {
    return decode_policy_bodies(encode_policy_bodies(documents))->size();
  };
  EXPECT_EQ(held({document(kPolicyBodiesBytes - 1, 'a'), document(1, 'b')}), 2u);
  EXPECT_EQ(held({document(kPolicyBodiesBytes - 1, 'a'), document(2, 'b')}), 1u);
  EXPECT_EQ(held({document(kPolicyBodiesBytes + 1, 'a'), document(1, 'b')}), 1u);
}

}  // namespace
}  // namespace muster::contract
