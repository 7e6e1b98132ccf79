// What the tests of store/ share: a site database in a folder of its own, and short names.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <stdexcept>

#include "base/random.h"
#include "model/ids.h"
#include "store/migrations.h"
#include "store/site/devices.h"
#include "tests/base/temporary_folder.h"
#include "tests/store/test_database.h"

namespace muster::store {

// The value, or the end of the test with the error's text.
template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  return value_of(std::move(result));
}

template <typename T>
::testing::AssertionResult fails_with(const Result<T>& result, const ErrorKind& kind) {
  if (result) return ::testing::AssertionFailure() << "succeeded instead of " << kind.name;
  if (!result.error().is(kind))
    return ::testing::AssertionFailure() << result.error().text() << " instead of " << kind.name;
  return ::testing::AssertionSuccess();
}

inline constexpr Timestamp kNow{1'790'000'000'000};

inline model::SiteCode site_code() { return must(model::SiteCode::parse("P01")); }
inline model::ObjectId object_id(std::uint32_t counter) {
  return model::ObjectId::make(site_code(), counter);
}

class SiteDatabaseTest : public ::testing::Test {
 protected:
  template <typename Work>
  auto write(Work&& work) {
    return database_->write(std::forward<Work>(work));
  }
  template <typename Work>
  auto read(Work&& work) {
    return database_->read(std::forward<Work>(work));
  }
  Device new_device(DeviceState state = DeviceState::Active) {
    const auto id = model::DeviceId::make(random_);
    return must(write([&](Transaction& transaction) {
      return create_device(transaction, {id, site_code(), "pc-1", state, "alice"}, kNow);
    }));
  }
  Device device(DeviceNumber number) {
    auto found = must(read([&](Reader& reader) { return find_device(reader, number); }));
    if (!found) throw std::runtime_error("no such device");
    return *found;
  }

  TemporaryFolder folder_;
  SeededRandom random_{1};
  TestDatabase place_{folder_.path() / "site.sqlite"};
  std::unique_ptr<Database> database_ = must(place_.open_site(kNow));
};

}  // namespace muster::store
