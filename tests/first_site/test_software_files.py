"""The class SoftwareFile, from the client's configuration to a query at the site."""
import json
import subprocess
import unittest

from site_under_test import BIN, Site, wait_until


class SoftwareFiles(unittest.TestCase):
    def test_named_files_arrive_and_those_of_folders_with_a_marker_do_not(self):
        with Site() as site:
            for path in ("opt/kept/tool.jar", "opt/kept/tool.txt", "opt/private/secret.jar", "opt/private/skpswi.dat",
                         "opt/mine/own.jar", "opt/mine/.muster-skip"):
                site.path(path).parent.mkdir(parents=True, exist_ok=True)
                site.path(path).write_text("x" * 17)
            site.configure("client", software_files__roots=f"{site.path('opt')}, /usr/bin",
                           software_files__patterns="*.jar, bash")
            site.start_all()
            wait_until(lambda: site.events("client", "inventory.reported"), "the inventory")
            wait_until(lambda: site.json("query", "SoftwareFile | project Name")["rows"], "its files")
            rows = {row[-4]: row[-3:] for row in
                    site.json("query", "SoftwareFile | project Name, Path, SizeBytes, Product")["rows"]}
            self.assertEqual(sorted(rows), ["bash", "tool.jar"])
            self.assertIn("17", json.dumps(rows["tool.jar"]))
            self.assertEqual(rows["bash"][-1], "bash")

    def test_a_wrong_folder_stops_the_client_with_the_setting_named(self):
        with Site() as site:
            site.configure("client", software_files__roots="/opt/../etc")
            done = subprocess.run([BIN / "muster-client", "--config", site.path("client/client.yaml")],
                                  capture_output=True, text=True, timeout=30)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("software_files.roots", done.stderr)


if __name__ == "__main__":
    unittest.main()
