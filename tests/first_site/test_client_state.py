"""What the client keeps in its state folder, and inventories out of turn."""
import json
import pathlib
import re
import subprocess
import unittest

from site_under_test import BIN, Site, die_with_me, wait_until

# /etc/passwd is the test's own; with "full" the outbox lies on a small disk without room.
START = """
mount --bind "$1" /etc/passwd || exit 1
if [ "$4" = full ]; then
  cp -a "$3/outbox" "$3/outbox.copy" && mount -t tmpfs -o size=64m none "$3/outbox" || exit 1
  cp -a "$3/outbox.copy/." "$3/outbox/" && head -c 64M /dev/zero > "$3/outbox/filler" 2>/dev/null
fi
exec "$2" --config "$3/client.yaml"
"""


class Inventories(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        cls.site.configure("client", retry__first="PT0.5S", retry__longest="PT1S")
        cls.accounts = cls.site.path("passwd")
        cls.accounts.write_text(pathlib.Path("/etc/passwd").read_text())
        cls.site.start_site()
        cls.site.cli("token", "create", "--output", str(cls.site.path("client/token")))
        cls.start_client()
        cls.site.cli("site", "wait", "device", cls.site.host())
        wait_until(lambda: "root" in cls.names(), "the first inventory")

    @classmethod
    def start_client(cls, disk="roomy"):
        with open(cls.site.path("client.output"), "ab") as output:
            cls.site.processes["client"] = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", START, "sh", str(cls.accounts), str(BIN / "muster-client"),
                 str(cls.site.path("client")), disk], stdout=output, stderr=output, cwd=cls.site.state,
                preexec_fn=die_with_me)

    @classmethod
    def names(cls):
        return cls.site.cli("query", "UserAccount | project Name", "-o", "csv")

    def add_accounts(self, name, count=1):
        with self.accounts.open("a") as file:
            for number in range(count):
                file.write(f"{name}{number}:x:{5000 + number}:5000::/nowhere:/bin/sh\n")

    def test_1_what_a_full_disk_kept_from_the_outbox_arrives_once_there_is_room(self):
        site = self.site
        site.stop("client")
        self.add_accounts("waits", 1000)  # more than the last page of the outbox's file has room for
        self.start_client("full")
        wait_until(lambda: len(site.events("client", "inventory.failed")) >= 2, "two tries without room")
        self.assertNotIn("waits0", self.names())
        self.assertEqual(site.events("client", "inventory.unchanged"), [])
        (pathlib.Path(f"/proc/{site.processes['client'].pid}/root{site.path('client/outbox/filler')}")).unlink()
        wait_until(lambda: "waits999" in self.names(), "the accounts")

    def test_2_a_trigger_looks_at_every_class(self):
        self.add_accounts("asked")
        answer = subprocess.run([BIN / "muster-client", "--state", self.site.path("client"), "-o", "json", "trigger",
                                 "inventory"], capture_output=True, text=True, timeout=120)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertEqual(json.loads(answer.stdout)["rows"], [["inventory", "now"]])
        wait_until(lambda: "asked0" in self.names(), "the account")


class DamagedFiles(unittest.TestCase):
    def test_files_that_the_client_can_do_without_do_not_stop_it(self):
        with Site() as site:
            self.assertIn("fallbackStatusPoint: http", site.path("client/client.yaml").read_text())
            site.configure("client", retry__first="PT0.5S", retry__longest="PT1S")
            site.start_site()
            site.cli("token", "create", "--output", str(site.path("client/token")))
            files = {name: site.path("client", *name.split("/"))
                     for name in ("fallback", "assignment/site", "assignment/code")}
            files["fallback"].write_bytes(b"\x05damaged")
            wanted = site.path("client/assignment/wanted")
            (wanted / "no/file").mkdir(parents=True)
            files["assignment/site"].write_bytes(b"\x01damaged")
            files["assignment/code"].write_bytes(b"\x00" * 5000)
            client = site.start("client")
            site.cli("site", "wait", "device", site.host())
            # And while it runs.
            (wanted / "again").mkdir(parents=True)
            wait_until(lambda: not wanted.exists(), "the second question is set aside")
            wait_until(lambda: len(site.events("client", "client.state.damaged")) >= 5, "its event")
            told = sorted(re.search(r"\[file=(.*)\]", each["text"]).group(1)
                          for each in site.events("client", "client.state.damaged"))
            self.assertEqual(told, sorted(map(str, [*files.values(), wanted, wanted])))
            for file in [files["assignment/site"], files["assignment/code"], wanted]:
                self.assertTrue(file.with_name(file.name + ".damaged").exists())
                self.assertFalse(file.exists())
            self.assertEqual(files["fallback"].with_name("fallback.damaged").read_bytes(), b"\x05damaged")
            self.assertIsNone(client.poll())


if __name__ == "__main__":
    unittest.main()
