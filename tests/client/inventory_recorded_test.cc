// The collectors on recorded trees (trees/README.md) and on the machine that runs the tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "roles/client/inventory/errors.h"
#include "roles/client/platform/root_source.h"
#include "tests/client/inventory_text.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

using testing::Contains;
using testing::ElementsAre;

RootSource tree(const std::string& name) {
  return RootSource::open(std::string(MUSTER_SOURCE_DIR "/tests/client/trees/") + name).value();
}

TEST(RecordedMinbase, GivesItsOperatingSystem) {
  EXPECT_THAT(row_texts("OperatingSystem", collect_operating_system(tree("debian12-minbase"))),
              ElementsAre("Name=Debian GNU/Linux 12 (bookworm) Id=debian VersionId=12 "
                          "Codename=bookworm Architecture=amd64"));
}

TEST(RecordedMinbase, GivesAsManyPackagesAsDpkgQueryCounted) {
  const auto rows =
      row_texts("InstalledSoftware", collect_installed_software(tree("debian12-minbase")));
  EXPECT_EQ(rows.size(), 88u);
  EXPECT_THAT(rows, Contains("Name=libstdc++6 Version=12.2.0-14+deb12u1 Architecture=amd64 "
                             "Publisher=Debian GCC Maintainers <debian-gcc@lists.debian.org> "
                             "Source=gcc-12 Section=libs "
                             "Purl=pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64"
                             "&distro=debian-12 InstalledSizeKB=2686 PackageManager=dpkg"));
}

TEST(RecordedMinbase, InventsNothing) {
  const RootSource source = tree("debian12-minbase");
  EXPECT_THAT(row_texts("Device", collect_device(source, "0.1.0")),
              ElementsAre("ClientVersion=0.1.0 TimeZone=Etc/UTC"));
  EXPECT_TRUE(collect_processor(source)->rows.empty());
  EXPECT_TRUE(collect_physical_memory(source)->rows.empty());
  EXPECT_TRUE(collect_logical_disk(source)->rows.empty());
  EXPECT_TRUE(collect_network_adapter(source)->rows.empty());
  EXPECT_TRUE(collect_ip_address(source)->rows.empty());
}

TEST(RecordedMachine, GivesItsHardware) {
  const RootSource source = tree("cloud-machine");
  EXPECT_THAT(row_texts("Processor", collect_processor(source)),
              ElementsAre("Name=Intel(R) Xeon(R) Processor @ 2.50GHz Manufacturer=GenuineIntel "
                          "Architecture=x86_64 Sockets=1 Cores=2 Threads=2 MaxMHz=2500"));
  EXPECT_THAT(row_texts("PhysicalMemory", collect_physical_memory(source)),
              ElementsAre("Locator=Total CapacityMB=24105"));
  EXPECT_THAT(row_texts("Device", collect_device(source, "0.1.0")),
              ElementsAre("Kind=Virtual Architecture=x86_64 Virtualization=other "
                          "ClientVersion=0.1.0"));
}

TEST(RecordedMachine, GivesItsNetwork) {
  const RootSource source = tree("cloud-machine");
  EXPECT_THAT(row_texts("NetworkAdapter", collect_network_adapter(source)),
              ElementsAre("Name=eth0 Type=Ethernet Driver=virtio_net "
                          "MacAddress=02:fc:00:00:00:01 MTU=1400 State=Up"));
  EXPECT_THAT(
      row_texts("IPAddress", collect_ip_address(source)),
      ElementsAre("Adapter=eth0 Address=192.0.2.2 PrefixLength=24 Family=IPv4 "
                  "Network=192.0.2.0/24 Gateway=192.0.2.1",
                  "Adapter=eth0 Address=fd00::2 PrefixLength=64 Family=IPv6 Network=fd00::/64 "
                  "Gateway=fd00::1"));
}

TEST(RecordedMachine, RoundsTheBootTimeToAMinute) {
  const auto collected = collect_operating_system(tree("cloud-machine"));
  EXPECT_THAT(row_texts("OperatingSystem", collected),
              ElementsAre("KernelName=Linux BootTime=1795366200000"));
}

TEST(LiveMachine, GivesAsManyPackagesAsDpkgQuery) {
  if (::access("/usr/bin/dpkg-query", X_OK) != 0) GTEST_SKIP() << "no dpkg here";
  const std::unique_ptr<FILE, int (*)(FILE*)> query(
      ::popen("dpkg-query -W -f '${db:Status-Status}\\n' | grep -c '^installed$'", "r"), &pclose);
  int expected = -1;
  ASSERT_EQ(::fscanf(query.get(), "%d", &expected), 1);
  const auto collected = collect_installed_software(RootSource::open("/").value());
  ASSERT_TRUE(collected) << collected.error().text();
  EXPECT_EQ(collected->rows.size(), static_cast<std::size_t>(expected));
}

TEST(LiveMachine, GivesRowsThatTheModelTakes) {
  const Inventory inventory = collect_inventory(RootSource::open("/").value(), "0.1.0");
  for (const Error& error : inventory.errors) ADD_FAILURE() << error.text();
  EXPECT_EQ(inventory.classes.size(), 14u);
  for (const auto& rows : inventory.classes)
    if (rows.type->name == "Device") {
      EXPECT_EQ(rows.rows.size(), 1u);
    }
}

TEST(RootSources, KeepLinksAndParentsInsideTheTree) {
  TemporaryFolder folder;
  folder.write("outside", "secret");
  folder.write("root/etc/os-release", "ID=inside\n");
  folder.write("root/outside", "inside");
  const auto etc = folder.path() / "root/etc";
  std::filesystem::create_symlink(folder.path() / "outside", etc / "absolute");
  std::filesystem::create_symlink("../../outside", etc / "relative");
  std::filesystem::create_symlink("/etc/os-release", etc / "within");
  const RootSource root = RootSource::open(folder.path() / "root").value();
  const Source& source = root;
  EXPECT_TRUE(source.read("/etc/absolute").error().is(kFactMissing));
  EXPECT_EQ(source.read("/etc/relative").value(), "inside");
  EXPECT_EQ(source.read("/../outside").value(), "inside");
  EXPECT_EQ(source.read("/etc/within").value(), "ID=inside\n");
  EXPECT_EQ(source.link_target("/etc/within"), "/etc/os-release");
  EXPECT_EQ(source.link_target("/etc/os-release"), std::nullopt);
}

TEST(RootSources, NeitherHangOnAFifoNorReadWithoutBound) {
  TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder.path() / "fifo").c_str(), 0600), 0);
  folder.write("large", std::string(2000, 'x'));
  const RootSource root = RootSource::open(folder.path()).value();
  const Source& source = root;
  EXPECT_TRUE(source.read("/fifo").error().is(kFactUnreadable));
  EXPECT_TRUE(source.read("/").error().is(kFactUnreadable));
  EXPECT_TRUE(source.read("/large", 1999).error().is(kFactUnreadable));
  EXPECT_EQ(source.read("/large", 2000)->size(), 2000u);
  EXPECT_TRUE(source.list("/missing").error().is(kFactMissing));
  EXPECT_THAT(source.list("/").value(), ElementsAre("fifo", "large"));
}

}  // namespace
}  // namespace muster::client
