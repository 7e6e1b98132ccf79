"""Content and public documents fetched by curl, damage noticed by the client and named by explain."""
import json
import sqlite3
import subprocess
import unittest

from site_under_test import ROOT, Site, wait_until

HTTP = "http://127.0.0.1:20080"
HTTPS = "https://127.0.0.1:20443"


def curl(*words):
    done = subprocess.run(["curl", "-sS", "-o", "-", "-w", "\n%{http_code}", *words], capture_output=True)
    body, _, code = done.stdout.rpartition(b"\n")
    return int(code or 0), body


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.site.start_all()
        cls.site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
        cls.site.cli("explain", cls.site.host(), "hello-everywhere", "--watch")
        timestamp = json.loads(curl(f"{HTTP}/catalogue/timestamp.json")[1])
        cls.snapshot_version = timestamp["signed"]["meta"]["snapshot.json"]["version"]
        database = sqlite3.connect(cls.site.path("site/site.db"))
        folder, manifest = database.execute("SELECT folder, manifest_sha256 FROM package_content").fetchone()
        cls.folder, cls.manifest = folder.hex(), manifest.hex()
        cls.files = json.loads(curl(f"{HTTP}/content/{cls.folder}/{cls.manifest}")[1])

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def content_path(self, sha256):
        return next(self.site.path("site/content").rglob(sha256))

    def first_file(self):
        return json.dumps(self.files) and self.file_hashes()[0]

    def file_hashes(self):
        found = []
        def walk(node):
            if isinstance(node, dict):
                for key, value in node.items():
                    if key == "sha256":
                        found.append(value)
                    walk(value)
            elif isinstance(node, list):
                for each in node:
                    walk(each)
        walk(self.files)
        return found

    def test_1_content_comes_whole_in_ranges_and_conditionally(self):
        url = f"{HTTP}/content/{self.folder}/{self.first_file()}"
        code, whole = curl(url)
        self.assertEqual(code, 200)
        self.assertEqual(whole, (ROOT / "examples/first/hello/install.sh").read_bytes())
        code, part = curl("-r", "3-9", url)
        self.assertEqual((code, part), (206, whole[3:10]))
        code, body = curl("-H", f'If-None-Match: "{self.first_file()}"', url)
        self.assertEqual((code, body), (304, b""))

    def test_2_a_hash_is_served_under_its_own_packages_folder_only(self):
        self.assertEqual(curl(f"{HTTP}/content/{'0' * 32}/{self.first_file()}")[0], 404)
        self.assertEqual(curl(f"{HTTP}/content/{self.folder}/{'0' * 64}")[0], 404)
        self.assertEqual(curl(f"{HTTP}/content/{self.folder}/")[0], 403)

    def test_3_https_serves_content_to_devices_whose_policy_names_it(self):
        ca = str(self.site.path("operator/ca.pem"))
        url = f"{HTTPS}/content/{self.folder}/{self.first_file()}"
        self.assertEqual(curl("--cacert", ca, url)[0], 403)
        identity = self.site.path("client/identity/identity.pem")
        code, _ = curl("--cacert", ca, "--cert", str(identity), "--key", str(identity), url)
        self.assertEqual(code, 200)
        other = f"{HTTPS}/content/{'0' * 32}/{self.first_file()}"
        self.assertEqual(curl("--cacert", ca, "--cert", str(identity), "--key", str(identity), other)[0], 404)

    def test_4_public_documents_need_no_certificate_and_nothing_else_answers(self):
        for name in ["1.root.json", "timestamp.json", f"{self.snapshot_version}.snapshot.json", "1.targets.json",
                     "1.package-hello.json"]:
            self.assertEqual(curl(f"{HTTP}/catalogue/{name}")[0], 200, name)
        for path in ["/", "/mp/policy", "/api/v1/devices", "/catalogue/2.root.json/x", "/content/..%2f..%2fsite.db"]:
            self.assertIn(curl("--path-as-is", f"{HTTP}{path}")[0], (400, 403), path)

    def test_5_a_device_cannot_use_the_operators_interface(self):
        identity = str(self.site.path("client/identity/identity.pem"))
        ca = str(self.site.path("operator/ca.pem"))
        code, _ = curl("--cacert", ca, "--cert", identity, "--key", identity, "https://127.0.0.1:28443/api/v1/devices")
        self.assertEqual(code, 403)

    def deploy_again(self, name, version):
        """A new version of the package under a new deployment, applied but not yet followed."""
        folder = self.site.path(f"{name}-source")
        (folder / "hello").mkdir(parents=True)
        (folder / "hello/install.sh").write_text(f"echo {name}\n")
        text = (ROOT / "examples/first/first.yaml").read_text()
        text = text.replace('version: "1.0"', f'version: "{version}"').replace("hello-everywhere", name)
        (folder / "first.yaml").write_text(text)
        self.site.cli("apply", "-f", str(folder / "first.yaml"))
        return folder

    def explain(self, name):
        return json.loads(self.site.cli("explain", self.site.host(), name, "-o", "json"))

    def test_6_damaged_content_is_refused_and_explain_says_so(self):
        site = self.site
        site.stop("client")
        self.deploy_again("damaged", "2.0")
        import hashlib
        sha256 = hashlib.sha256(b"echo damaged\n").hexdigest()
        path = self.content_path(sha256)
        path.chmod(0o600)
        path.write_bytes(b"echo DAMAGED\n")
        site.start("client")
        step = wait_until(lambda: next((s for s in self.explain("damaged")["steps"]
                                        if s["step"] == "content on the device" and "M24" in s.get("cause", "")), None),
                          "explain naming the damage", 60)
        self.assertIn("nextRetry", step)
        self.assertFalse(any(m["deployment"] and m["statusId"] == 10005 and m["sequence"] > 0
                             for m in site.json("get", "status-messages")
                             if m["deployment"] == self.deployment_id("damaged")))

    def deployment_id(self, name):
        return next(d["metadata"]["id"] for d in self.site.json("get", "deployments") if d["metadata"]["name"] == name)

    def test_7_an_altered_catalogue_entry_is_refused_and_explain_names_the_check(self):
        site = self.site
        site.stop("client")
        self.deploy_again("altered", "3.0")
        wait_until(lambda: any(s["step"] == "policy signed for the device" and s["state"] == "done"
                               for s in self.explain("altered")["steps"]), "the signed policy")
        site.stop("site")
        database = sqlite3.connect(site.path("site/site.db"))
        version, document = database.execute("SELECT version, bytes FROM catalogue_document WHERE role = "
                                             "'package-hello' ORDER BY version DESC").fetchone()
        altered = document.replace(b"install.sh", b"uninst.all", 1)
        self.assertNotEqual(altered, document)
        database.execute("UPDATE catalogue_document SET bytes = ? WHERE role = 'package-hello' AND version = ?",
                         (altered, version))
        database.commit()
        database.close()
        site.start("site")
        site.wait_for_site()
        site.start("client")
        step = wait_until(lambda: next((s for s in self.explain("altered")["steps"]
                                        if s["state"] == "holds"), None), "explain naming the refusal", 60)
        self.assertEqual(step["step"], "policy accepted by the client")
        self.assertIn("M2408", step["cause"])

    def test_8_a_deleted_packages_content_cannot_be_read_any_more(self):
        site = self.site
        url = f"{HTTP}/content/{self.folder}/{self.manifest}"
        self.assertEqual(curl(url)[0], 200)
        for deployment in site.json("get", "deployments"):
            site.cli("delete", "deployment", deployment["metadata"]["name"])
        site.cli("delete", "package", "hello")
        self.assertEqual(curl(url)[0], 404)


if __name__ == "__main__":
    unittest.main()
