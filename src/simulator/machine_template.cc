#include "simulator/machine_template.h"

#include "base/check.h"
#include "base/random.h"
#include "simulator/named_rows.h"

namespace muster::simulator {
namespace {

using contract::SimulatedSystem;
using Text = std::string;
using Number = std::int64_t;

constexpr std::size_t kLeastNames = 2000;
constexpr std::uint64_t kPackageNames = 20'000;

// How a distribution says what its packages are.
struct PackageWords {
  model::VersionScheme scheme;
  std::string_view manager, any, architecture, release, publisher;
};
PackageWords words_of(SimulatedSystem system) {
  switch (system) {
    case SimulatedSystem::Debian:
      break;
    case SimulatedSystem::Ubuntu:
      return {model::VersionScheme::Dpkg, "dpkg", "all", "amd64", "-1ubuntu1", "Ubuntu Developers"};
    case SimulatedSystem::Rocky:
      return {model::VersionScheme::Rpm, "rpm", "noarch", "x86_64", "-1.el9", "Rocky Team"};
  }
  return {model::VersionScheme::Dpkg, "dpkg", "all", "amd64", "-1", "Debian Team"};
}

struct SystemWords {
  std::string name, id, version, kernel;
};
SystemWords system_words(SimulatedSystem system, std::uint64_t os, std::uint64_t level) {
  switch (system) {
    case SimulatedSystem::Debian:
      break;
    case SimulatedSystem::Ubuntu:
      return {fmt::format("Ubuntu {}.04 LTS", 18 + 2 * os), "ubuntu",
              fmt::format("{}.04", 18 + 2 * os), fmt::format("6.{}.0-{}-generic", os, level)};
    case SimulatedSystem::Rocky:
      return {fmt::format("Rocky Linux 9.{}", os), "rocky", fmt::format("9.{}", os),
              fmt::format("5.14.0-{}.{}.el9_{}.x86_64", 300 + os, level, os)};
  }
  return {fmt::format("Debian GNU/Linux {}", 10 + os), "debian", fmt::format("{}", 10 + os),
          fmt::format("6.{}.0-{}-amd64", os, level)};
}

}  // namespace

std::size_t skewed(Random& random, std::size_t below) {
  const double u = static_cast<double>(random.below(1'000'000) + 1) / 1e6;
  return std::min(below - 1, static_cast<std::size_t>(static_cast<double>(below) * u * u * u));
}

MachineTemplate::MachineTemplate(std::vector<std::string> names,
                                 std::vector<contract::SystemShare> systems)
    : names_(std::move(names)), systems_(std::move(systems)) {
  MUSTER_CHECK(names_.size() >= kLeastNames && !systems_.empty());
  for (const contract::SystemShare& share : systems_) weights_ += share.weight;
}

std::vector<std::string> MachineTemplate::package_names() {
  constexpr std::string_view kStems[] = {
      "glib",  "ssl",    "xml",    "curl",  "zip",    "font",  "image", "audio",  "video", "mail",
      "http",  "json",   "yaml",   "crypt", "ldap",   "cups",  "scan",  "blue",   "print", "shell",
      "term",  "edit",   "office", "chart", "map",    "game",  "chess", "voice",  "photo", "paint",
      "disk",  "raid",   "backup", "sync",  "rescue", "boot",  "grub",  "kernel", "perf",  "trace",
      "proxy", "router", "fire",   "vpn",   "radius", "samba", "nfs",   "ftp",    "ssh",   "time"};
  constexpr std::string_view kForms[] = {"{}{}",         "lib{}{}",     "lib{}{}-dev", "{}-tools{}",
                                         "python3-{}{}", "{}-common{}", "perl-{}{}",   "{}-doc{}"};
  std::vector<std::string> out;
  for (std::uint64_t i = 0; out.size() < kPackageNames; ++i)
    for (const std::string_view form : kForms)
      out.push_back(
          fmt::format(fmt::runtime(form), kStems[i % std::size(kStems)], i / std::size(kStems)));
  SeededRandom random(7);
  for (std::size_t i = out.size() - 1; i > 0; --i) std::swap(out[i], out[random.below(i + 1)]);
  return out;
}

std::string MachineTemplate::host_name(std::uint64_t number) {
  return fmt::format("pc{:07}", number);
}

MachineTemplate::Machine MachineTemplate::machine(std::uint64_t number,
                                                  std::uint64_t patches) const {
  SeededRandom random(number);
  Machine out{number, patches, 0, 0, 0, 0, 0, systems_.front().system};
  const std::uint64_t os = random.below(100);
  out.os = os < 45 ? 2 : os < 70 ? 1 : os < 88 ? 3 : 0;
  out.role = random.below(8);
  out.model = random.below(40);
  out.cohort = random.below(6);  // how far behind it is
  out.seed = random.below(UINT64_MAX);
  std::uint64_t place = random.below(weights_);
  for (const contract::SystemShare& share : systems_) {
    out.system = share.system;
    if (place < share.weight) break;
    place -= share.weight;
  }
  return out;
}

contract::SimulatedSystem MachineTemplate::system(std::uint64_t number) const {
  return machine(number, 0).system;
}

std::vector<model::ClassRows> MachineTemplate::rows(std::uint64_t number,
                                                    std::uint64_t patches) const {
  const Machine m = machine(number, patches);
  std::vector<model::ClassRows> out;
  out.push_back(identity_of(m));
  out.push_back(system_of(m));
  out.push_back(processor_of(m));
  out.push_back(memory_of(m));
  out.push_back(disks_of(m));
  out.push_back(adapters_of(m));
  out.push_back(addresses_of(m));
  out.push_back(services_of(m));
  out.push_back(accounts_of(m));
  out.push_back(software_of(m));
  return out;
}

model::ClassRows MachineTemplate::software(std::uint64_t number, std::uint64_t patches) const {
  return software_of(machine(number, patches));
}

model::ClassRows MachineTemplate::identity_of(const Machine& m) {
  NamedRows out("Device");
  out.add({{"Name", host_name(m.number)},
           {"Kind", Text(m.role < 4 ? "Server" : "Desktop")},
           {"Architecture", Text("x86_64")},
           {"Manufacturer", fmt::format("Maker {}", m.model % 6)},
           {"Model", fmt::format("Model {}", m.model)},
           {"SerialNumber", fmt::format("SN{:010}", m.seed % 10'000'000'000)}});
  return out.take();
}

model::ClassRows MachineTemplate::system_of(const Machine& m) {
  const SystemWords words = system_words(m.system, m.os, m.cohort + m.patches);
  NamedRows out("OperatingSystem");
  out.add({{"Name", words.name},
           {"Id", words.id},
           {"VersionId", model::Version{model::VersionScheme::Dotted, words.version}},
           {"KernelRelease", words.kernel},
           {"Architecture", Text(words_of(m.system).architecture)},
           {"InstallTime", kNow.ms - static_cast<Number>(m.seed % 900) * 86'400'000},
           {"BootTime", kNow.ms - static_cast<Number>(m.seed % 90) * 86'400'000}});
  return out.take();
}

model::ClassRows MachineTemplate::processor_of(const Machine& m) {
  NamedRows out("Processor");
  out.add({{"Name", fmt::format("Processor {}", m.model % 12)},
           {"Sockets", Number(1)},
           {"Cores", Number(4 + 4 * static_cast<Number>(m.model % 3))}});
  return out.take();
}

model::ClassRows MachineTemplate::memory_of(const Machine& m) {
  NamedRows out("PhysicalMemory");
  for (int i = 0; i < 2; ++i)
    out.add({{"Locator", fmt::format("DIMM {}", i)},
             {"CapacityMB", Number(8192) << (m.model % 3)},
             {"Type", Text("DDR4")},
             {"SerialNumber", fmt::format("{:08x}", (m.seed >> i) & 0xffffffff)}});
  return out.take();
}

model::ClassRows MachineTemplate::disks_of(const Machine& m) {
  NamedRows out("LogicalDisk");
  for (const char* mount : {"/", "/var", "/home"})
    out.add({{"Name", Text(mount)},
             {"FileSystem", Text("ext4")},
             {"SizeMB", Number(20'000) << (m.model % 4)},
             {"FreeMB", static_cast<Number>((m.seed >> (mount[1] % 7)) % 20'000)},
             {"ReadOnly", Number(0)}});
  return out.take();
}

model::ClassRows MachineTemplate::adapters_of(const Machine& m) {
  NamedRows out("NetworkAdapter");
  for (int i = 0; i < 2; ++i)
    out.add({{"Name", fmt::format("eth{}", i)},
             {"Type", Text("Ethernet")},
             {"MacAddress", fmt::format("52:54:{:02x}:{:02x}:{:02x}:{:02x}", i,
                                        m.number >> 16 & 255, m.number >> 8 & 255, m.number & 255)},
             {"MTU", Number(1500)}});
  return out.take();
}

model::ClassRows MachineTemplate::addresses_of(const Machine& m) {
  NamedRows out("IPAddress");
  for (int i = 0; i < 2; ++i)
    out.add({{"Adapter", fmt::format("eth{}", i)},
             {"Address", fmt::format("10.{}.{}.{}", m.number >> 16 & 255, m.number >> 8 & 255,
                                     m.number & 255)},
             {"PrefixLength", Number(16)},
             {"Network", fmt::format("10.{}.0.0/16", m.number >> 16 & 255)}});
  return out.take();
}

model::ClassRows MachineTemplate::services_of(const Machine& m) const {
  NamedRows out("Service");
  for (std::size_t i = 0; i < 24; ++i)
    out.add({{"Name", names_[i * 5 + m.role % 5] + ".service"},
             {"State", Text((m.seed >> i) % 10 == 0 ? "disabled" : "enabled")},
             {"Type", Text("simple")}});
  return out.take();
}

model::ClassRows MachineTemplate::accounts_of(const Machine& m) {
  NamedRows out("UserAccount");
  for (Number i = 0; i < 8; ++i)
    out.add({{"Name", i < 7 ? fmt::format("service{}", i) : fmt::format("user{}", m.seed % 50'000)},
             {"Uid", 100 + i},
             {"Shell", Text(i < 7 ? "/usr/sbin/nologin" : "/bin/bash")}});
  return out.take();
}
// 180 of the system, 50 of the role, 23 of the machine's own; a fifth of them has patches, and a
// seventh of these gets one each time.
model::ClassRows MachineTemplate::software_of(const Machine& m) const {
  const PackageWords words = words_of(m.system);
  NamedRows out("InstalledSoftware");
  SeededRandom own(m.seed);
  for (std::uint64_t i = 0; i < 253; ++i) {
    const std::size_t place = i < 180   ? i
                              : i < 230 ? 200 + m.role * 60 + (i - 180)
                                        : 1000 + skewed(own, names_.size() - 1000);
    const bool patched = place % 5 == 0;
    const std::uint64_t level = patched ? (m.cohort + (m.patches + place / 5 % 7) / 7) % 12 : 0;
    out.add({{"Name", names_[place]},
             {"Version", model::Version{words.scheme, fmt::format("{}.{}.{}{}", place % 9, m.os,
                                                                  level, words.release)}},
             {"Architecture", Text(place % 3 == 0 ? words.any : words.architecture)},
             {"Publisher", fmt::format("{} {}", words.publisher, place % 700)},
             {"Section", fmt::format("section{}", place % 30)},
             {"InstalledSizeKB", static_cast<Number>(place * 37 % 9000)},
             {"PackageManager", Text(words.manager)}});
  }
  return out.take();
}

}  // namespace muster::simulator
