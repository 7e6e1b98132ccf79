"""muster doctor: a healthy host, and each thing that can be wrong with one, said with advice."""
import base64
import hashlib
import json
import os
import subprocess
import unittest

from site_under_test import BIN, Site, wait_until


class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.site.start_all()
        wait_until(lambda: not any(f["check"] == "clock" and f["state"] != "ok" for f in cls.examine(cls)[1]), "a signed time")

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def examine(self, env=None, command=()):
        done = subprocess.run([*command, BIN / "muster", "doctor", "-o", "json"], capture_output=True, text=True, timeout=120,
                              env={**os.environ, "MUSTER_STATE": str(self.site.state), **(env or {})})
        return done.returncode, json.loads(done.stdout)

    def bad(self, findings):
        return {f["check"].split(" 127.")[0]: f for f in findings if f["state"] == "failed"}

    def test_1_a_healthy_trial_host_has_one_warning_and_every_built_connection_answers(self):
        code, findings = self.examine()
        self.assertEqual([f["check"] for f in findings if f["state"] != "ok"], ["trust"], findings)
        self.assertEqual(code, 1)
        checks = [f["check"] for f in findings]
        for wanted in ("connection 15 HTTP listens at 127.0.0.1:20080", "connection E1 HTTPS listens at 127.0.0.1:28443",
                       "connection 17 HTTPS dials 127.0.0.1:20443", "certificate of operator admin", "certificate of this client",
                       "certificate of the site's CA", "catalogue root", "signer", "database", "components", "inbox", "clock",
                       "devices", "quarantine"):
            self.assertIn(wanted, checks)
        self.assertTrue(any(check.startswith("disk of ") for check in checks))
        text = self.site.cli("doctor", ok=False).stdout
        self.assertIn("FOUND", text.splitlines()[0])
        self.assertEqual(len(text.splitlines()), len(findings) + 1)

    def test_2_a_device_that_waits_is_a_warning_with_advice(self):
        folder = self.site.path("client2")
        folder.mkdir(mode=0o700)
        config = self.site.path("client/client.yaml").read_text().replace(str(self.site.path("client")), str(folder))
        fingerprints = [f"{name}: {value}" for name, value in self.fingerprints().items()]
        lines = [line for line in config.splitlines() if not line.startswith("tokenFile")]
        (folder / "client.yaml").write_text("\n".join(lines + fingerprints) + "\n")
        with subprocess.Popen([BIN / "muster-client", "--config", folder / "client.yaml"]) as client:
            def waiting():
                return next(f for f in self.examine()[1] if f["check"] == "devices")
            try:
                wait_until(lambda: waiting()["state"] == "warning", "a pending device", 30)
            finally:
                client.kill()
        self.assertEqual(waiting()["found"], "1 wait for approval")
        self.assertIn("muster approve device", waiting()["advice"])

    def fingerprints(self):
        pem = self.site.path("operator/ca.pem").read_text().split("-----")[2]
        return {"caSha256": hashlib.sha256(base64.b64decode(pem)).hexdigest(),
                "rootSha256": hashlib.sha256(self.site.path("operator/1.root.json").read_bytes()).hexdigest()}

    def test_3_a_clock_that_is_behind_and_certificates_that_are_over_are_failures(self):
        code, findings = self.examine(command=("faketime", "-f", "-1h"))
        self.assertEqual(code, 3)
        self.assertIn("certificate of operator admin", self.bad(findings))
        code, findings = self.examine(command=("faketime", "-f", "+30d"))
        self.assertEqual(code, 3)
        bad = self.bad(findings)
        self.assertIn("expired at", bad["certificate of operator admin"]["found"])
        self.assertEqual(bad["certificate of operator admin"]["advice"], "Run muster login")
        self.assertIn("expired at", bad["certificate of this client"]["found"])

    def test_4_without_its_signer_and_its_daemon_it_says_which_is_gone(self):
        self.site.stop("signer")
        code, findings = self.examine()
        self.assertEqual((code, [name for name in self.bad(findings) if name != "components"]), (3, ["signer"]))
        self.assertIn("Start muster-signer", self.bad(findings)["signer"]["advice"])
        self.site.stop("site")
        code, findings = self.examine()
        self.assertEqual(code, 3)
        bad = self.bad(findings)
        for gone in ("connection 17 HTTPS listens at", "connection 15 HTTP listens at", "connection 17 HTTPS dials", "provider"):
            self.assertIn(gone, bad)
        self.assertIn("muster trace musterd", bad["connection 15 HTTP listens at"]["advice"])

    def test_5_a_folder_without_muster_is_said_to_be_one(self):
        code, findings = self.examine(env={"MUSTER_STATE": str(self.site.path("nowhere"))})
        self.assertEqual((code, findings[0]["check"]), (3, "configuration"))


if __name__ == "__main__":
    unittest.main()
