"""Enrolment judged by strangers' software, approval, blocking, and a proxy in the way."""
import subprocess
import unittest

from site_under_test import Site, wait_until


def strongswan(*words):
    return subprocess.run(["pki", *words], capture_output=True)


class EnrolmentPeers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.site.start_site()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def est(self, folder, password, name):
        """strongSwan's EST client: the answer's certificate in PEM, or its complaint."""
        key, request = folder / f"{name}.key", folder / f"{name}.req"
        key.write_bytes(strongswan("--gen", "--type", "ecdsa", "--size", "256", "--outform", "pem").stdout)
        request.write_bytes(strongswan("--req", "--in", str(key), "--type", "ecdsa", "--dn", f"CN={name}").stdout)
        words = ["--est", "--url", "https://127.0.0.1:20443", "--in", str(request), "--cacert",
                 str(self.site.path("operator/ca.pem")), "--interval", "1", "--maxpolltime", "2", "--outform", "pem"]
        if password:
            words += ["--userpass", f"token:{password}"]
        done = strongswan(*words)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def token(self):
        return self.site.cli("token", "create").strip()

    def test_1_strongswan_enrols_by_token_and_the_token_is_good_once(self):
        folder = self.site.state
        password = self.token().split(".")[1]
        code, pem, complaint = self.est(folder, password, "swan")
        self.assertEqual(code, 0, complaint)
        text = subprocess.run(["openssl", "x509", "-noout", "-text"], input=pem, capture_output=True, text=True).stdout
        self.assertRegex(text, r"URI:urn:muster:device:[0-9a-f]{32}")
        self.assertIn("TLS Web Client Authentication", text)
        self.assertIn("swan", [d["name"] for d in self.site.json("get", "devices")])
        code, _, _ = self.est(folder, password, "thief")
        self.assertNotEqual(code, 0)
        self.assertNotIn("thief", [d["name"] for d in self.site.json("get", "devices")])

    def test_2_strongswan_waits_for_approval_without_a_token(self):
        code, _, _ = self.est(self.site.state, "", "stranger")
        self.assertNotEqual(code, 0)
        states = {d["name"]: d["state"] for d in self.site.json("get", "devices")}
        self.assertEqual(states["stranger"], "pending")

    def test_3_a_flipped_character_of_a_token_is_refused(self):
        secret = self.token().split(".")[1]
        wrong = ("A" if secret[0] != "A" else "B") + secret[1:]
        code, _, _ = self.est(self.site.state, wrong, "flipped")
        self.assertNotEqual(code, 0)
        token = self.token()
        place = token.index(".") + 5
        bad = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1:]
        self.site.path("client/token").write_text(bad + "\n")
        self.site.start("client")
        failed = wait_until(lambda: self.site.events("client", "client.enrolment.failed"), "the client's refusal")
        self.assertIn("token-checksum", failed[0]["text"])
        self.site.stop("client")
        self.site.path("client/token").unlink()

    def test_4_a_client_through_a_proxy_is_managed_blocked_and_refused(self):
        site = self.site
        config = site.path("tinyproxy.conf")
        config.write_text("Port 3128\nListen 127.0.0.1\nAllow 127.0.0.1\nConnectPort 20443\nLogFile \"%s\"\n"
                          % site.path("proxy.log"))
        proxy = subprocess.Popen(["tinyproxy", "-d", "-c", str(config)], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            yaml = site.path("client/client.yaml")
            yaml.write_text(yaml.read_text() + "  proxy.url: \"http://127.0.0.1:3128/\"\n")
            site.cli("token", "create", "--output", str(site.path("client/token")))
            site.start("client")
            site.cli("site", "wait", "device", site.host())
            self.assertRegex(site.path("proxy.log").read_text(), r"CONNECT 127\.0\.0\.1:20443")
            site.cli("block", "device", site.host())
            wait_until(lambda: any("403" in e["text"] for e in site.events("client", "policy.poll.failed")
                                   + site.events("client", "outbox.send.failed")), "the blocked client's refusal")
            site.cli("approve", "device", site.host())
            reported = len(site.events("site", "policy.built"))
            self.assertGreaterEqual(reported, 1)
        finally:
            site.stop("client")
            proxy.terminate()
            proxy.wait()

    def test_5_an_approved_device_gets_its_certificate(self):
        """A client that knows the site's fingerprints and waits for an operator."""
        site = self.site
        token = self.token().split(".")
        import base64
        def digest(text):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex()
        yaml = site.path("waiting.yaml")
        yaml.write_text(f"state: {site.path('waiting')}\nmanagementPoint: https://127.0.0.1:20443\n"
                        f"rootSha256: \"{digest(token[3])}\"\ncaSha256: \"{digest(token[2])}\"\n")
        from site_under_test import BIN
        client = subprocess.Popen([BIN / "muster-client", "--config", yaml])
        try:
            pending = lambda: [d for d in site.json("get", "devices")
                               if d["state"] == "pending" and d["name"] == site.host()]
            device = wait_until(pending, "the pending device")[0]
            self.assertFalse((site.path("waiting/policy/header")).exists())
            site.cli("approve", "device", device["id"])
            wait_until(lambda: (site.path("waiting/policy/header")).exists(), "the approved device's policy")
        finally:
            client.terminate()
            client.wait()


if __name__ == "__main__":
    unittest.main()
