"""On the tree recorded from a QEMU guest whose firmware tables and disks were given set values; what lsblk, lscpu,
dmidecode and ip said inside it is recorded beside it. In the long form, the same of a guest that is started now."""
import json
import pathlib
import shutil
import tempfile
import unittest

from reported import LONG, TREES, clean, inventory, output


class QemuGuest(unittest.TestCase):
    trees = TREES

    @classmethod
    def setUpClass(cls):
        cls.tools = cls.trees / "qemu-guest-tools"
        cls.rows = inventory(str(cls.trees / "qemu-guest"))

    def dmidecode(self, title):
        """The fields of the first structure of that title."""
        text = (self.tools / "dmidecode.txt").read_text().split(f"\n{title}\n", 1)[1].split("\n\n", 1)[0]
        return dict(line.strip().split(": ", 1) for line in text.splitlines() if ": " in line)

    def test_the_system_is_what_dmidecode_says(self):
        system, chassis, board = (self.dmidecode(f"{each} Information") for each in ("System", "Chassis", "Base Board"))
        memory = next(line for line in (self.trees / "qemu-guest/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
        self.assertEqual(self.rows["ComputerSystem"], [{
            "Manufacturer": system["Manufacturer"], "Model": system["Product Name"], "Version": system["Version"],
            "Family": system["Family"], "Sku": system["SKU Number"], "SerialNumber": system["Serial Number"],
            "Uuid": system["UUID"], "AssetTag": chassis["Asset Tag"], "ChassisType": chassis["Type"],
            "ChassisManufacturer": chassis["Manufacturer"], "ChassisVersion": chassis["Version"],
            "ChassisSerialNumber": chassis["Serial Number"], "BoardManufacturer": board["Manufacturer"],
            "BoardModel": board["Product Name"], "BoardVersion": board["Version"],
            "BoardSerialNumber": board["Serial Number"], "BootMode": "BIOS", "LogicalProcessors": 4,
            "TotalMemoryMB": int(memory.split()[1]) // 1024}])
        self.assertEqual(system["UUID"], "12345678-9abc-def0-1122-334455667788")  # as the guest was started

    def test_the_firmware_is_what_dmidecode_says(self):
        bios = self.dmidecode("BIOS Information")
        self.assertEqual(bios["Release Date"], "02/29/2024")
        self.assertEqual(self.rows["Bios"], [{
            "Vendor": bios["Vendor"], "Version": bios["Version"], "ReleaseDate": 1709164800000,
            "Release": "dotted " + bios["BIOS Revision"], "SmbiosVersion": "dotted 2.8",
            "RomSizeKB": int(bios["ROM Size"].split()[0]), "Uefi": 1, "Virtual": 1}])

    def test_memory_modules_are_what_dmidecode_says(self):
        module = self.dmidecode("Memory Device")
        self.assertEqual(self.rows["PhysicalMemory"], [{
            "Locator": module["Locator"], "CapacityMB": int(module["Size"].split()[0]),
            "SpeedMTs": int(module["Configured Memory Speed"].split()[0])
            if module["Configured Memory Speed"] != "Unknown" else int(module["Speed"].split()[0]),
            "Manufacturer": module["Manufacturer"], "PartNumber": module["Part Number"],
            "SerialNumber": module["Serial Number"]}])

    def test_disks_are_what_lsblk_says_and_what_was_plugged_in(self):
        said = json.loads((self.tools / "lsblk.json").read_text())["blockdevices"]
        found = {row["Name"]: row for row in self.rows["Disk"]}
        self.assertEqual(sorted(found), sorted(each["name"] for each in said))
        for each in said:
            row = dict(found[each["name"]])
            expected = {"Name": each["name"], "Model": clean(each["model"]), "Manufacturer": clean(each["vendor"]),
                        "Revision": clean(each["rev"]), "SerialNumber": clean(each["serial"]),
                        "SizeMB": each["size"] >> 20, "Transport": each["tran"], "Rotational": int(each["rota"]),
                        "Removable": int(each["rm"]), "ReadOnly": int(each["ro"]),
                        "LogicalSectorSize": each["log-sec"], "PhysicalSectorSize": each["phy-sec"]}
            # lsblk 2.38 asks udev alone for a virtio disk's number, and has no word for how it is attached.
            if each["name"].startswith("vd"):
                expected["Transport"] = "virtio"
                expected["SerialNumber"] = {"vda": "VIRTIO-1"}.get(each["name"])
            self.assertEqual(row, {key: value for key, value in expected.items() if value is not None})

    def test_the_processor_is_what_lscpu_says(self):
        def flat(entries):
            for each in entries:
                yield each["field"].rstrip(":"), each["data"]
                yield from flat(each.get("children", []))
        said = dict(flat(json.loads((self.tools / "lscpu.json").read_text())["lscpu"]))
        row, = self.rows["Processor"]
        self.assertEqual(
            [row[key] for key in ("Name", "Manufacturer", "Architecture", "Sockets", "Cores", "Threads")],
            [said["Model name"], said["Vendor ID"], said["Architecture"], int(said["Socket(s)"]),
             int(said["Socket(s)"]) * int(said["Core(s) per socket"]), int(said["CPU(s)"])])

    def test_the_network_is_what_ip_says(self):
        link = next(each for each in json.loads((self.tools / "ip_link.json").read_text()) if each["ifname"] == "eth0")
        row, = self.rows["NetworkAdapter"]
        self.assertEqual((row["Name"], row["MacAddress"], row["MTU"], row["State"].upper(), row["Driver"]),
                         ("eth0", link["address"], link["mtu"], link["operstate"], "virtio_net"))
        addresses = next(each for each in json.loads((self.tools / "ip_addr.json").read_text())
                         if each["ifname"] == "eth0")["addr_info"]
        expected = sorted((each["local"], each["prefixlen"]) for each in addresses if each["scope"] != "link")
        self.assertEqual(sorted((row["Address"], row["PrefixLength"]) for row in self.rows["IPAddress"]), expected)
        default = next(each for each in json.loads((self.tools / "ip_route.json").read_text()) if each["dst"] == "default")
        v4 = next(row for row in self.rows["IPAddress"] if row["Family"] == "IPv4")
        self.assertEqual(v4["Gateway"], default["gateway"])


@unittest.skipUnless(LONG, "a guest without KVM takes minutes: MUSTER_LONG=yes")
class StartedGuest(QemuGuest):
    @classmethod
    def setUpClass(cls):
        cls.trees = pathlib.Path(tempfile.mkdtemp(prefix="muster-guest-"))
        cls.addClassCleanup(shutil.rmtree, cls.trees)
        output(str(TREES / "record_qemu_guest"), str(cls.trees))
        super().setUpClass()


if __name__ == "__main__":
    unittest.main()
