// The inventory classes, declared as data. Columns are only ever appended to a class: rows are
// encoded by column number (inventory.cc). docs/inventory-classes.md is checked against this file.
#include "model/inventory.h"

namespace muster::model {
namespace {

constexpr auto Text = ColumnType::Text;
constexpr auto Integer = ColumnType::Integer;
constexpr auto Boolean = ColumnType::Boolean;
constexpr auto Time = ColumnType::Time;
constexpr auto VersionType = ColumnType::Version;
constexpr auto Shared = ColumnKind::Shared;
constexpr auto Unique = ColumnKind::Unique;
constexpr auto Volatile = ColumnKind::Volatile;

constexpr Column kDevice[] = {
    {"Name", Text, Unique, "The device's host name without its domain."},
    {"Fqdn", Text, Unique, "The device's fully qualified domain name."},
    {"Domain", Text, Shared, "The DNS domain of the fully qualified name."},
    {"Kind", Text, Shared, "What the device is: Desktop, Laptop, Server, Virtual or Container."},
    {"Architecture", Text, Shared, "The hardware's architecture as the kernel names it: x86_64."},
    {"Virtualization", Text, Shared,
     "The hypervisor or container engine below the device, or none."},
    {"Manufacturer", Text, Shared, "Who made the device, from its firmware tables."},
    {"Model", Text, Shared, "The maker's name of the model, from the firmware tables."},
    {"SerialNumber", Text, Unique, "The maker's serial number of the device."},
    {"FirmwareVersion", Text, Shared,
     "The version of the device's BIOS or UEFI as its maker writes it."},
    {"SecureBoot", Boolean, Shared, "Whether UEFI secure boot was on at the last start."},
    {"ClientVersion", VersionType, Shared,
     "The version of the muster client on the device (dotted)."},
    {"TimeZone", Text, Shared, "The device's time zone: Europe/Berlin."},
};

constexpr Column kOperatingSystem[] = {
    {"Name", Text, Shared, "The full name: Debian GNU/Linux 12 (bookworm)."},
    {"Id", Text, Shared, "The short name of os-release: debian."},
    {"VersionId", VersionType, Shared,
     "The release's number, compared as numbers between dots: 12."},
    {"Codename", Text, Shared, "The release's code name: bookworm."},
    {"KernelName", Text, Shared, "The kernel's name: Linux."},
    {"KernelRelease", Text, Shared, "The release of the kernel that runs: 6.1.0-18-amd64."},
    {"Architecture", Text, Shared, "The architecture that packages are built for: amd64."},
    {"Language", Text, Shared, "The system's locale: en_US.UTF-8."},
    {"InstallTime", Time, Unique, "When the operating system was installed."},
    {"BootTime", Time, Unique, "When the device was last started."},
};

constexpr Column kProcessor[] = {
    {"Name", Text, Shared, "The processor's name as its maker writes it."},
    {"Manufacturer", Text, Shared, "The processor's maker: GenuineIntel."},
    {"Architecture", Text, Shared, "The processor's architecture: x86_64."},
    {"Sockets", Integer, Shared, "How many processors of this name the device has."},
    {"Cores", Integer, Shared, "How many cores those processors have together."},
    {"Threads", Integer, Shared, "How many threads those processors run at once together."},
    {"MaxMHz", Integer, Shared, "The highest clock rate in megahertz."},
};

constexpr Column kPhysicalMemory[] = {
    {"Locator", Text, Shared, "The module's slot, or Total for the sum where modules are unknown."},
    {"CapacityMB", Integer, Shared, "The size in mebibytes."},
    {"Type", Text, Shared, "The module's type: DDR4."},
    {"SpeedMTs", Integer, Shared, "The configured speed in megatransfers a second."},
    {"Manufacturer", Text, Shared, "The module's maker."},
    {"PartNumber", Text, Shared, "The maker's part number of the module."},
    {"SerialNumber", Text, Unique, "The maker's serial number of the module."},
};

constexpr Column kLogicalDisk[] = {
    {"Name", Text, Shared, "Where the file system is mounted: /var."},
    {"BlockDevice", Text, Shared, "The block device or remote share below it: /dev/sda1."},
    {"FileSystem", Text, Shared, "The kind of file system: ext4."},
    {"SizeMB", Integer, Shared, "The file system's size in mebibytes."},
    {"FreeMB", Integer, Volatile, "The mebibytes that an ordinary user can still write."},
    {"ReadOnly", Boolean, Shared, "Whether the file system is mounted read-only."},
};

constexpr Column kNetworkAdapter[] = {
    {"Name", Text, Shared, "The adapter's name on the device: eth0."},
    {"Type", Text, Shared, "What the adapter is: Ethernet, Wireless, Bridge, Tunnel or Virtual."},
    {"Driver", Text, Shared, "The kernel driver that serves the adapter."},
    {"MacAddress", Text, Unique, "The hardware address: 52:54:00:12:34:56."},
    {"SpeedMbps", Integer, Shared, "The speed of the link in megabits a second."},
    {"MTU", Integer, Shared, "The largest packet in bytes."},
    {"State", Text, Shared, "The link's state: Up or Down."},
};

constexpr Column kIpAddress[] = {
    {"Adapter", Text, Shared, "The name of the adapter that has the address."},
    {"Address", Text, Unique, "The address: 192.0.2.17 or 2001:db8::17."},
    {"PrefixLength", Integer, Shared, "The length of the network's prefix in bits."},
    {"Family", Text, Shared, "IPv4 or IPv6."},
    {"Network", Text, Shared, "The network with its prefix length: 192.0.2.0/24."},
    {"Gateway", Text, Shared, "The gateway that the adapter's default route of this family names."},
};

constexpr Column kInstalledSoftware[] = {
    {"Name", Text, Shared, "The package's name: openssl."},
    {"Version", VersionType, Shared,
     "The installed version, compared as its package manager does."},
    {"Architecture", Text, Shared, "The architecture that the package was built for: amd64."},
    {"Publisher", Text, Shared, "The vendor or maintainer of the package."},
    {"Source", Text, Shared, "The name of the source package that this one was built from."},
    {"Section", Text, Shared, "The package manager's section or group: utils."},
    {"Purl", Text, Shared, "The package URL by which vulnerability data names the package."},
    {"InstalledSizeKB", Integer, Shared, "The kibibytes that the package says it takes."},
    {"PackageManager", Text, Shared, "What installed the package: dpkg or rpm."},
};

constexpr Column kComputerSystem[] = {
    {"Manufacturer", Text, Shared, "Who made the device, from its firmware tables."},
    {"Model", Text, Shared, "The maker's name of the model."},
    {"Version", Text, Shared, "The maker's version of the model."},
    {"Family", Text, Shared, "The family that the maker counts the model to."},
    {"Sku", Text, Shared, "The number under which the maker sells the model."},
    {"SerialNumber", Text, Unique, "The maker's serial number of the device."},
    {"Uuid", Text, Unique, "The device's UUID: lower case, as the kernel shows it."},
    {"AssetTag", Text, Unique, "The owner's number of the device, as written into its chassis."},
    {"ChassisType", Text, Shared, "The chassis as SMBIOS names it: Notebook."},
    {"ChassisManufacturer", Text, Shared, "Who made the chassis."},
    {"ChassisVersion", Text, Shared, "The maker's version of the chassis."},
    {"ChassisSerialNumber", Text, Unique, "The maker's serial number of the chassis."},
    {"BoardManufacturer", Text, Shared, "Who made the main board."},
    {"BoardModel", Text, Shared, "The maker's name of the main board."},
    {"BoardVersion", Text, Shared, "The maker's version of the main board."},
    {"BoardSerialNumber", Text, Unique, "The maker's serial number of the main board."},
    {"BootMode", Text, Shared, "How the system was started: UEFI or BIOS."},
    {"LogicalProcessors", Integer, Shared, "How many processors the system schedules on."},
    {"TotalMemoryMB", Integer, Shared, "The mebibytes of memory that the system can use."},
};

constexpr Column kBios[] = {
    {"Vendor", Text, Shared, "Who made the firmware."},
    {"Version", Text, Shared, "The firmware's version as its maker writes it."},
    {"ReleaseDate", Time, Shared, "The day on which the firmware was released."},
    {"Release", VersionType, Shared, "The firmware's release, major and minor (dotted)."},
    {"ControllerRelease", VersionType, Shared,
     "The release of the embedded controller's firmware (dotted)."},
    {"SmbiosVersion", VersionType, Shared,
     "The version of SMBIOS that the tables follow (dotted)."},
    {"RomSizeKB", Integer, Shared, "The size of the chip that holds the firmware, in kibibytes."},
    {"Uefi", Boolean, Shared, "Whether the firmware says that it supports UEFI."},
    {"Virtual", Boolean, Shared, "Whether the firmware says that it is a virtual machine's."},
};

constexpr Column kDisk[] = {
    {"Name", Text, Shared, "The disk's name on the device: sda."},
    {"Model", Text, Shared, "The maker's name of the model."},
    {"Manufacturer", Text, Shared, "The maker as the disk tells it."},
    {"Revision", Text, Shared, "The disk's firmware revision."},
    {"SerialNumber", Text, Unique, "The maker's serial number of the disk."},
    {"Wwn", Text, Unique, "The disk's world-wide name."},
    {"SizeMB", Integer, Shared, "The size in mebibytes."},
    {"Transport", Text, Shared, "How the disk is attached: sata, nvme, usb, sas, virtio."},
    {"Rotational", Boolean, Shared, "Whether the kernel takes the disk for a turning one."},
    {"Removable", Boolean, Shared, "Whether the medium can be taken out."},
    {"ReadOnly", Boolean, Shared, "Whether the disk refuses to be written."},
    {"LogicalSectorSize", Integer, Shared, "The bytes of the smallest addressable block."},
    {"PhysicalSectorSize", Integer, Shared, "The bytes that the disk writes at once."},
    {"PartitionTable", Text, Shared, "The kind of partition table: gpt or dos."},
};

constexpr Column kService[] = {
    {"Name", Text, Shared, "The service's name: ssh.service."},
    {"Description", Text, Shared, "What its unit file says that the service is."},
    {"State", Text, Shared,
     "Whether it is started by itself, in systemd's words: enabled, disabled, static, masked."},
    {"Type", Text, Shared, "How its start is known to be done: simple, forking, notify."},
    {"User", Text, Shared, "The account under which it runs; absent for the system's own."},
    {"Command", Text, Shared, "The first command that its start executes."},
    {"Path", Text, Shared, "The unit file that declares it."},
};

constexpr Column kUserAccount[] = {
    {"Name", Text, Shared, "The account's name."},
    {"Uid", Integer, Shared, "The account's number."},
    {"PrimaryGroup", Text, Shared, "The group that its files get, by name where it has one."},
    {"Groups", Text, Shared, "The further groups that list it, sorted, with commas between."},
    {"FullName", Text, Shared, "The person's name as the account database has it."},
    {"Home", Text, Shared, "The home folder."},
    {"Shell", Text, Shared, "The program that a log-in starts."},
    {"Locked", Boolean, Shared, "Whether no password opens it, as passwd --status says with L."},
    {"Expires", Time, Shared, "The day from which the account cannot be used."},
};

constexpr Column kSoftwareFile[] = {
    {"Name", Text, Shared, "The file's name without its folder."},
    {"Path", Text, Shared, "The file's whole path."},
    {"SizeBytes", Integer, Shared, "The file's length in bytes."},
    {"Modified", Time, Shared, "When its content was last changed."},
    {"Product", Text, Shared,
     "The package that the file belongs to, by its package manager or by its own ELF note."},
    {"Version", VersionType, Shared, "The version of that package."},
};

constexpr Column kClient[] = {
    {"Enrolled", Time, Unique, "When the device became known to the site."},
    {"LastSeen", Time, Volatile,
     "When the site last got a message of the client: a heartbeat, an inventory or a status."},
    {"LastInventory", Time, Volatile, "When the site last got an inventory of the device."},
};

constexpr InventoryClass kClasses[] = {
    {"Device", "The device itself: one row.", kDevice},
    {"OperatingSystem", "The operating system that runs on the device: one row.", kOperatingSystem},
    {"Processor", "A kind of processor in the device.", kProcessor},
    {"PhysicalMemory", "A memory module, or one row for all memory.", kPhysicalMemory},
    {"LogicalDisk", "A mounted file system that keeps data.", kLogicalDisk},
    {"NetworkAdapter", "A network adapter of the device.", kNetworkAdapter},
    {"IPAddress", "An address of a network adapter.", kIpAddress},
    {"InstalledSoftware", "An installed package.", kInstalledSoftware},
    {"ComputerSystem", "The machine as its maker built it: one row.", kComputerSystem},
    {"Bios", "The firmware that starts the machine: one row.", kBios},
    {"Disk", "A disk of the device: not a partition, and not one made of memory.", kDisk},
    {"Service", "A service that a unit file of systemd declares.", kService},
    {"UserAccount", "An account in the device's own database.", kUserAccount},
    {"SoftwareFile", "A file that the client's settings software_files.* ask for.", kSoftwareFile},
    {"Client", "What the site itself knows of the device's client: one row.", kClient,
     Origin::Site},
};

}  // namespace

std::span<const InventoryClass> inventory_classes() { return kClasses; }

}  // namespace muster::model
