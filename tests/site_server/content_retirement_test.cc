// Old versions of packages on their way out of the site, and what stays because something names it.
#include "roles/site_server/distribution_manager/content_retirement.h"

#include <gtest/gtest.h>

#include "base/settings_tables.h"
#include "contract/catalogue.h"
#include "contract/manifest.h"
#include "contract/objects/object.h"
#include "model/status_ids.h"
#include "store/site/objects.h"
#include "store/site/package_retirement.h"
#include "store/site/status.h"
#include "tests/site_server/bare_site.h"
#include "trust/ceremony.h"

namespace muster::site_server {
namespace {

using store::kNow;
using store::must;

constexpr Duration kDay = std::chrono::hours(24);

class ContentRetirement : public store::SiteDatabaseTest {
 protected:
  void SetUp() override {
    store::SiteDatabaseTest::SetUp();
    site_ = bare_site(std::move(database_), clock_, random_, Settings({site_settings()}));
    site_->content = store::ContentStore::open(folder_.path() / "content").value();
    ASSERT_TRUE(site_->settings.set("content.grace", "P7D"));
  }

  // The next version of the package, of one file.
  std::string apply(const std::string& version, const std::string& bytes, Timestamp now) {
    const std::string hash = must(site_->content->put(bytes)).hash.text();
    contract::Manifest manifest;
    manifest.package = "editor";
    manifest.package_version = version;
    manifest.files = {{"file", bytes.size(), hash, false}};
    const auto stored = must(site_->content->put(contract::encode_manifest(manifest)));
    contract::PackageEntry entry;
    entry.version = ++entry_version_;
    entry.expires = trust::catalogue_expiry(now);
    entry.package = "editor";
    entry.package_version = version;
    entry.manifest_sha256 = stored.hash.text();
    entry.manifest_length = stored.size;
    must(site_->database->write([&](store::Transaction& t) -> Result<void> {
      auto object = TRY(store::find_object(t, "Package", "editor"));
      if (!object)
        object = TRY(store::create_object(t,
                                          {.kind = "Package",
                                           .name = "editor",
                                           .site = store::site_code(),
                                           .spec = R"({"version":"1","programs":[]})"},
                                          now));
      package_ = object->id;
      TRY(store::add_catalogue_document(t, contract::package_role("editor"),
                                        static_cast<std::int64_t>(entry.version),
                                        TRY(trust::sign_entry(entry, key_)), now));
      return store::add_package_content(t, {.package = object->id,
                                            .version = static_cast<std::int64_t>(entry.version),
                                            .manifest_sha256 = stored.hash.bytes(),
                                            .folder = random_.bytes(16),
                                            .size_bytes = 1,
                                            .created = now,
                                            .withdrawn = {}});
    }));
    return hash;
  }
  void retire(Timestamp now) {
    const auto done = retire_content(*site_, now);
    ASSERT_TRUE(done) << done.error().text();
  }
  bool has(const std::string& hash) const {
    return site_->content->has(must(store::ContentHash::parse(hash)));
  }
  // Versions that have a folder on the distribution points.
  std::vector<std::int64_t> served() {
    std::vector<std::int64_t> out;
    for (const auto& each : must(site_->database->read([&](store::Reader& reader) {
           return store::list_package_content(reader, *package_);
         })))
      if (!each.withdrawn) out.push_back(each.version);
    return out;
  }

  ManualClock clock_{store::kNow};
  std::unique_ptr<hosting::Site> site_;
  std::optional<model::ObjectId> package_;
  std::uint64_t entry_version_ = 0;
  trust::Ed25519Key key_ = trust::Ed25519Key::generate(random_);
};

TEST_F(ContentRetirement, TakesTheFolderAndThenTheFilesEachAfterTheGrace) {
  const std::string old_file = apply("1", "old", kNow);
  const std::string new_file = apply("2", "new", kNow + kDay);
  retire(kNow + 7 * kDay);
  EXPECT_EQ(served(), (std::vector<std::int64_t>{1, 2}));
  const auto epoch = site_->content_epoch.load();
  retire(kNow + 9 * kDay);
  EXPECT_EQ(served(), (std::vector<std::int64_t>{2}));
  EXPECT_GT(site_->content_epoch.load(), epoch);
  EXPECT_TRUE(has(old_file));
  retire(kNow + 10 * kDay);
  EXPECT_TRUE(has(old_file));
  retire(kNow + 17 * kDay);
  EXPECT_FALSE(has(old_file));
  EXPECT_TRUE(has(new_file));
  EXPECT_EQ(served(), (std::vector<std::int64_t>{2}));
}

TEST_F(ContentRetirement, KeepsFilesThatALaterVersionHasToo) {
  const std::string file = apply("1", "same", kNow);
  apply("2", "same", kNow);
  for (const int day : {9, 18, 30}) retire(kNow + day * kDay);
  EXPECT_EQ(served(), (std::vector<std::int64_t>{2}));
  EXPECT_TRUE(has(file));
}

TEST_F(ContentRetirement, KeepsAVersionThatAClientIsAtWorkOn) {
  const std::string file = apply("1", "old", kNow);
  apply("2", "new", kNow);
  model::Deployment deployment{
      .name = "d", .package = "editor", .program = "install", .collection = "all-systems"};
  deployment.start = kNow;
  const auto device = must(site_->database->write([&](store::Transaction& t) {
    return store::create_device(t,
                                {model::DeviceId::make(random_), store::site_code(), "pc",
                                 store::DeviceState::Active, "alice"},
                                kNow);
  }));
  const auto report = [&](unsigned state, const std::string& version, std::int64_t sequence) {
    must(site_->database->write([&](store::Transaction& t) -> Result<bool> {
      auto object = TRY(store::find_object(t, "Deployment", "d"));
      if (!object)
        object = TRY(store::create_object(t,
                                          {.kind = "Deployment",
                                           .name = "d",
                                           .site = store::site_code(),
                                           .spec = contract::encode_spec({.value = deployment})},
                                          kNow));
      return store::put_deployment_state(t, {.deployment = object->id,
                                             .device = device.number,
                                             .state = state,
                                             .status_id = 0,
                                             .exit_code = {},
                                             .error = {},
                                             .detail = {},
                                             .at = kNow,
                                             .stream = "s",
                                             .sequence = sequence,
                                             .package_version = version});
    }));
  };
  report(model::kStateInstalling, "1", 1);
  retire(kNow + 9 * kDay);
  EXPECT_EQ(served(), (std::vector<std::int64_t>{1, 2}));
  // One that is let in no more waits for nothing.
  const auto set_state = [&](store::DeviceState state) {
    must(site_->database->write([&](store::Transaction& t) {
      return store::set_device_state(t, device.number, state, "alice");
    }));
  };
  const auto is_held = [&] {
    return must(site_->database->read([&](store::Reader& reader) -> Result<bool> {
      const auto object = TRY(store::find_object(reader, "Deployment", "d"));
      return store::is_under_way(reader, object->id, "1", kNow,
                                 [](store::DeviceNumber) { return true; });
    }));
  };
  EXPECT_TRUE(is_held());
  set_state(store::DeviceState::Blocked);
  EXPECT_FALSE(is_held());
  set_state(store::DeviceState::Active);
  report(model::kStateReceived, "2", 2);  // it has the new policy
  retire(kNow + 9 * kDay);
  EXPECT_EQ(served(), (std::vector<std::int64_t>{2}));
  retire(kNow + 17 * kDay);
  EXPECT_FALSE(has(file));
}

// A transaction that failed behind the removal of the files leaves the row alone.
TEST_F(ContentRetirement, IsNotHeldUpByAWithdrawnVersionWhoseManifestIsGone) {
  const std::string first = apply("1", "old", kNow);
  apply("2", "new", kNow);
  retire(kNow + 9 * kDay);
  for (const auto& each : must(site_->database->read(
           [&](store::Reader& reader) { return store::list_package_content(reader, *package_); })))
    if (each.withdrawn)
      must(site_->content->remove(must(store::ContentHash::from_bytes(each.manifest_sha256))));
  apply("3", "newest", kNow + 9 * kDay);
  retire(kNow + 17 * kDay);  // the first version's row goes
  retire(kNow + 18 * kDay);
  EXPECT_EQ(served(), (std::vector<std::int64_t>{3}));
  EXPECT_TRUE(has(first)) << "nothing is known of its files";
}

TEST_F(ContentRetirement, RemovesNothingWhileAManifestThatIsNeededIsLost) {
  const std::string file = apply("1", "old", kNow);
  apply("2", "new", kNow);
  retire(kNow + 9 * kDay);
  for (const auto& each : must(site_->database->read(
           [&](store::Reader& reader) { return store::list_package_content(reader, *package_); })))
    if (!each.withdrawn)
      must(site_->content->remove(must(store::ContentHash::from_bytes(each.manifest_sha256))));
  EXPECT_FALSE(retire_content(*site_, kNow + 17 * kDay));
  EXPECT_TRUE(has(file));
}

}  // namespace
}  // namespace muster::site_server
