#include "store/postgres_dialect.h"

#include "store/postgres_target.h"
#include "store/postgres_url.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

TEST(PostgresDialect, SpellsTheTypesAndNothingElse) {
  EXPECT_EQ(postgres_script("CREATE TABLE text (id INTEGER PRIMARY KEY, TEXT_ TEXT NOT NULL,\n"
                            "  b BLOB, r REAL CHECK (r <> 'a TEXT''s BLOB'), \"REAL\" INTEGER);"),
            "CREATE TABLE text (id BIGINT PRIMARY KEY, TEXT_ TEXT COLLATE \"C\" NOT NULL,\n"
            "  b BYTEA, r DOUBLE PRECISION CHECK (r <> 'a TEXT''s BLOB'), \"REAL\" BIGINT);");
  EXPECT_EQ(postgres_script(""), "");
  EXPECT_EQ(postgres_script("BLOB"), "BYTEA");
  EXPECT_EQ(postgres_script("'TEXT"), "'TEXT");
}

TEST(PostgresDialect, AStateWithoutAKindOfItsOwnIsCalledFailed) {
  EXPECT_EQ(postgres_error_kind("23505").number, kConstraint.number);
  EXPECT_EQ(postgres_error_kind("40P01").number, kDatabaseBusy.number);
  EXPECT_EQ(postgres_error_kind("53100").number, kDiskFull.number);
  EXPECT_EQ(postgres_error_kind("53300").number, kServerUnavailable.number);
  EXPECT_EQ(postgres_error_kind("57P01").number, kServerUnavailable.number);
  EXPECT_EQ(postgres_error_kind("42501").number, kDatabaseRefused.number);
  EXPECT_EQ(postgres_error_kind("42601").number, kDatabaseFailed.number);
  EXPECT_EQ(postgres_error_kind("").number, kServerUnavailable.number);
}

class Target : public ::testing::Test {
 protected:
  Result<PostgresTarget> of(const std::string& url) {
    options_.url = url;
    return postgres_target(options_);
  }
  static std::string word(const PostgresTarget& target, std::string_view name) {
    for (const auto& [keyword, value] : target.keywords)
      if (keyword == name) return value;
    return "";
  }
  PostgresOptions options_{.url = {}, .port = "1433", .ca_file = "/ca.pem", .password = "secret"};
};

TEST_F(Target, OverTheNetworkOnlyWithAVerifiedNameAndABoundChannel) {
  const auto target = must(of("postgresql://muster@db1.example,db2.example/site"));
  EXPECT_EQ(word(target, "sslmode"), "verify-full");
  EXPECT_EQ(word(target, "sslrootcert"), "/ca.pem");
  EXPECT_EQ(word(target, "channel_binding"), "require");
  EXPECT_EQ(word(target, "gssencmode"), "disable");
  EXPECT_EQ(word(target, "port"), "1433,1433");
  EXPECT_EQ(word(target, "password"), "secret");
  EXPECT_EQ(word(target, "target_session_attrs"), "read-write");
  EXPECT_EQ(word(must(of("postgresql://muster@db/site")), "port"), "1433");
  EXPECT_EQ(word(must(of("postgresql://muster@db:5432,db2/site")), "port"), "5432,1433");
  options_.ca_file = "";
  EXPECT_TRUE(fails_with(of("postgresql://muster@db/site"), kBadDatabaseUrl));
  options_.ca_file = "/ca.pem";
  options_.password = "";
  EXPECT_TRUE(fails_with(of("postgresql://muster@db/site"), kBadDatabaseUrl));
}

TEST_F(Target, ASocketNeedsNeither) {
  options_.ca_file = options_.password = "";
  const auto target = must(of("postgresql://muster@/site?host=/run/postgresql"));
  EXPECT_EQ(word(target, "host"), "/run/postgresql");
  EXPECT_EQ(word(target, "port"), "");
  EXPECT_TRUE(fails_with(of("postgresql://muster@/site?host=/run/postgresql,db"), kBadDatabaseUrl));
  EXPECT_TRUE(fails_with(of("postgresql://muster@db,%2Frun/site"), kBadDatabaseUrl));
}

TEST_F(Target, ThePortOfAUrlIsThatOfItsFirstHost) {
  EXPECT_EQ(port_of_database_url("postgresql://muster@db:5432,db2:5433/site"), 5432);
  EXPECT_EQ(port_of_database_url("postgresql://muster@db/site"), std::nullopt);
  EXPECT_EQ(port_of_database_url("postgresql://muster@/site?host=/run&port=5433"), std::nullopt);
  EXPECT_EQ(port_of_database_url(""), std::nullopt);
}

TEST_F(Target, AUrlSaysNothingOfItsOwnAboutSecurity) {
  for (const char* url :
       {"", "muster", "host=db user=muster dbname=site", "mysql://muster@db/site",
        "postgresql://db/site", "postgresql://muster@db", "postgresql://muster@/site",
        "postgresql://muster@db/site?sslmode=disable",
        "postgresql://muster@db/site?channel_binding=disable",
        "postgresql://muster@db/site?options=-c%20search_path=public",
        "postgresql://muster@db/site?passfile=/tmp/x"})
    EXPECT_TRUE(fails_with(of(url), kBadDatabaseUrl)) << url;
}

TEST_F(Target, APasswordInAUrlIsRefusedAndNotRepeated) {
  for (const char* url :
       {"postgresql://muster:hunter2@db/site", "postgresql://muster@db/site?password=hunter2",
        "postgresql://muster:hunter2%zz@db/site"}) {
    const auto target = of(url);
    ASSERT_TRUE(fails_with(target, kBadDatabaseUrl)) << url;
    EXPECT_EQ(target.error().text_with_advice().find("hunter2"), std::string::npos) << url;
  }
  const auto good = must(of("postgresql://muster@db/site"));
  EXPECT_EQ(good.name.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace muster::store
