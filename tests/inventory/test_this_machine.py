"""On the machine that runs the tests: every class against the tools that Debian has for it."""
import json
import os
import pwd
import unittest

from reported import check_accounts, check_dpkg, check_services, clean, inventory, output


class ThisMachine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = inventory()

    def test_software_is_what_dpkg_query_says(self):
        check_dpkg(self, "/")

    def test_services_are_what_systemctl_says(self):
        check_services(self, "/")

    @unittest.skipUnless(os.access("/etc/shadow", os.R_OK), "only root may read /etc/shadow")
    def test_accounts_are_what_the_account_tools_say(self):
        check_accounts(self, "/")
        self.assertEqual([(row["Name"], row["Uid"], row.get("Home"), row.get("Shell"))
                          for row in self.rows["UserAccount"]],
                         [(each.pw_name, each.pw_uid, each.pw_dir or None, each.pw_shell or None)
                          for each in pwd.getpwall()])

    @unittest.skipUnless(os.access("/etc/shadow", os.R_OK), "only root may read /etc/shadow")
    def test_nothing_of_a_password_is_reported(self):
        with open("/etc/shadow") as file:
            hashes = {line.split(":")[1] for line in file}
        text = json.dumps(self.rows)
        for each in hashes:
            if len(each) > 4:
                self.assertNotIn(each.lstrip("!"), text)

    def test_disks_are_what_lsblk_says(self):
        said = json.loads(output("lsblk", "-J", "-b", "-d", "-o", "NAME,TYPE,SIZE,MODEL,VENDOR,REV,SERIAL,ROTA,RM,RO,"
                                 "LOG-SEC,PHY-SEC,PTTYPE"))["blockdevices"]
        expected = [each for each in said if each["type"] == "disk" and each["size"] and "ram" not in each["name"]]
        found = {row["Name"]: row for row in self.rows["Disk"]}
        self.assertEqual(sorted(found), sorted(each["name"] for each in expected))
        for each in expected:
            row = found[each["name"]]
            self.assertEqual((row["SizeMB"], row["Rotational"], row["Removable"], row["ReadOnly"],
                              row["LogicalSectorSize"], row["PhysicalSectorSize"]),
                             (each["size"] >> 20, each["rota"], each["rm"], each["ro"], each["log-sec"],
                              each["phy-sec"]))
            for column, key in (("Model", "model"), ("Manufacturer", "vendor"), ("Revision", "rev"),
                                ("SerialNumber", "serial")):
                if clean(each[key]):
                    self.assertEqual(row.get(column), clean(each[key]), column)

    def test_addresses_and_adapters_are_what_ip_says(self):
        links = [each for each in json.loads(output("ip", "-j", "link")) if each["ifname"] != "lo"]
        found = {row["Name"]: row for row in self.rows["NetworkAdapter"]}
        for each in links:
            if "link" in each or each["ifname"] not in found:
                continue  # a container's end
            row = found[each["ifname"]]
            self.assertEqual(row["MTU"], each["mtu"])
            if each.get("link_type") == "ether":
                self.assertEqual(row["MacAddress"], each["address"])
        self.assertLessEqual(set(found), {each["ifname"] for each in links})
        expected = sorted((each["ifname"], address["local"], address["prefixlen"])
                          for each in json.loads(output("ip", "-j", "addr")) for address in each["addr_info"]
                          if each["ifname"] != "lo" and address["scope"] == "global" and "temporary" not in address)
        self.assertEqual(sorted((row["Adapter"], row["Address"], row["PrefixLength"])
                                for row in self.rows["IPAddress"]), expected)

    def test_the_processor_is_what_lscpu_says(self):
        said = {each["field"]: each["data"] for each in json.loads(output("lscpu", "-J"))["lscpu"]}

        def flat(entries):
            for each in entries:
                yield each["field"].rstrip(":"), each["data"]
                yield from flat(each.get("children", []))
        said = dict(flat(json.loads(output("lscpu", "-J"))["lscpu"]))
        row = self.rows["Processor"][0]
        self.assertEqual((row["Name"], row["Manufacturer"], row["Architecture"]),
                         (said["Model name"], said["Vendor ID"], said["Architecture"]))
        if said.get("Socket(s)", "-") != "-":
            self.assertEqual(row["Sockets"], int(said["Socket(s)"]))
            self.assertEqual(row["Cores"], int(said["Socket(s)"]) * int(said["Core(s) per socket"]))
        self.assertEqual(self.rows["ComputerSystem"][0]["LogicalProcessors"], int(said["CPU(s)"]))


if __name__ == "__main__":
    unittest.main()
