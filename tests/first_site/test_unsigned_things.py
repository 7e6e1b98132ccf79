"""What an operator did not sign, and what could not be signed in time: neither opens a way to run a program."""
import datetime
import hashlib
import json
import re
import sqlite3
import unittest

from site_under_test import Site, wait_until

PACKAGE = """apiVersion: muster/v1
kind: Package
metadata: {name: tool}
spec:
  version: '1'
%s  programs: [{name: once, command: sh run.sh, runAs: user, maxRuntime: %s}]
"""


def later(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class UnsignedThings(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.site.start_site()

    def apply(self, text, ok=True):
        file = self.site.path("objects.yaml")
        file.write_text(text)
        return self.site.cli("apply", "-f", str(file), ok=ok)

    def apply_package(self, source=True, runtime="PT5M", ok=True):
        folder = self.site.path("src")
        folder.mkdir(exist_ok=True)
        (folder / "run.sh").write_text(f"echo ran >> {self.site.path('ran')}\n")
        return self.apply(PACKAGE % ("  source: ./src\n" if source else "", runtime), ok)

    def forge_content(self):
        """Who holds the site server puts other content into the package's entry; he has no operator's key."""
        store = self.site.path("site/content/sha256")

        def put(content):
            name = hashlib.sha256(content).hexdigest()
            (store / name[:2]).mkdir(exist_ok=True)
            (store / name[:2] / name).write_bytes(content)
            return name
        with sqlite3.connect(self.site.path("site/site.db"), timeout=20) as database:
            version, document = database.execute(
                "SELECT version, bytes FROM catalogue_document WHERE role = 'package-tool' "
                "ORDER BY version DESC LIMIT 1").fetchone()
            manifest = next(name for name in re.findall(r"[0-9a-f]{64}", document.decode())
                            if (store / name[:2] / name).exists())
            text = (store / manifest[:2] / manifest).read_text()
            evil = b"echo EVIL\n"
            file = json.loads(text)["files"][0]
            forged = text.replace(file["sha256"], put(evil)).replace(f'"size":{file["size"]}', f'"size":{len(evil)}')
            document = document.decode().replace(manifest, put(forged.encode())).replace(
                f'"length":{len(text)}', f'"length":{len(forged)}').encode()
            database.execute("UPDATE catalogue_document SET bytes = ?, sha256 = ? WHERE role = 'package-tool' "
                             "AND version = ?", (document, hashlib.sha256(document).digest(), version))

    def test_content_that_only_the_site_names_is_neither_signed_nor_exported(self):
        self.apply_package()
        # What an operator signed may be kept by a file that names no content.
        self.apply_package(source=False, runtime="PT6M")
        self.forge_content()
        refused = self.apply_package(source=False, runtime="PT7M", ok=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("bad-signature", refused.stderr)
        self.assertIn("spec.source", refused.stderr)
        refused = self.site.cli("export", "-o", str(self.site.path("copy")), ok=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("bad-signature", refused.stderr)
        # Named anew, it is the operator's own again.
        self.apply_package(runtime="PT7M")

    def test_windows_that_the_signer_could_not_sign_in_time_still_bind(self):
        host = self.site.host()
        self.site.cli("token", "create", "--output", str(self.site.path("client/token")))
        self.site.start("client")
        self.site.cli("site", "wait", "device", host)
        self.apply_package()
        self.site.stop("signer")
        self.apply(f"apiVersion: muster/v1\nkind: Collection\nmetadata: {{name: held}}\nspec:\n"
                   f"  rules: [{{device: {host}}}]\n  maintenanceWindows:\n"
                   f"    - {{name: later, start: '{later(3600)}', duration: PT1H}}\n")
        wait_until(lambda: self.site.events("site", "policy.change.failed"), "the failed signature")
        self.site.start("signer")
        self.site.cli("site", "wait", "signer")
        self.apply("apiVersion: muster/v1\nkind: Deployment\nmetadata: {name: held}\n"
                   "spec: {package: tool, program: once, collection: held, purpose: required, start: now}\n")

        def waits():
            steps = self.site.cli("explain", host, "held", ok=False).stdout
            self.assertFalse(self.site.path("ran").exists(), steps)
            return "window" in steps and "waiting" in steps
        wait_until(waits, "the window to hold the program")


if __name__ == "__main__":
    unittest.main()
