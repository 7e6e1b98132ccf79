#include "store/site/audit.h"

#include "base/sha256.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

class AuditTest : public SiteDatabaseTest {
 protected:
  AuditHead append(std::string_view name) {
    return must(write([&](Transaction& t) {
      return append_audit(t, {"alice", "update", "Package", name, R"({"a":1})", std::nullopt, "c1"},
                          kNow);
    }));
  }
  Result<AuditHead> verify(const AuditHead& from = empty_audit()) {
    return read([&](Reader& reader) { return verify_audit(reader, from); });
  }
  void tamper(std::string_view sql) {
    must(write([&](Transaction& t) { return t.run(sql); }));
  }
  void SetUp() override {
    for (const char* name : {"one", "two", "three", "four"}) heads_.push_back(append(name));
  }
  std::vector<AuditHead> heads_;
};

TEST_F(AuditTest, AnUntouchedChainEndsAtItsHead) {
  EXPECT_EQ(must(verify()), heads_.back());
  EXPECT_EQ(must(verify(heads_[1])), heads_.back());
  EXPECT_EQ(must(verify(heads_.back())), heads_.back());
  EXPECT_EQ(must(read([](Reader& r) { return audit_head(r); })), heads_.back());
  const auto page = must(read([](Reader& r) { return list_audit(r, 4, 2); }));
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0].name, "three");
  EXPECT_EQ(page[1].before, R"({"a":1})");
  EXPECT_EQ(page[1].after, std::nullopt);
}

TEST_F(AuditTest, EveryAlteredColumnShows) {
  for (const char* change :
       {"at = at + 1", "actor = 'bob'", "action = 'delete'", "kind = 'Program'", "name = 'x'",
        "before = '{}'", "before = NULL", "after = ''", "correlation = 'c2'",
        "previous_hash = hash", "hash = previous_hash"}) {
    const auto saved = must(read([](Reader& r) { return list_audit(r, 3, 1); }))[0];
    tamper(fmt::format("UPDATE audit SET {} WHERE sequence = 2", change));
    EXPECT_TRUE(fails_with(verify(), kAuditBroken)) << change;
    must(write([&](Transaction& t) {
      return t.run(
          "UPDATE audit SET at = $1, actor = $2, action = $3, kind = $4, name = $5, before = $6, "
          "after = $7, correlation = $8, previous_hash = $9, hash = $10 WHERE sequence = 2",
          {saved.at, saved.actor, saved.action, saved.kind, saved.name, saved.before, saved.after,
           saved.correlation, blob(saved.previous_hash), blob(saved.hash)});
    }));
    ASSERT_TRUE(verify());
  }
}

TEST_F(AuditTest, AMissingEntryShows) {
  tamper("DELETE FROM audit WHERE sequence = 2");
  EXPECT_TRUE(fails_with(verify(), kAuditBroken));
}

TEST_F(AuditTest, AMissingFirstEntryShows) {
  tamper("DELETE FROM audit WHERE sequence = 1");
  EXPECT_TRUE(fails_with(verify(), kAuditBroken));
}

TEST_F(AuditTest, ACutOrRewrittenEndShowsAgainstACheckpoint) {
  tamper("DELETE FROM audit WHERE sequence > 2");
  EXPECT_TRUE(verify());  // on its own a shorter chain is a whole one
  EXPECT_TRUE(fails_with(verify(heads_.back()), kAuditBroken));
  append("other");
  append("other");
  EXPECT_TRUE(verify());
  EXPECT_TRUE(fails_with(verify(heads_.back()), kAuditBroken));
}

TEST_F(AuditTest, TheHashIsOverTheDocumentedForm) {
  const auto entry = must(read([](Reader& r) { return list_audit(r, 2, 1); }))[0];
  Bytes form = "muster audit 1\n";
  form += must(from_hex("0000000000000001"));
  form += must(from_hex("000001a0c4506c00"));
  form +=
      "\x05"
      "alice\x06"
      "update\x07"
      "Package\x03"
      "one\x02"
      "c1";
  form +=
      "\x01\x07"
      R"({"a":1})";
  form += Bytes(1, '\0');
  form += '\x20' + Bytes(32, '\0');
  EXPECT_EQ(to_hex(entry.hash), sha256_hex(form));
}

TEST_F(SiteDatabaseTest, AnEmptyAuditIsWhole) {
  EXPECT_EQ(must(read([](Reader& r) { return verify_audit(r, empty_audit()); })), empty_audit());
}

}  // namespace
}  // namespace muster::store
