// Machines that are like real ones in what counts for a fleet: most share most of their rows. About
// 300 rows each, 253 of them software; the same for the same number, always.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "contract/scenario.h"
#include "model/inventory.h"

namespace muster::simulator {

// Below `below`; small numbers are much commoner than large ones.
std::size_t skewed(Random& random, std::size_t below);

class MachineTemplate {
 public:
  // `names`: of packages, the commonest first, at least 2,000.
  explicit MachineTemplate(std::vector<std::string> names,
                           std::vector<contract::SystemShare> systems = {
                               {contract::SimulatedSystem::Debian, 1}});

  // Names such as distributions have them, the same everywhere.
  static std::vector<std::string> package_names();

  // When the machines were installed and started is told from here back.
  static constexpr Timestamp kNow{1'800'000'000'000};

  // Every class of the machine. `patches`: how often it was brought up to date.
  std::vector<model::ClassRows> rows(std::uint64_t number, std::uint64_t patches) const;
  model::ClassRows software(std::uint64_t number, std::uint64_t patches) const;
  static std::string host_name(std::uint64_t number);
  contract::SimulatedSystem system(std::uint64_t number) const;

  const std::vector<std::string>& names() const { return names_; }

 private:
  struct Machine {
    std::uint64_t number, patches, os, role, model, cohort, seed;
    contract::SimulatedSystem system;
  };
  Machine machine(std::uint64_t number, std::uint64_t patches) const;
  model::ClassRows software_of(const Machine& machine) const;
  model::ClassRows services_of(const Machine& machine) const;
  static model::ClassRows identity_of(const Machine& machine);
  static model::ClassRows system_of(const Machine& machine);
  static model::ClassRows processor_of(const Machine& machine);
  static model::ClassRows memory_of(const Machine& machine);
  static model::ClassRows disks_of(const Machine& machine);
  static model::ClassRows adapters_of(const Machine& machine);
  static model::ClassRows addresses_of(const Machine& machine);
  static model::ClassRows accounts_of(const Machine& machine);

  std::vector<std::string> names_;
  std::vector<contract::SystemShare> systems_;
  std::uint64_t weights_ = 0;
};

}  // namespace muster::simulator
