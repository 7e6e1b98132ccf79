#include "simulator/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "simulator/errors.h"
#include "simulator/machine_template.h"
#include "simulator/options.h"
#include "wire/json.h"

namespace muster::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    std::string name = testing::TempDir() + "report-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ReportTest() override { std::filesystem::remove_all(folder_); }

  // As proc(5) has it; the name of the program holds what would mislead a careless reader.
  void write_process(const std::string& id, const std::string& command, unsigned user_ticks,
                     unsigned resident_kb) {
    std::filesystem::create_directories(folder_ / "proc" / id);
    std::ofstream(folder_ / "proc" / id / "cmdline") << command;
    std::ofstream(folder_ / "proc" / id / "stat")
        << id << " (a b) 9 9) S 1 2 3 4 5 6 7 8 9 10 " << user_ticks << " 100 0 0\n";
    std::ofstream(folder_ / "proc" / id / "status")
        << "Name:\tx\nVmHWM:\t " << resident_kb * 2 << " kB\nVmRSS:\t " << resident_kb << " kB\n";
  }

  ManualClock clock_{Timestamp{1'790'000'000'000}};
  std::filesystem::path folder_;
};

TEST_F(ReportTest, EachPhaseHasItsOwnAnswers) {
  ServerWatch servers({}, {});
  Report report(clock_, servers);
  report.begin_phase("start");
  for (int i = 1; i <= 100; ++i) report.answered(Exchange::Poll, milliseconds(i));
  report.failed(Exchange::Poll, Error(kNotFetchedYet, "the first"));
  report.failed(Exchange::Poll, Error(kNotFetchedYet, "the second"));
  report.shook_hands(milliseconds(3), false);
  report.shook_hands(milliseconds(2), true);
  report.connected(1, 2);
  clock_.advance(seconds(4));
  report.connected(2, 2);
  clock_.advance(seconds(6));
  report.begin_phase("restart");
  clock_.advance(seconds(1));
  report.connected(0, 2);
  report.looked();
  report.end();
  const auto phases = report.take();
  ASSERT_EQ(phases.size(), 2u);
  const auto& start = phases[0];
  EXPECT_DOUBLE_EQ(start.seconds, 10);
  EXPECT_DOUBLE_EQ(start.connected_after_s, 4);
  EXPECT_EQ(start.connected, 2u);
  EXPECT_EQ(start.full_handshakes, 1u);
  EXPECT_EQ(start.resumed_handshakes, 1u);
  ASSERT_EQ(start.answers.size(), 2u);
  EXPECT_EQ(start.answers[0].kind, "poll");
  EXPECT_EQ(start.answers[0].answered, 100u);
  EXPECT_EQ(start.answers[0].failed, 2u);
  EXPECT_THAT(start.answers[0].first_failure, HasSubstr("the first"));
  EXPECT_NEAR(start.answers[0].p50_ms, 50, 2);
  EXPECT_NEAR(start.answers[0].p99_ms, 99, 4);
  EXPECT_DOUBLE_EQ(start.answers[0].longest_ms, 100);
  const auto& restart = phases[1];
  EXPECT_LT(restart.connected_after_s, 0);
  EXPECT_EQ(restart.connected, 0u);
  ASSERT_EQ(restart.answers.size(), 1u);
  EXPECT_EQ(restart.answers[0].kind, "round");
  EXPECT_NEAR(restart.answers[0].longest_ms, 1000, 1);
}

TEST_F(ReportTest, TheResultIsOneDocumentWithTheHardware) {
  contract::SimulationResult result;
  result.scenario = "a \"day\"";
  result.clients = 7;
  describe_machine(result);
  EXPECT_GE(result.cores, 1u);
  EXPECT_GT(result.memory_bytes, 0u);
  result.phases.push_back({.name = "start"});
  result.phases[0].answers.push_back({.kind = "poll", .answered = 3, .failed = 1});
  const auto document = wire::JsonDocument::parse(encode_simulation_result(result)).value();
  const auto root = document.root();
  EXPECT_EQ(root.at("scenario")->string().value(), "a \"day\"");
  EXPECT_EQ(root.at("hardware")->at("cores")->u64().value(), result.cores);
  const auto phase = root.at("phases")->items().value().at(0);
  EXPECT_EQ(phase.at("answers")->items().value().at(0).at("failed")->u64().value(), 1u);
  EXPECT_FALSE(phase.at("connectedAfterS"));  // they never were
  EXPECT_THAT(to_table(result), HasSubstr("not all"));
}

TEST_F(ReportTest, ServersAreFoundByTheirCommandLineAlsoAfterARestart) {
  write_process("100", std::string("musterd\0--config\0/site-a", 24), 1000, 10'000);
  write_process("200", std::string("musterd\0--config\0/site-b", 24), 5000, 70'000);
  std::filesystem::create_directories(folder_ / "proc" / "self");
  std::ofstream(folder_ / "database") << std::string(12'345, 'x');
  ServerWatch servers({"/site-a"}, folder_ / "database", folder_ / "proc");
  servers.begin();
  write_process("100", std::string("musterd\0--config\0/site-a", 24), 1500, 20'000);
  const double tick = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  ServerUse use = servers.end();
  EXPECT_NEAR(use.cpu_s, 500 * tick, 1e-6);
  EXPECT_EQ(use.resident_bytes, 20'000u * 1024);
  EXPECT_EQ(use.peak_bytes, 40'000u * 1024);
  EXPECT_EQ(use.database_bytes, 12'345u);
  std::filesystem::remove_all(folder_ / "proc" / "100");
  write_process("300", std::string("musterd\0--config\0/site-a", 24), 7, 5'000);
  use = servers.end();
  EXPECT_NEAR(use.cpu_s, 107 * tick, 1e-6);
  EXPECT_EQ(use.resident_bytes, 5'000u * 1024);
}

TEST(Options, WrongOnesAreRefused) {
  const std::vector<std::string> good = {
      "--scenario",  "a",        "--state", "b",        "--management-point",
      "https://c:1", "--server", "x",       "--server", "y"};
  const auto options = parse_options(good).value();
  EXPECT_EQ(options.management_point, "https://c:1");
  EXPECT_THAT(options.servers, testing::ElementsAre("x", "y"));
  EXPECT_TRUE(parse_options({"--help"})->help);
  const auto refused = [&](std::vector<std::string> more) {
    auto words = good;
    words.insert(words.end(), more.begin(), more.end());
    const auto read = parse_options(words);
    return !read && read.error().is(kUnknownOption);
  };
  EXPECT_FALSE(refused({"--clients", "19000"}));
  EXPECT_TRUE(refused({"--clients", "0"}));
  EXPECT_TRUE(refused({"--clients", "1000001"}));
  EXPECT_TRUE(refused({"--clients", "12x"}));
  EXPECT_TRUE(refused({"--clients"}));
  EXPECT_TRUE(refused({"--first", "-1"}));
  EXPECT_TRUE(refused({"--nonsense", "1"}));
  EXPECT_FALSE(parse_options({"--scenario", "a", "--state", "b"}));
}

TEST(MachineTemplate, AMachineIsTheSameAlwaysAndItsRowsAreGood) {
  const MachineTemplate machines(MachineTemplate::package_names(),
                                 {{contract::SimulatedSystem::Debian, 5},
                                  {contract::SimulatedSystem::Ubuntu, 3},
                                  {contract::SimulatedSystem::Rocky, 2}});
  const MachineTemplate again(MachineTemplate::package_names(),
                              {{contract::SimulatedSystem::Debian, 5},
                               {contract::SimulatedSystem::Ubuntu, 3},
                               {contract::SimulatedSystem::Rocky, 2}});
  std::map<contract::SimulatedSystem, int> systems;
  for (std::uint64_t number = 0; number < 200; ++number) {
    ++systems[machines.system(number)];
    std::size_t count = 0;
    const auto rows = machines.rows(number, number % 3);
    const auto others = again.rows(number, number % 3);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ASSERT_NE(rows[i].type, nullptr);
      ASSERT_EQ(rows[i].rows, others[i].rows);
      for (const model::Row& row : rows[i].rows)
        ASSERT_TRUE(model::check_row(*rows[i].type, row)) << rows[i].type->name;
      count += rows[i].rows.size();
    }
    EXPECT_GT(count, 250u);
  }
  EXPECT_GT(systems[contract::SimulatedSystem::Debian], systems[contract::SimulatedSystem::Rocky]);
  EXPECT_GT(systems[contract::SimulatedSystem::Rocky], 10);
}

// Most rows are shared by many machines, and patches change few of them.
TEST(MachineTemplate, SoftwareIsSkewedAndEachPatchChangesAFewPackages) {
  const MachineTemplate machines(MachineTemplate::package_names());
  const auto before = machines.software(5, 0).rows;
  const auto after = machines.software(5, 1).rows;
  std::size_t changed = 0, shared = 0;
  for (std::size_t i = 0; i < before.size(); ++i) changed += before[i] != after[i] ? 1 : 0;
  EXPECT_GT(changed, before.size() / 70);
  EXPECT_LT(changed, before.size() / 15);
  const auto other = machines.software(6, 0).rows;
  for (std::size_t i = 0; i < 180; ++i) shared += before[i][0] == other[i][0] ? 1 : 0;
  EXPECT_EQ(shared, 180u);
}

}  // namespace
}  // namespace muster::simulator
