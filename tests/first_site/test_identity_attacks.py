"""Attempts to take another identity's place: by a spare token, by an old certificate, by a race with a block."""
import base64
import http.client
import re
import ssl
import subprocess
import threading
import unittest

from site_under_test import Site, wait_until


class IdentityAttacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        # The crowd and the operator come from one address: its rate of connections is not what is looked at.
        cls.site.configure("site", http__connections_per_address=20000)
        cls.site.start_all()
        cls.site.stop("client")
        cls.identity = cls.site.path("client/identity/identity.pem")
        text = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", str(cls.identity)], capture_output=True,
                              text=True).stdout
        cls.device = re.search(r"urn:muster:device:([0-9a-f]{32})", text).group(1)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def request(self, name, device=None):
        """A key of its own in NAME.key and a request for it, base64 as EST wants it."""
        key = self.site.path(f"{name}.key")
        words = ["openssl", "req", "-new", "-subj", f"/CN={name}", "-outform", "der"]
        if key.exists():
            words += ["-key", str(key)]
        else:
            words += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key)]
        if device:
            words += ["-addext", f"subjectAltName=URI:urn:muster:device:{device}"]
        return base64.b64encode(subprocess.run(words, check=True, capture_output=True).stdout)

    def connection(self, identity=None):
        context = ssl.create_default_context(cafile=self.site.path("operator/ca.pem"))
        if identity:
            context.load_cert_chain(identity)
        return http.client.HTTPSConnection("127.0.0.1", 20443, context=context, timeout=20)

    def enrol(self, body, secret=None, operation="simpleenroll", identity=None):
        headers = {"Content-Type": "application/pkcs10"}
        if secret:
            headers["Authorization"] = "Basic " + base64.b64encode(f"token:{secret}".encode()).decode()
        connection = self.connection(identity)
        connection.request("POST", f"/.well-known/est/{operation}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def save_identity(self, name, answer):
        pem = subprocess.run(["openssl", "pkcs7", "-inform", "der", "-print_certs"], input=base64.b64decode(answer),
                             capture_output=True, check=True).stdout.decode()
        file = self.site.path(f"{name}.pem")
        file.write_text(pem + self.site.path(f"{name}.key").read_text())
        return file

    def token(self):
        return self.site.cli("token", "create").strip().split(".")[1]

    def policy(self, identity):
        connection = self.connection(identity)
        connection.request("GET", "/mp/policy")
        return connection.getresponse().status

    def test_1_a_spare_token_does_not_take_an_enrolled_devices_place(self):
        code, answer = self.enrol(self.request("thief", self.device), self.token())
        self.assertEqual(code, 401, answer)
        self.assertNotIn(self.device.encode(), answer)  # strangers learn nothing of who is enrolled
        self.assertIn("another key", self.site.events("site", "mp.enrolment.refused")[-1]["text"])
        self.assertEqual(self.policy(self.identity), 200)

    def test_2_a_used_token_is_good_again_for_the_same_key_alone(self):
        secret = self.token()
        request = self.request("fresh")
        self.assertEqual(self.enrol(request, secret)[0], 200)
        self.assertEqual(self.enrol(request, secret)[0], 200)  # its answer may have been lost
        known = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], capture_output=True, input=(
            self.save_identity("fresh", self.enrol(request, secret)[1]).read_bytes())).stdout.decode()
        device = re.search(r"device:([0-9a-f]{32})", known).group(1)
        self.assertEqual(self.enrol(self.request("copycat", device), secret)[0], 401)

    def test_3_a_deleted_devices_certificate_stays_worthless_when_the_id_enrols_again(self):
        old = self.save_identity("lost", self.enrol(self.request("lost"), self.token())[1])
        wait_until(lambda: self.policy(old) == 200, "policy of the laptop")
        text = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", str(old)], capture_output=True, text=True).stdout
        device = re.search(r"urn:muster:device:([0-9a-f]{32})", text).group(1)
        self.site.cli("delete", "device", device)
        self.assertEqual(self.policy(old), 403)
        code, answer = self.enrol(self.request("found", device), self.token())
        self.assertEqual(code, 200, answer)
        new = self.save_identity("found", answer)
        wait_until(lambda: self.policy(new) == 200, "policy of the new one")
        self.assertEqual(self.policy(old), 403)
        self.assertEqual(self.enrol(self.request("lost"), operation="simplereenroll", identity=old)[0], 403)
        self.site.stop("site")
        self.site.start("site")
        self.site.wait_for_site()
        self.assertEqual(self.policy(old), 403)
        wait_until(lambda: self.policy(new) == 200, "policy after a restart")

    def test_4_a_block_wins_against_enrolments_that_run_beside_it(self):
        secret = self.token()
        body = self.request("racer")
        identity = self.save_identity("racer", self.enrol(body, secret)[1])
        wait_until(lambda: self.policy(identity) == 200, "policy of the racer")
        stop = threading.Event()

        def keep_asking():
            while not stop.is_set():
                self.enrol(body, secret)

        crowd = [threading.Thread(target=keep_asking) for _ in range(4)]
        for each in crowd:
            each.start()
        try:
            for _ in range(10):
                self.site.cli("block", "device", "racer")
                self.assertEqual(self.policy(identity), 403)
                self.site.cli("approve", "device", "racer")
            self.site.cli("block", "device", "racer")
        finally:
            stop.set()
            for each in crowd:
                each.join()
        self.assertEqual(self.policy(identity), 403)
        self.assertEqual(self.enrol(body, secret)[0], 401)

    def test_5_a_blocked_operator_is_refused_and_nobody_blocks_himself(self):
        folder = self.site.path("operator")
        done = self.site.cli("block", "operator", "admin", ok=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("himself", done.stderr)
        self.site.cli("block", "operator", "bob")
        again = self.site.cli("approve", "operator", "nobody", ok=False)
        self.assertNotEqual(again.returncode, 0)
        self.site.cli("approve", "operator", "bob")
        audit = [(e["action"], e["kind"], e["name"]) for e in self.site.json("get", "audit")]
        self.assertIn(("block", "Operator", "bob"), audit)
        self.assertTrue(folder.exists())


if __name__ == "__main__":
    unittest.main()
