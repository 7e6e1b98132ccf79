"""The class SoftwareFile, from the client's configuration to a query at the site."""
import json
import re
import subprocess
import unittest

from site_under_test import BIN, Site, wait_until


def configure(site, lines):
    file = site.path("client/client.yaml")
    added = "".join(f"  {line}\n" for line in lines)
    text = file.read_text()
    if re.search(r"^settings:$", text, re.M):
        text = re.sub(r"^settings:\n", lambda _: "settings:\n" + added, text, flags=re.M)
    else:
        text = re.sub(r"^settings:.*\n", "", text, flags=re.M) + "settings:\n" + added
    file.write_text(text)


class SoftwareFiles(unittest.TestCase):
    def test_named_files_arrive_and_those_of_folders_with_a_marker_do_not(self):
        with Site() as site:
            for path in ("opt/kept/tool.jar", "opt/kept/tool.txt", "opt/private/secret.jar", "opt/private/skpswi.dat",
                         "opt/mine/own.jar", "opt/mine/.muster-skip"):
                site.path(path).parent.mkdir(parents=True, exist_ok=True)
                site.path(path).write_text("x" * 17)
            configure(site, [f"software_files.roots: '{site.path('opt')}, /usr/bin'",
                             "software_files.patterns: '*.jar, bash'"])
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
            configure(site, ["software_files.roots: '/opt/../etc'"])
            done = subprocess.run([BIN / "muster-client", "--config", site.path("client/client.yaml")],
                                  capture_output=True, text=True, timeout=30)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("software_files.roots", done.stderr)


if __name__ == "__main__":
    unittest.main()
