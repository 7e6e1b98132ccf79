"""This machine, managed: inventory, collection, deployment, status, and what the operator sees."""
import csv
import io
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from site_under_test import ROOT, Site, wait_until


def installed_packages():
    out = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}\n"], capture_output=True,
                         text=True, check=True).stdout
    return out.splitlines().count("installed")


class ManagedMachine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        try:
            cls.site.start_all()
        except BaseException:
            print(cls.site.path("site.output").read_text())
            cls.site.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_1_the_device_is_listed_active_with_its_operating_system(self):
        devices = self.site.json("get", "devices")
        self.assertEqual([d["name"] for d in devices], [self.site.host()])
        self.assertEqual(devices[0]["state"], "active")
        release = pathlib.Path("/etc/os-release").read_text()
        name = [l.split("=", 1)[1].strip('"') for l in release.splitlines() if l.startswith("PRETTY_NAME=")][0]
        self.assertEqual(devices[0]["operatingSystem"], name)

    def test_2_the_software_count_is_that_of_dpkg(self):
        out = self.site.cli("query", "InstalledSoftware | summarize count()", "-o", "csv")
        rows = list(csv.reader(io.StringIO(out)))
        self.assertEqual(rows, [["count_"], [str(installed_packages())]])

    def test_3_the_sample_is_deployed_runs_once_and_reports(self):
        self.site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
        out = self.site.cli("explain", self.site.host(), "hello-everywhere", "--watch")
        self.assertIn("succeeded, exit code 0", out)
        deployments = self.site.json("get", "deployments")
        status = deployments[0]["status"]
        self.assertEqual({state: count for state, count in status.items() if count}, {"targets": 1, "succeeded": 1})
        collections = self.site.json("get", "collections")
        self.assertEqual(collections[0]["status"]["members"], 1)

    def test_4_a_second_inventory_without_change_sends_no_rows(self):
        before = len(self.site.events("client", "inventory.reported"))
        self.site.stop("client")
        self.site.start("client")
        wait_until(lambda: self.site.events("client", "inventory.unchanged"), "an unchanged inventory")
        self.assertEqual(len(self.site.events("client", "inventory.reported")), before)

    def test_5_applying_the_same_again_runs_nothing_again(self):
        started = [m for m in self.site.json("get", "status-messages") if m["statusId"] == 10005]
        self.assertEqual(len(started), 1)

    def test_6_the_audit_names_the_operator_and_each_write(self):
        entries = self.site.json("get", "audit")
        written = {(e["actor"], e["action"], e["kind"], e["name"]) for e in entries}
        for kind, name in [("Package", "hello"), ("Collection", "debian-machines"), ("Deployment", "hello-everywhere")]:
            self.assertIn(("operator admin", "create", kind, name), written)

    def test_7_curl_uses_the_interface_with_the_operators_certificate_and_not_without(self):
        folder = self.site.path("operator")
        api = "https://127.0.0.1:28443/api/v1/devices"
        common = ["curl", "-sS", "--cacert", str(folder / "ca.pem"), "-w", "%{http_code}", "-o", "/dev/null"]
        with_certificate = subprocess.run(
            [*common, "--cert", str(folder / "certificate.pem"), "--key", str(folder / "certificate.key"), api],
            capture_output=True, text=True)
        self.assertEqual(with_certificate.stdout, "200", with_certificate.stderr)
        without = subprocess.run([*common, api], capture_output=True, text=True)
        self.assertEqual(without.stdout, "403", without.stderr)

    def test_8_a_dry_run_checks_everything_and_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "examples/first", folder, dirs_exist_ok=True)
            file = pathlib.Path(folder) / "first.yaml"
            file.write_text(file.read_text().replace("debian-machines", "other-machines"))
            self.site.cli("apply", "-f", str(file), "--dry-run=server", ok=False)
            names = [c["metadata"]["name"] for c in self.site.json("get", "collections")]
            self.assertEqual(names, ["debian-machines"])

    def test_9_a_name_that_does_not_exist_is_an_error_that_says_so(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("apiVersion: muster/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {package: nosuch, "
                       "program: install, collection: all-systems, purpose: required, start: now}\n")
            file.flush()
            done = self.site.cli("apply", "-f", file.name, ok=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("there is no package nosuch", done.stderr)


class Readiness(unittest.TestCase):
    def test_a_site_without_its_signer_lives_but_is_not_ready(self):
        with Site() as site:
            site.start_all()

            def answer(path):
                done = subprocess.run(["curl", "-sS", "--cacert", str(site.path("operator/ca.pem")), "-o", "/dev/null", "-w",
                                       "%{http_code}", f"https://127.0.0.1:28443{path}"], capture_output=True, text=True)
                return int(done.stdout)

            self.assertEqual((answer("/livez"), answer("/readyz")), (200, 200))
            site.stop("signer")
            site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))  # its policy waits for a signature
            wait_until(lambda: answer("/readyz") == 503, "not ready")
            self.assertEqual(answer("/livez"), 200)
            site.start("signer")
            wait_until(lambda: answer("/readyz") == 200, "ready again")
            site.cli("explain", site.host(), "hello-everywhere", "--watch")


if __name__ == "__main__":
    unittest.main()
