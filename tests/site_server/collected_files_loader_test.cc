// What a client sends of its files, whatever it says of them.
#include "roles/site_server/file_collection/collected_files_loader.h"

#include <gmock/gmock.h>

#include "base/os/system.h"
#include "base/settings_tables.h"
#include "contract/collected_files.h"
#include "contract/document_errors.h"
#include "store/site/collected_files.h"
#include "store/site/objects.h"
#include "tests/site_server/bare_site.h"

namespace muster::site_server {
namespace {

using store::kNow;
using store::must;
using testing::ElementsAre;
using testing::IsEmpty;

class CollectedFilesLoader : public store::SiteDatabaseTest {
 protected:
  void SetUp() override {
    store::SiteDatabaseTest::SetUp();
    device_ = new_device();
    site_ = bare_site(std::move(database_), clock_, random_, Settings({site_settings()}));
    site_->content = store::ContentStore::open(folder_.path() / "content").value();
    must(site_->database->write([&](store::Transaction& t) {
      return store::create_object(
          t,
          {.kind = "FileCollection",
           .name = "web",
           .site = store::site_code(),
           .spec = R"({"paths":["/etc/web/*"],"fileLimit":"10 B","interval":"P7D",)"
                   R"("restricted":false})"},
          kNow);
    }));
  }

  Result<void> load(const Bytes& body) {
    return site_->database->write([&](store::Transaction& t) -> Result<void> {
      contract::EnvelopeHeader header{.sender = device_->id};
      header.stream = Bytes(16, 's');
      header.sequence = ++sequence_;
      header.type = contract::MessageType::CollectedFiles;
      InboxEffects effects;
      TRY(load_collected_files(*site_, t, {*device_, header, kNow, schema_, known_}, body,
                               effects));
      EXPECT_EQ(effects.changes.size(), 1u) << "the index learns that the device was seen";
      return {};
    });
  }
  Result<void> load(const std::vector<contract::CollectedFile>& files, Timestamp collected = kNow) {
    return load(contract::encode_collected_files({collected, files}));
  }
  std::vector<store::CollectedFile> rows() {
    return must(site_->database->read([&](store::Reader& r) {
      return store::list_collected_files(r, device_->number, 0, 1000);
    }));
  }
  std::vector<std::string> kept() {
    std::vector<std::string> out;
    for (const auto& row : rows()) out.push_back(row.path);
    return out;
  }

  os::SystemClock clock_;
  model::Schema schema_;
  store::KnownRows known_;
  std::optional<store::Device> device_;
  std::unique_ptr<hosting::Site> site_;
  std::uint64_t sequence_ = 0;
};

TEST_F(CollectedFilesLoader, OnlyWhatAnOperatorAskedForIsStored) {
  must(load({{"web", "/etc/web/a", kNow, "1"},
             {"web", "/etc/shadow", kNow, "2"},
             {"web", "/etc/web/sub/a", kNow, "3"},
             {"web", "/etc/web/long", kNow, "01234567890"},
             {"none", "/etc/web/b", kNow, "4"}}));
  EXPECT_THAT(kept(), ElementsAre("/etc/web/a"));
}

TEST_F(CollectedFilesLoader, AMessageThatIsRefusedLeavesNothing) {
  Bytes body = contract::encode_collected_files({kNow, {{"web", "/etc/web/a", kNow, "1"}}});
  EXPECT_TRUE(load(body.substr(0, body.size() - 1)).error().kind().number != 0);
  const auto at = body.find("MQ==");  // "1"
  ASSERT_NE(at, Bytes::npos);
  body.replace(at, 4, "Mg==");
  EXPECT_TRUE(load(body).error().is(contract::kBadMember));
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(CollectedFilesLoader, AClientThatSendsWithoutEndHasItsShareAndNoMore) {
  ASSERT_TRUE(site_->settings.set("collected_files.device_limit", "64 KiB"));
  ASSERT_TRUE(site_->settings.set("collected_files.versions", "3"));
  for (int i = 0; i < 300; ++i)
    must(load({{"web", "/etc/web/a", kNow, std::to_string(i)},
               {"web", "/etc/web/" + std::to_string(i), kNow, "0123456789"}}));
  std::int64_t versions = 0;
  for (const std::string& path : kept()) versions += path == "/etc/web/a" ? 1 : 0;
  EXPECT_EQ(versions, 3);
  EXPECT_EQ(kept().size(), 303u);
}

TEST_F(CollectedFilesLoader, AClockThatIsAheadCountsAsNow) {
  must(load({{"web", "/etc/web/a", kNow, "1"}}, kNow + std::chrono::hours(1000)));
  EXPECT_EQ(rows()[0].collected, kNow);
  EXPECT_EQ(rows()[0].received, kNow);
}

}  // namespace
}  // namespace muster::site_server
