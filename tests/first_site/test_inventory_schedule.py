"""Classes of the inventory with intervals of their own, from the site's setting to what the client does."""
import os
import pathlib
import subprocess
import unittest

from site_under_test import BIN, Site, wait_until

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


def configure(site, intervals, interval="P7D"):
    site.configure("site", inventory__intervals=intervals, inventory__interval=interval)


class ClassIntervals(unittest.TestCase):
    def test_a_wrong_setting_stops_the_site_with_the_nearest_class(self):
        with Site() as site:
            site.start("signer")
            site.cli("site", "wait", "signer")
            configure(site, "Servce P1D")
            done = subprocess.run([BIN / "musterd", "--config", site.path("site/musterd.yaml")], capture_output=True,
                                  text=True, timeout=30)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("did you mean 'Service'", done.stderr)

    def test_a_class_is_reported_at_its_own_interval_and_the_others_at_theirs(self):
        with Site() as site:
            configure(site, "UserAccount PT1H", "PT3H")
            site.start_site()
            clock, accounts, packages = (site.path(name) for name in ("clock", "passwd", "status"))
            clock.write_text("+0\n")
            accounts.write_text(pathlib.Path("/etc/passwd").read_text())
            packages.write_text(pathlib.Path("/var/lib/dpkg/status").read_text(encoding="utf-8"), encoding="utf-8")
            site.cli("token", "create", "--output", str(site.path("client/token")))
            with open(site.path("client.output"), "ab") as output:
                site.processes["client"] = subprocess.Popen(
                    ["unshare", "-m", "sh", "-c", 'mount --bind "$1" /etc/passwd && mount --bind "$2" '
                     '/var/lib/dpkg/status && LD_PRELOAD="$3" exec "$4" --config "$5"', "sh", str(accounts),
                     str(packages), str(FAKETIME), str(BIN / "muster-client"), str(site.path("client/client.yaml"))],
                    stdout=output, stderr=output, cwd=site.state,
                    env={**os.environ, "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
                         "DONT_FAKE_MONOTONIC": "1"})
            site.cli("site", "wait", "device", site.host())
            wait_until(lambda: site.events("client", "inventory.reported"), "the first inventory")
            wait_until(lambda: "root" in site.cli("query", "UserAccount | project Name", "-o", "csv"), "its accounts")

            with accounts.open("a") as file:
                file.write("newcomer:x:4711:4711::/nowhere:/bin/sh\n")
            with packages.open("a", encoding="utf-8") as file:
                file.write("\nPackage: zzz-late\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n")
            clock.write_text("+90m\n")
            wait_until(lambda: "newcomer" in site.cli("query", "UserAccount | project Name", "-o", "csv"),
                       "the new account", seconds=90)
            self.assertNotIn("zzz-late", site.cli("query", "InstalledSoftware | project Name", "-o", "csv"))
            self.assertEqual([event["full"] for event in site.events("client", "inventory.reported")], [True, False])

            clock.write_text("+4h\n")
            wait_until(lambda: "zzz-late" in site.cli("query", "InstalledSoftware | project Name", "-o", "csv"),
                       "the new package", seconds=90)


if __name__ == "__main__":
    unittest.main()
