"""On Debian roots: the recorded package database, and in the long form fresh debootstrap roots of amd64 and arm64."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from reported import LONG, TREES, check_accounts, check_dpkg, check_services, inventory, output

MIRROR = [os.environ["MUSTER_DEBIAN_MIRROR"]] if "MUSTER_DEBIAN_MIRROR" in os.environ else []


class RecordedRoot(unittest.TestCase):
    def test_software_is_what_dpkg_query_says(self):
        check_dpkg(self, str(TREES / "debian12-minbase"))


class ChangedServices(unittest.TestCase):
    """This machine's unit files, with links as an administrator makes them, against systemctl."""

    def test_states_are_what_systemctl_says_after_each_change(self):
        with tempfile.TemporaryDirectory() as folder:
            units = pathlib.Path(folder, "usr/lib/systemd")
            shutil.copytree("/usr/lib/systemd/system", units / "system", symlinks=True)
            pathlib.Path(folder, "etc/systemd/system").mkdir(parents=True)
            for name, text in {
                    "wished": "[Unit]\nDescription=a\\\n b\n[Service]\nExecStart=-/bin/true x\n[Install]\nWantedBy=multi-user.target\n",
                    "named": "[Service]\nExecStart=/bin/true\n[Install]\nAlias=other-name.service\n",
                    "tmpl@": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\nDefaultInstance=one\n",
                    "company": "[Service]\nExecStart=/bin/true\n[Install]\nAlso=wished.service\n"}.items():
                (units / f"system/{name}.service").write_text(text)
            check_services(self, folder)
            for words in (("enable", "wished.service"), ("enable", "named.service"), ("enable", "tmpl@two.service"),
                          ("mask", "company.service"), ("enable", "tmpl@.service"), ("disable", "wished.service"),
                          ("mask", "systemd-journald.service"), ("unmask", "company.service")):
                subprocess.run(["systemctl", f"--root={folder}", *words], check=True, capture_output=True)
                with self.subTest(words):
                    check_services(self, folder)
            row = next(row for row in inventory(folder)["Service"] if row["Name"] == "wished.service")
            self.assertEqual((row["Description"], row["Command"]), ("a b", "/bin/true x"))


@unittest.skipUnless(LONG, "debootstrap takes minutes: MUSTER_LONG=yes")
class FreshRoots(unittest.TestCase):
    def root(self, *words):
        folder = tempfile.mkdtemp(prefix="muster-root-")
        self.addCleanup(shutil.rmtree, folder)
        output("debootstrap", *words, "bookworm", folder, *MIRROR)
        return folder

    def test_an_amd64_root_is_what_its_tools_say(self):
        root = self.root("--variant=minbase", "--include=systemd-sysv,openssh-server,cron")
        check_dpkg(self, root)
        check_accounts(self, root)
        check_services(self, root)

    def test_a_foreign_arm64_root_has_its_packages_unpacked_and_none_installed(self):
        root = self.root("--variant=minbase", "--arch=arm64", "--foreign")
        self.assertEqual(inventory(root)["InstalledSoftware"], [])
        system, = inventory(root)["OperatingSystem"]
        self.assertEqual(system.get("Id"), "debian")
        unpacked = json.dumps(inventory(root))
        self.assertNotIn("amd64", unpacked)


if __name__ == "__main__":
    unittest.main()
