// The collectors on trees that the tests write: what recorded ones do not happen to hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/byte_writer.h"
#include "roles/client/inventory/address_text.h"
#include "roles/client/inventory/dpkg_status.h"
#include "roles/client/inventory/package_url.h"
#include "roles/client/inventory/rpm_header.h"
#include "roles/client/inventory/smbios.h"
#include "roles/client/inventory/text.h"
#include "tests/client/inventory_text.h"
#include "tests/client/written_source.h"

namespace muster::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DeviceCollector, ReadsFirmwareNamesAndLeavesPlaceholdersOut) {
  WrittenSource source;
  source.files = {{"/proc/sys/kernel/hostname", "pc17\n"},
                  {"/etc/hosts", "127.0.0.1 localhost\n192.0.2.9 pc17.example.net pc17 # here\n"},
                  {"/sys/class/dmi/id/sys_vendor", "LENOVO\n"},
                  {"/sys/class/dmi/id/product_name", "To Be Filled By O.E.M.\n"},
                  {"/sys/class/dmi/id/product_serial", "PF0123\n"},
                  {"/sys/class/dmi/id/bios_version", "N2IET99W (1.77 )\n"},
                  {"/sys/class/dmi/id/chassis_type", "10\n"},
                  {"/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme\n"}};
  source.files["/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"] =
      std::string("\6\0\0\0\1", 5);
  source.links["/etc/localtime"] = "../usr/share/zoneinfo/Europe/Berlin";
  EXPECT_THAT(row_texts("Device", collect_device(source, "1.2.3")),
              ElementsAre("Name=pc17 Fqdn=pc17.example.net Domain=example.net Kind=Laptop "
                          "Virtualization=none Manufacturer=LENOVO SerialNumber=PF0123 "
                          "FirmwareVersion=N2IET99W (1.77 ) SecureBoot=1 ClientVersion=1.2.3 "
                          "TimeZone=Europe/Berlin"));
}

TEST(DeviceCollector, NotesWhatOnlyRootMayRead) {
  WrittenSource source;
  source.denied = {"/sys/class/dmi/id/product_serial", "/sys/firmware/dmi/tables/DMI"};
  source.files["/proc/meminfo"] = "MemTotal:       2048 kB\n";
  const auto device = collect_device(source, "1");
  ASSERT_EQ(device->notes.size(), 1u);
  EXPECT_EQ(device->notes[0].reason, Note::Reason::NeedsRoot);
  EXPECT_EQ(device->notes[0].fact, "Device.SerialNumber");
  EXPECT_THAT(row_texts("Device", device), ElementsAre("ClientVersion=1"));
  const auto memory = collect_physical_memory(source);
  ASSERT_EQ(memory->notes.size(), 1u);
  EXPECT_EQ(memory->notes[0].fact, "PhysicalMemory modules");
  EXPECT_THAT(row_texts("PhysicalMemory", memory), ElementsAre("Locator=Total CapacityMB=2"));
}

TEST(DeviceCollector, TellsVirtualMachinesAndContainers) {
  const auto kind = [](std::map<std::string, std::string, std::less<>> files) {
    WrittenSource source;
    source.files = std::move(files);
    return row_texts("Device", collect_device(source, ""))[0];
  };
  EXPECT_EQ(kind({{"/sys/class/dmi/id/product_name", "VirtualBox"},
                  {"/sys/class/dmi/id/sys_vendor", "innotek GmbH"}}),
            "Kind=Virtual Virtualization=oracle Manufacturer=innotek GmbH Model=VirtualBox");
  EXPECT_EQ(kind({{"/proc/cpuinfo", "flags : fpu hypervisor\n"}}),
            "Kind=Virtual Virtualization=other");
  EXPECT_EQ(kind({{"/run/systemd/container", "lxc\n"}}), "Kind=Container Virtualization=lxc");
  EXPECT_EQ(kind({{"/.dockerenv", ""}}), "Kind=Container Virtualization=docker");
}

TEST(ProcessorCollector, CountsSocketsCoresAndThreadsPerKind) {
  WrittenSource source;
  std::string info;
  for (int cpu = 0; cpu < 8; ++cpu)
    info += fmt::format(
        "processor : {}\nvendor_id : AMD\nmodel name : Big\nphysical id : {}\n"
        "core id : {}\n\n",
        cpu, cpu / 4, cpu / 2 % 2);
  info += "processor : 8\nmodel name : Little\n\nHardware : board\n";
  source.files["/proc/cpuinfo"] = info;
  source.files["/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"] = "3700000\n";
  EXPECT_THAT(row_texts("Processor", collect_processor(source)),
              ElementsAre("Name=Big Manufacturer=AMD Sockets=2 Cores=4 Threads=8 MaxMHz=3700",
                          "Name=Little Threads=1"));
}

// A memory device of SMBIOS 3.2 by DSP0134 7.18, with its strings.
Bytes memory_device(std::uint16_t size, std::uint32_t wide) {
  Bytes out(0x28, '\0');
  const auto put = [&](std::size_t at, std::uint32_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i, value /= 256)
      out[at + i] = static_cast<char>(value % 256);
  };
  put(0, 17, 1);
  put(1, 0x28, 1);
  put(0x0C, size, 2);
  put(0x10, 1, 1);
  put(0x12, 0x1A, 1);
  put(0x15, 2666, 2);
  put(0x17, 2, 1);
  put(0x18, 3, 1);
  put(0x1A, 4, 1);
  put(0x1C, wide, 4);
  put(0x20, 2400, 2);
  return out + Bytes("DIMM A1\0Maker\0S123\0P456 \0\0", 26);
}

TEST(PhysicalMemoryCollector, ReadsTheModulesOfTheFirmware) {
  const std::string rest =
      " Type=DDR4 SpeedMTs=2400 Manufacturer=Maker PartNumber=P456 "
      "SerialNumber=S123";
  WrittenSource source;
  source.files["/sys/firmware/dmi/tables/DMI"] =
      Bytes("\1\4\0\0\0\0", 6) + memory_device(16384, 0) + memory_device(0, 0) +
      memory_device(0x7FFF, 65536) + memory_device(0x8000 | 2048, 0) + Bytes("\177\4\0\0\0\0", 6) +
      memory_device(1, 0);
  EXPECT_THAT(row_texts("PhysicalMemory", collect_physical_memory(source)),
              ElementsAre("Locator=DIMM A1 CapacityMB=16384" + rest,
                          "Locator=DIMM A1 CapacityMB=65536" + rest,
                          "Locator=DIMM A1 CapacityMB=2" + rest));
}

TEST(SmbiosTables, TruncatedAtEveryByteGiveTheWholeStructures) {
  const Bytes one = memory_device(16384, 0);
  const Bytes table = one + one;
  for (std::size_t size = 0; size < table.size(); ++size)
    EXPECT_EQ(parse_smbios(ByteView(table).substr(0, size)).size(), size < one.size() ? 0u : 1u);
  EXPECT_THAT(parse_smbios(Bytes(100, '\0')), IsEmpty());
  EXPECT_THAT(parse_smbios(Bytes(100, '\xff')), IsEmpty());
}

TEST(LogicalDiskCollector, ListsWhatKeepsDataOnce) {
  WrittenSource source;
  source.files["/proc/self/mounts"] =
      "proc /proc proc rw 0 0\n"
      "/dev/sda1 / ext4 rw,relatime 0 0\n"
      "/dev/sda1 /var/lib/bound ext4 rw 0 0\n"
      "tmpfs /run tmpfs rw 0 0\n"
      "/dev/sdb1 /mnt/two\\040words xfs ro,noatime 0 0\n"
      "server:/export /home nfs4 rw 0 0\n"
      "overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0\n"
      "broken line\n";
  source.spaces["/"] = {100u << 20, 40u << 20};
  EXPECT_THAT(
      row_texts("LogicalDisk", collect_logical_disk(source)),
      ElementsAre("Name=/ BlockDevice=/dev/sda1 FileSystem=ext4 SizeMB=100 FreeMB=40 ReadOnly=0",
                  "Name=/home BlockDevice=server:/export FileSystem=nfs4 ReadOnly=0",
                  "Name=/mnt/two words BlockDevice=/dev/sdb1 FileSystem=xfs ReadOnly=1"));
}

TEST(NetworkAdapterCollector, TellsTheKindsAndLeavesContainerLinksOut) {
  WrittenSource source;
  const auto add = [&](const std::string& name, const std::string& file,
                       const std::string& content) {
    source.files["/sys/class/net/" + name + "/" + file] = content;
  };
  for (const char* name : {"wlan0", "br0", "wg0", "veth1", "dummy0", "lo"}) {
    add(name, "type", std::string_view(name) == "wg0" ? "65534\n" : "1\n");
    add(name, "operstate", "down\n");
    add(name, "ifindex", "3\n");
    add(name, "iflink", "3\n");
  }
  add("lo", "type", "772\n");
  add("wlan0", "wireless/status", "");
  add("wlan0", "address", "52:54:00:12:34:56\n");
  add("wlan0", "speed", "-1\n");
  add("wlan0", "operstate", "unknown\n");
  add("wlan0", "carrier", "1\n");
  add("br0", "bridge/x", "");
  add("br0", "speed", "1000\n");
  add("veth1", "iflink", "9\n");
  add("veth1", "master/x", "");
  source.files["/sys/class/net/bonding_masters"] = "";
  EXPECT_THAT(row_texts("NetworkAdapter", collect_network_adapter(source)),
              ElementsAre("Name=br0 Type=Bridge SpeedMbps=1000 State=Down",
                          "Name=dummy0 Type=Virtual State=Down", "Name=wg0 Type=Tunnel State=Down",
                          "Name=wlan0 Type=Wireless MacAddress=52:54:00:12:34:56 State=Up"));
}

TEST(IpAddressCollector, LeavesOutWhatIdentifiesNothing) {
  WrittenSource source;
  source.addresses = {{"lo", Bytes("\x7f\0\0\1", 4), 8},
                      {"eth0", Bytes("\xa9\xfe\1\2", 4), 16},
                      {"eth0", Bytes("\xc6\x33\x64\x07", 4), 25}};
  source.files["/proc/net/if_inet6"] =
      "fe800000000000000000000000000001 02 40 20 80 eth0\n"
      "20010db8000000000000000000000017 02 40 00 00 eth0\n"
      "20010db8000000001234567890abcdef 02 40 00 01 eth0\n"
      "00000000000000000000000000000001 01 80 10 80 lo\n"
      "nonsense\n";
  EXPECT_THAT(row_texts("IPAddress", collect_ip_address(source)),
              ElementsAre("Adapter=eth0 Address=198.51.100.7 PrefixLength=25 Family=IPv4 "
                          "Network=198.51.100.0/25",
                          "Adapter=eth0 Address=2001:db8::17 PrefixLength=64 Family=IPv6 "
                          "Network=2001:db8::/64"));
}

TEST(AddressTexts, FollowRfc5952) {
  const auto text = [](std::string_view hex) { return address_text(from_hex(hex).value()); };
  EXPECT_EQ(text("00000000000000000000000000000000"), "::");
  EXPECT_EQ(text("00000000000000000000000000000001"), "::1");
  EXPECT_EQ(text("20010db8000000010001000100010001"), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(text("20010db8000000000001000000000001"), "2001:db8::1:0:0:1");
  EXPECT_EQ(text("20010000000000010000000000000001"), "2001:0:0:1::1");
  EXPECT_EQ(text("20010db8000000000000000000000000"), "2001:db8::");
  EXPECT_EQ(text("c0000211"), "192.0.2.17");
}

TEST(DpkgStatus, CountsOnlyWhatIsFullyInstalled) {
  const auto packages = parse_dpkg_status(
      "Package: a\nStatus: install ok installed\nVersion: 1:2.0-1\nSource: src (1.0)\n"
      "Description: short\n Package: not-this\n .\n more\n\n\n"
      "Package: b\nStatus: deinstall ok config-files\n\n"
      "Package: c\nStatus: install ok half-configured\n\n"
      "package: d\nSTATUS: hold ok installed\nInstalled-Size: many\n\n"
      "Version: without a name\n\n"
      "Package: last\nStatus: install ok installed");
  ASSERT_EQ(packages.size(), 5u);
  EXPECT_EQ(packages[0].name, "a");
  EXPECT_EQ(packages[0].source, "src");
  std::string installed;
  for (const DpkgPackage& package : packages)
    if (package.installed) installed += package.name + " ";
  EXPECT_EQ(installed, "a d last ");
  EXPECT_EQ(packages[3].installed_size_kb, std::nullopt);
}

TEST(DpkgStatus, TakesTheJournalOfAnInterruptedDpkgIntoAccount) {
  WrittenSource source;
  const std::string is_installed = "Status: install ok installed\nArchitecture: all\n\n";
  source.files = {{"/var/lib/dpkg/status", "Package: a\n" + is_installed},
                  {"/var/lib/dpkg/updates/0000",
                   "Package: a\nStatus: install ok unpacked\nArchitecture: all\n"},
                  {"/var/lib/dpkg/updates/0001", "Package: b\n" + is_installed},
                  {"/var/lib/dpkg/updates/tmp.i", "Package: c\n" + is_installed}};
  EXPECT_THAT(row_texts("InstalledSoftware", collect_installed_software(source)),
              ElementsAre("Name=b Architecture=all Source=b PackageManager=dpkg"));
}

TEST(InstalledSoftwareCollector, FailsRatherThanReportingHalfADatabase) {
  WrittenSource source;
  source.files["/var/lib/dpkg/status"] = std::string(kLargestDpkgStatus + 1, 'x');
  const auto collected = collect_installed_software(source);
  ASSERT_FALSE(collected);
  EXPECT_TRUE(collected.error().is(kFactUnreadable));
  const Inventory inventory = collect_inventory(source, "1");
  EXPECT_EQ(inventory.classes.size(), 13u);
  ASSERT_EQ(inventory.errors.size(), 1u);
}

TEST(InstalledSoftwareCollector, TakesHostileTextsWithoutHarm) {
  WrittenSource source;
  source.files["/var/lib/dpkg/status"] =
      "Package: \xff\x01<script>\nStatus: install ok installed\nVersion: " +
      std::string(10'000, '9') + "\nMaintainer: " + std::string(100'000, 'm') + "\n\n";
  const Inventory inventory = collect_inventory(source, "1");
  EXPECT_TRUE(inventory.errors.empty());
}

// A header as rpm keeps it: name, version, release, epoch, architecture, source, size, files.
Bytes rpm_header() {
  struct Tag {
    std::uint32_t tag, type;
    std::string data;
    std::uint32_t count = 1;
  };
  const Tag tags[] = {{1000, 6, "bash"},
                      {1001, 6, "5.2"},
                      {1002, 6, "1.el9"},
                      {1003, 4, std::string("\0\0\0\2", 4)},
                      {1009, 4, std::string("\0\0\4\1", 4)},
                      {1022, 6, "x86_64"},
                      {1044, 6, "bash-5.2-1.el9.src.rpm"},
                      {1116, 4, std::string("\0\0\0\1\0\0\0\0", 8), 2},
                      {1117, 8, std::string("bash\0doc", 8), 2},
                      {1118, 8, std::string("/usr/share/\0/usr/bin/", 21), 2}};
  ByteWriter out, store;
  out.u32(std::size(tags));
  std::string index;
  for (const Tag& each : tags) {
    ByteWriter entry;
    entry.u32(each.tag);
    entry.u32(each.type);
    entry.u32(static_cast<std::uint32_t>(store.view().size()));
    entry.u32(each.count);
    index += entry.view();
    store.bytes(each.data);
    if (each.type != 4) store.u8(0);
  }
  out.u32(static_cast<std::uint32_t>(store.view().size()));
  out.bytes(index);
  out.bytes(store.view());
  return std::move(out).take();
}

TEST(RpmHeaders, GiveAPackage) {
  WrittenSource source;
  source.headers = {rpm_header()};
  EXPECT_THAT(row_texts("InstalledSoftware", collect_installed_software(source)),
              ElementsAre("Name=bash Version=2:5.2-1.el9 Architecture=x86_64 Source=bash "
                          "InstalledSizeKB=2 PackageManager=rpm"));
}

TEST(RpmHeaders, GiveTheFilesOfAPackage) {
  std::vector<std::string> files;
  const auto list = [&](ByteView header) {
    files.clear();
    return visit_rpm_files(header, [&](const std::string& path) { files.push_back(path); });
  };
  const Bytes whole = rpm_header();
  ASSERT_TRUE(list(whole));
  EXPECT_THAT(files, ElementsAre("/usr/bin/bash", "/usr/share/doc"));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(list(whole.substr(0, size))) << size;
  Bytes outside = whole;
  outside[whole.find(std::string("\0\0\0\1\0\0\0\0bash", 12)) + 3] = 2;
  EXPECT_FALSE(list(outside));  // the third folder of two
  EXPECT_THAT(files, IsEmpty());
}

TEST(RpmHeaders, TruncatedAtEveryByteFailTheWholeClass) {
  const Bytes whole = rpm_header();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    WrittenSource source;
    source.headers = {whole, whole.substr(0, size)};
    const auto collected = collect_installed_software(source);
    EXPECT_FALSE(collected.has_value()) << size;
  }
}

TEST(RpmHeaders, WithWildCountsAndOffsetsAreRefused) {
  const Bytes whole = rpm_header();
  for (std::size_t at = 0; at < 8 + 10 * 16; ++at) {
    Bytes broken = whole;
    broken[at] = '\xff';
    const auto parsed = parse_rpm_header(broken);
    if (parsed) {
      EXPECT_FALSE(parsed->name.empty());
    }
    std::size_t files = 0;
    static_cast<void>(visit_rpm_files(broken, [&](const std::string&) { ++files; }));
    EXPECT_LE(files, 2u);
  }
  Bytes wild = whole;
  wild[0] = '\x7f';
  EXPECT_FALSE(parse_rpm_header(wild).has_value());
}

TEST(UserAccountCollector, ReportsFlagsAndNeverAPassword) {
  WrittenSource source;
  source.files = {
      {"/etc/passwd",
       "root:x:0:0:root:/root:/bin/bash\n"
       "ann:x:1000:100:Ann Lee,Room 4,,:/srv/ann:/bin/zsh\n"
       "old:$1$abc:1001:77::/:/bin/sh\n+@nis::::::\nbroken:line\n"},
      {"/etc/group", "users:x:100:\nsudo:x:27:ann,root\nadm:x:4:ann\n"},
      {"/etc/shadow", "root:!$6$secret:1:0:99999:7:::\nann:$6$secret:1:0:99999:7::20000:\n"}};
  EXPECT_THAT(row_texts("UserAccount", collect_user_account(source)),
              ElementsAre("Name=root Uid=0 PrimaryGroup=0 Groups=sudo FullName=root Home=/root "
                          "Shell=/bin/bash Locked=1",
                          "Name=ann Uid=1000 PrimaryGroup=users Groups=adm,sudo FullName=Ann Lee "
                          "Home=/srv/ann Shell=/bin/zsh Locked=0 Expires=1728000000000",
                          "Name=old Uid=1001 PrimaryGroup=77 Home=/ Shell=/bin/sh Locked=0"));
  source.denied = {"/etc/shadow"};
  const auto without = collect_user_account(source);
  ASSERT_EQ(without->notes.size(), 1u);
  EXPECT_EQ(without->notes[0].fact, "UserAccount.Locked");
}

TEST(DiskCollector, BelievesUdevBeforeTheKernel) {
  WrittenSource source;
  for (const auto& [file, content] :
       std::map<std::string, std::string>{{"size", "2097152\n"},
                                          {"dev", "8:0\n"},
                                          {"device/type", "0\n"},
                                          {"device/model", "Short name   \n"},
                                          {"queue/rotational", "1\n"}})
    source.files["/sys/block/sda/" + file] = content;
  source.files["/run/udev/data/b8:0"] =
      "S:disk/by-id/x\nE:ID_MODEL_ENC=Whole\\x20name\\x20\\x20of\\x20it\nE:ID_SERIAL_SHORT=S17\n"
      "E:ID_WWN=0x5000\nE:ID_PART_TABLE_TYPE=gpt\nE:broken\n";
  source.links["/sys/block/sda"] =
      "../devices/pci0000:00/usb1/1-1/host4/target4:0:0/4:0:0:0/block/sda";
  source.files["/sys/block/sr0/size"] = "2097152\n";
  source.files["/sys/block/sr0/device/type"] = "5\n";
  source.files["/sys/block/loop0/size"] = "2048\n";
  source.files["/sys/block/sdb/size"] = "0\n";
  EXPECT_THAT(row_texts("Disk", collect_disk(source)),
              ElementsAre("Name=sda Model=Whole name of it SerialNumber=S17 Wwn=0x5000 SizeMB=1024 "
                          "Transport=usb Rotational=1 PartitionTable=gpt"));
}

// Examples of the specification's deb type, and of its rules on encoding.
TEST(PackageUrls, FollowTheSpecification) {
  EXPECT_EQ(to_text({"debian", "curl", "7.50.3-1", "i386", ""}),
            "pkg:deb/debian/curl@7.50.3-1?arch=i386");
  EXPECT_EQ(to_text({"Debian", "libstdc++6", "1:2~rc1+b/1", "amd64", "12"}),
            "pkg:deb/debian/libstdc%2B%2B6@1:2~rc1%2Bb%2F1?arch=amd64&distro=debian-12");
  EXPECT_EQ(to_text({"debian", "x", "1", "", "12"}), "pkg:deb/debian/x@1?distro=debian-12");
}

TEST(Assignments, AreReadAsOsReleaseSays) {
  const auto all =
      parse_assignments("# no\nA=1\nB=\"two \\\"words\\\"\"\nC='x'\n=no\nD\nE=\"open\n");
  EXPECT_EQ(all.at("A"), "1");
  EXPECT_EQ(all.at("B"), "two \"words\"");
  EXPECT_EQ(all.at("C"), "x");
  EXPECT_EQ(all.at("E"), "\"open");
  EXPECT_EQ(all.size(), 4u);
}

}  // namespace
}  // namespace muster::client
