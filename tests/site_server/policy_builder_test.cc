// What is signed for devices when objects change: how often the signer and the database are asked,
// and what one failure does to the rest.
#include "roles/site_server/policy_builder/policy_builder.h"

#include <gtest/gtest.h>

#include "base/settings_tables.h"
#include "base/sha256.h"
#include "contract/catalogue.h"
#include "contract/objects/object.h"
#include "contract/signed_document.h"
#include "hosting/measured_database.h"
#include "net/unix_socket.h"
#include "roles/site_server/collection_evaluator/collection_evaluator.h"
#include "store/site/packages.h"
#include "store/site/policy.h"
#include "store/site/settings.h"
#include "tests/site_server/bare_site.h"
#include "topology/port_settings.h"
#include "trust/ceremony.h"
#include "trust/document_signature.h"
#include "trust/signer.h"

namespace muster::site_server {
namespace {

using store::kNow;
using store::must;

// The signer on a socket, as muster-signer serves it; counts what it is asked.
class CountingSigner {
 public:
  CountingSigner(const std::filesystem::path& folder, const Clock& clock, Random& random)
      : socket_(folder / "signer.sock") {
    must(trust::Signer::create(folder, store::site_code(), clock.now(), random));
    signer_.emplace(must(trust::Signer::open(folder, random)));
    net::UnixServerSettings settings;
    settings.path = socket_;
    settings.request_limit_bytes = contract::kSignerFrameLimit;
    settings.admit = [](const net::PeerCredentials&) { return true; };
    settings.answer = [this, &clock](const net::PeerCredentials&, ByteView frame) {
      return answer(frame, clock.now());
    };
    server_ = must(net::UnixServer::start(std::move(settings), clock));
  }
  ~CountingSigner() { server_->stop(); }

  const std::filesystem::path& socket() const { return socket_; }
  // Bodies that say so are refused.
  void refuse(std::string text) { refused_ = std::move(text); }
  const trust::Ed25519PublicKey& key() const { return signer_->policy_key(); }

  std::vector<std::size_t> body_frames;  // how many bodies each frame of bodies held

 private:
  Bytes answer(ByteView frame, Timestamp now) {
    const auto requests = must(contract::decode_signer_requests(frame));
    auto answers = signer_->handle(requests, now);
    std::size_t bodies = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const auto* document = std::get_if<contract::signer::SignDocument>(&requests[i]);
      if (!document) continue;
      ++bodies;
      if (!refused_.empty() && document->payload.find(refused_) != Bytes::npos)
        answers[i] = contract::signer::Refused{1, "refused", "by the test", "none"};
    }
    if (bodies > 0) body_frames.push_back(bodies);
    return contract::encode_signer_answers(answers);
  }
  std::filesystem::path socket_;
  std::optional<trust::Signer> signer_;
  std::string refused_;
  std::unique_ptr<net::UnixServer> server_;
};

class PolicyBuilderTest : public store::SiteDatabaseTest {
 protected:
  void SetUp() override {
    signer_.emplace(folder_.path() / "signer", clock_, random_);
    device_ = new_device();
    Settings settings({site_settings(), host_settings(), topology::port_setting_table()});
    site_ =
        bare_site(std::move(database_), clock_, random_, std::move(settings), signer_->socket());
    site_->database = std::make_unique<hosting::MeasuredDatabase>(std::move(site_->database),
                                                                  *site_->figures, clock_);
    publish_package();
    CollectionEvaluator collections(*site_, StoredMembers::None);
    must(collections.load());
    builder_.emplace(*site_);
    std::set<store::DeviceNumber> dirty;
    must(builder_->load(dirty));
    must(builder_->build(dirty));
    signer_->body_frames.clear();
  }

  void publish_package() {
    contract::PackageEntry entry;
    entry.version = 1;
    entry.expires = trust::catalogue_expiry(kNow);
    entry.package = "editor";
    entry.package_version = "1";
    entry.programs = {{.name = "install", .argv = {"true"}}};
    entry.manifest_sha256 = std::string(64, 'a');
    entry.manifest_length = 1;
    must(site_->database->write([&](store::Transaction& t) -> Result<void> {
      const auto object = TRY(store::create_object(t,
                                                   {.kind = "Package",
                                                    .name = "editor",
                                                    .site = store::site_code(),
                                                    .spec = R"({"version":"1","programs":[]})"},
                                                   kNow));
      TRY(store::add_catalogue_document(t, contract::package_role("editor"), 1,
                                        TRY(trust::sign_entry(entry, key_)), kNow));
      return store::add_package_content(t, {.package = object.id,
                                            .version = 1,
                                            .manifest_sha256 = Bytes(32, 'm'),
                                            .folder = Bytes(16, 'f'),
                                            .size_bytes = 1,
                                            .created = kNow,
                                            .withdrawn = {}});
    }));
  }

  static Bytes spec(const std::string& name, int minute, bool resolved = true) {
    model::Deployment deployment{
        .name = name, .package = "editor", .program = "install", .collection = "all-systems"};
    if (resolved) deployment.start = kNow + std::chrono::minutes(minute);
    return contract::encode_spec({.value = deployment});
  }
  // The change as the log has it.
  store::Change deploy(const std::string& name, int minute, bool resolved = true) {
    const auto object = must(site_->database->write([&](store::Transaction& t) {
      return store::create_object(t,
                                  {.kind = "Deployment",
                                   .name = name,
                                   .site = store::site_code(),
                                   .spec = spec(name, minute, resolved)},
                                  kNow);
    }));
    return change_of(object);
  }
  store::Change redeploy(const store::Change& before, const std::string& name, int minute) {
    return change_of(must(site_->database->write([&](store::Transaction& t) {
      return store::update_object(t, before.id, spec(name, minute), {}, kNow);
    })));
  }
  static store::Change change_of(const store::Object& object) {
    return {object.serial, kNow,      store::site_code(),
            object.kind,   object.id, store::ChangeAction::Update,
            object.spec};
  }

  void follow() {
    std::set<store::DeviceNumber> dirty;
    must(builder_->follow_noted(dirty));
    must(builder_->build(dirty));
  }
  // What the device's header names, as far as it is a deployment: starts in minutes by name.
  std::map<std::string, int> deployed() {
    std::map<std::string, int> out;
    const auto header = site_->shelf.header(device_->id.text());
    if (!header) return out;
    for (const std::string& hash : header->bodies) {
      const std::string_view name = hash;
      const auto bodies = site_->shelf.bodies_for(device_->id.text(), {&name, 1}, clock_.now());
      if (bodies.empty()) throw std::runtime_error("a body that is named is not there");
      EXPECT_EQ(sha256_hex(*bodies[0]), hash);
      const std::vector<trust::Ed25519PublicKey> keys{signer_->key()};
      const auto body = must(contract::decode_policy_body(
          must(trust::verify_document(*bodies[0], contract::SignedType::PolicyBody, keys))));
      if (const auto* found = std::get_if<contract::DeploymentBody>(&body))
        out[found->name] = static_cast<int>((found->start - kNow) / std::chrono::minutes(1));
    }
    return out;
  }

  ManualClock clock_{kNow};
  trust::Ed25519Key key_ = trust::Ed25519Key::generate(random_);
  std::optional<CountingSigner> signer_;
  std::optional<store::Device> device_;
  std::unique_ptr<hosting::Site> site_;
  std::optional<PolicyBuilder> builder_;
};

TEST_F(PolicyBuilderTest, SignsTheBodiesOfARoundInOneFrameAndStoresThemInOneTransaction) {
  for (int i = 0; i < 20; ++i) builder_->note(deploy("d" + std::to_string(i), i));
  const auto writes = site_->figures->writes.done.value();
  follow();
  EXPECT_EQ(site_->figures->writes.done.value() - writes, 2u) << "bodies, headers";
  EXPECT_EQ(signer_->body_frames, (std::vector<std::size_t>{20}));
  EXPECT_EQ(deployed().size(), 20u);
  EXPECT_EQ(deployed()["d7"], 7);
}

TEST_F(PolicyBuilderTest, SignsOnlyWhatSaysSomethingElseThanItsNewestBody) {
  const auto first = deploy("first", 1), second = deploy("second", 1);
  for (const auto& change : {first, second}) builder_->note(change);
  follow();
  signer_->body_frames.clear();
  builder_->note(first);
  builder_->note(redeploy(second, "second", 2));
  follow();
  EXPECT_EQ(signer_->body_frames, (std::vector<std::size_t>{1}));
  EXPECT_EQ(deployed(), (std::map<std::string, int>{{"first", 1}, {"second", 2}}));
}

TEST_F(PolicyBuilderTest, SignsABodyAnewWhoseStoredBytesAreNotThoseThatWereSigned) {
  const auto change = deploy("first", 1);
  builder_->note(change);
  follow();
  signer_->body_frames.clear();
  // The bytes of its signature, not of what it says.
  must(site_->database->write([&](store::Transaction& t) -> Result<void> {
    auto body = TRY(store::newest_policy_body(t, change.id));
    auto& digit = body->document[body->document.find('\n') - 3];
    digit = digit == '0' ? '1' : '0';
    TRY(t.run("UPDATE policy_body SET document = $1 WHERE object = $2",
              {store::blob(body->document), change.id.text()}));
    return {};
  }));
  builder_->note(change);
  follow();
  EXPECT_EQ(signer_->body_frames, (std::vector<std::size_t>{1}));
  EXPECT_EQ(deployed(), (std::map<std::string, int>{{"first", 1}}));
}

TEST_F(PolicyBuilderTest, WhatTheSignerRefusesHoldsUpNothingElseAndIsTriedAgain) {
  signer_->refuse("second");
  for (const char* name : {"first", "second", "third"}) builder_->note(deploy(name, 1));
  follow();
  EXPECT_EQ(deployed(), (std::map<std::string, int>{{"first", 1}, {"third", 1}}));
  signer_->refuse("");
  follow();
  EXPECT_EQ(deployed().size(), 2u) << "only retry() asks again";
  builder_->retry();
  follow();
  EXPECT_EQ(deployed().size(), 3u);
  signer_->body_frames.clear();
  builder_->retry();
  follow();
  EXPECT_TRUE(signer_->body_frames.empty());
}

TEST_F(PolicyBuilderTest, AnObjectThatCannotBeReadHoldsUpNothingElse) {
  builder_->note(deploy("first", 1));
  builder_->note(deploy("second", 1, false));
  builder_->note(deploy("third", 1));
  follow();
  EXPECT_EQ(deployed(), (std::map<std::string, int>{{"first", 1}, {"third", 1}}));
}

TEST_F(PolicyBuilderTest, AnotherVersionOfAPackageMakesNewBodiesOfAllThatDeployIt) {
  for (const char* name : {"first", "second"}) builder_->note(deploy(name, 1));
  follow();
  signer_->body_frames.clear();
  const auto package =
      must(site_->database->write([&](store::Transaction& t) -> Result<store::Object> {
        const auto object = TRY(store::find_object(t, "Package", "editor"));
        return store::update_object(t, object->id,
                                    R"({"version":"1","programs":[],"retired":true})", {}, kNow);
      }));
  builder_->note(change_of(package));
  follow();
  EXPECT_TRUE(deployed().empty()) << "it is retired";
  EXPECT_TRUE(signer_->body_frames.empty());
}

TEST_F(PolicyBuilderTest, VersionsRiseAndAreNeverUsedTwiceAlsoAfterARestart) {
  std::uint64_t last = 0;
  const auto expect_higher = [&] {
    const auto framed =
        must(contract::parse_signed_document(site_->shelf.header(device_->id.text())->document));
    const auto version = must(contract::decode_policy_header(framed.payload)).version;
    EXPECT_GT(version, last);
    // Before the signer saw it the database counted it as taken.
    EXPECT_GE(must(site_->database->read([](store::Reader& reader) {
                return store::read_counter(reader, store::Counter::Policy);
              })),
              static_cast<std::int64_t>(version));
    last = version;
  };
  expect_higher();
  const auto change = deploy("first", 1);
  for (int minute = 2; minute < 300; ++minute) {
    builder_->note(redeploy(change, "first", minute));
    follow();
    if (minute % 50 == 0) {
      builder_.emplace(*site_);
      std::set<store::DeviceNumber> dirty;
      must(builder_->load(dirty));
    }
    expect_higher();
    if (HasFailure()) return;
  }
}

TEST_F(PolicyBuilderTest, ADeviceMayFetchWhatItsFormerHeaderNamedForAMoment) {
  const auto first = deploy("first", 1);
  builder_->note(first);
  follow();
  const std::string id = device_->id.text();
  const auto former = site_->shelf.header(id)->bodies;
  builder_->note(redeploy(first, "first", 2));
  follow();
  const std::vector<std::string_view> names(former.begin(), former.end());
  EXPECT_EQ(site_->shelf.bodies_for(id, names, clock_.now()).size(), names.size());
  clock_.advance(hosting::kFormerBodiesTime);
  EXPECT_LT(site_->shelf.bodies_for(id, names, clock_.now()).size(), names.size());
}

}  // namespace
}  // namespace muster::site_server
