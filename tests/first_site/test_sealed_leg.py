"""Connection 17 over plain HTTP: sealed requests, built and opened here with python3-cryptography, and a client
that manages without TLS.
"""
import base64
import hashlib
import hmac
import http.client
import json
import re
import socket
import struct
import subprocess
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from site_under_test import BIN, ROOT, Site, die_with_me, wait_until

HTTP, HTTPS = 20080, 20443
RAW = dict(encoding=serialization.Encoding.Raw, format=serialization.PublicFormat.Raw)
KEM, SUITE = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"


def extract(salt, secret):
    return hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()


def expand(key, info, size):
    out, block, number = b"", b"", 1
    while len(out) < size:
        block = hmac.new(key, block + info + bytes([number]), hashlib.sha256).digest()
        out, number = out + block, number + 1
    return out[:size]


def labeled_extract(suite, salt, label, secret):
    return extract(salt, b"HPKE-v1" + suite + label + secret)


def labeled_expand(suite, key, label, info, size):
    return expand(key, struct.pack(">H", size) + b"HPKE-v1" + suite + label + info, size)


class Hpke:
    """The sender's side of RFC 9180, base mode."""
    def __init__(self, receiver, info):
        ephemeral = x25519.X25519PrivateKey.generate()
        self.encapsulated = ephemeral.public_key().public_bytes(**RAW)
        shared = ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(receiver))
        eae = labeled_extract(KEM, b"", b"eae_prk", shared)
        secret = labeled_expand(KEM, eae, b"shared_secret", self.encapsulated + receiver, 32)
        context = b"\x00" + labeled_extract(SUITE, b"", b"psk_id_hash", b"") + labeled_extract(SUITE, b"", b"info_hash", info)
        base = labeled_extract(SUITE, secret, b"secret", b"")
        self.key = labeled_expand(SUITE, base, b"key", context, 32)
        self.nonce = labeled_expand(SUITE, base, b"base_nonce", context, 12)
        self.exporter = labeled_expand(SUITE, base, b"exp", context, 32)

    def seal(self, bound, text):
        return ChaCha20Poly1305(self.key).encrypt(self.nonce, text, bound)

    def open_answer(self, answer):
        secret = labeled_expand(SUITE, self.exporter, b"sec", b"muster-sealed/1 answer", 32)
        base = extract(self.encapsulated + answer[:32], secret)
        return ChaCha20Poly1305(expand(base, b"key", 32)).decrypt(expand(base, b"nonce", 12), answer[32:], b"")


class Device:
    """A device's identity, to speak in its place."""
    def __init__(self, folder):
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        pems = [block for content in files.values()
                for block in re.findall(rb"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----\n?", content, re.S)]
        self.key = next(serialization.load_pem_private_key(pem, None) for pem in pems if b"PRIVATE" in pem)
        for pem in pems:
            certificate = x509.load_pem_x509_certificate(pem) if b"CERTIFICATE" in pem else None
            if certificate and certificate.public_key().public_numbers() == self.key.public_key().public_numbers():
                self.der = certificate.public_bytes(serialization.Encoding.DER)
                names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
                self.id = names.get_values_for_type(x509.UniformResourceIdentifier)[0].rpartition(":")[2]
        self.number = time.time_ns() // 1_000_000 + 3_600_000

    def request(self, key, method, path, body=b"", **header):
        self.number += 1
        line = json.dumps({"sender": self.id, "number": self.number, "key": hashlib.sha256(key).hexdigest(),
                           "method": method, "path": path, "sent": "2026-01-31T12:00:00Z",
                           "bodySha256": hashlib.sha256(body).hexdigest(),
                           "certificate": base64.b64encode(self.der).decode(), **header})
        signed = b"muster-request/1\n" + line.encode()
        signature = base64.b64encode(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return signed + b"\n" + signature + b"\n" + body


def seal(key, text):
    """The request as it travels, and what opens the answer."""
    sender = Hpke(key, b"muster-sealed/1 request")
    first = b"muster-sealed/1 " + hashlib.sha256(key).hexdigest().encode() + b"\n"
    return first + sender.encapsulated + sender.seal(first, text), sender


def post(body, path="/mp/sealed"):
    connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=30)
    connection.request("POST", path, body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


def get(path):
    connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


def opened(sender, answer):
    line, _, body = sender.open_answer(answer).partition(b"\n")
    return json.loads(line), body


class SealedLeg(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        config = cls.site.path("client/client.yaml")
        text = config.read_text()
        config.write_text(text + ("" if "settings:" in text else "settings:\n") + '  management_point.tls_retry: "PT5S"\n')
        cls.site.start_all()
        cls.device = Device(cls.site.path("client/identity"))
        cls.key = cls.envelope_key()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    @staticmethod
    def envelope_key():
        status, document = get("/public/envelope-key")
        assert status == 200, document
        assert document.startswith(b"muster-signed/1 envelope-key ")
        return bytes.fromhex(json.loads(document.partition(b"\n")[2])["publicKey"])

    def ask(self, *request, device=None, **header):
        """One exchange in the device's place: status, headers and body from inside the seal."""
        body, sender = seal(self.key, (device or self.device).request(self.key, *request, **header))
        status, answer = post(body)
        self.assertEqual(status, 200, answer)
        inside, content = opened(sender, answer)
        return inside["status"], inside["headers"], content

    def test_a_foreign_implementation_gets_the_policy(self):
        status, headers, policy = self.ask("GET", "/mp/policy")
        self.assertEqual(status, 200)
        self.assertTrue(policy.startswith(b"muster-signed/1 policy-header "))
        self.assertIn("Muster-Site-Time", headers)
        header = json.loads(policy.partition(b"\n")[2])
        self.assertEqual(header["device"], self.device.id)
        status, headers, policy = self.ask("GET", "/mp/policy", ifNoneMatch=headers["ETag"])
        self.assertEqual((status, policy), (304, b""))
        body = header["bodies"][0]["sha256"]
        status, _, document = self.ask("GET", f"/mp/policy/body/{body}")
        self.assertEqual((status, hashlib.sha256(document).hexdigest()), (200, body))
        self.assertEqual(self.ask("GET", f"/mp/policy/body/{'0' * 64}")[0], 403)
        status, _, answer = self.ask("GET", f"/mp/policy/bodies/{body}")
        self.assertEqual((status, answer), (200, len(document).to_bytes(4, "big") + document))
        self.assertEqual(self.ask("GET", f"/mp/policy/bodies/{body}.{body}")[0], 400)
        self.assertEqual(self.ask("GET", f"/mp/policy/bodies/{body}.{'0' * 64}")[0], 403)

    def test_a_request_shown_again_is_refused_and_so_is_an_older_one(self):
        first, sender = seal(self.key, self.device.request(self.key, "GET", "/mp/policy"))
        number = self.device.number
        self.assertEqual(opened(sender, post(first)[1])[0]["status"], 200)
        again, problem = opened(sender, post(first)[1])
        self.assertEqual((again["status"], again["last"]), (409, number))
        self.assertIn(b"sealed-replayed", problem)
        self.device.number -= 5
        status, _, problem = self.ask("GET", "/mp/policy")
        self.device.number += 5
        self.assertEqual(status, 409)
        self.assertTrue(self.site.events("site", "sealed.refused"))

    def test_what_is_altered_cut_or_for_another_key_is_refused(self):
        body, _ = seal(self.key, self.device.request(self.key, "GET", "/mp/policy"))
        for at in (0, 20, 81, 100, 150, len(body) - 1):
            altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
            self.assertIn(post(altered)[0], (400, 409), at)
            self.assertEqual(post(body[:at])[0], 400, at)
        stranger = x25519.X25519PrivateKey.generate().public_key().public_bytes(**RAW)
        status, problem = post(seal(stranger, b"x")[0])
        self.assertEqual(status, 409)
        self.assertIn(b"unknown-envelope-key", problem)
        # Low order: no secret is agreed upon.
        self.assertEqual(post(b"muster-sealed/1 " + hashlib.sha256(self.key).hexdigest().encode() + b"\n" + bytes(64))[0], 400)

    def test_a_stranger_gets_nothing_but_his_refusal(self):
        stranger = Device(self.site.path("client/identity"))
        stranger.key = ec.generate_private_key(ec.SECP256R1())
        self.assertEqual(self.ask("GET", "/mp/policy", device=stranger)[0], 400)
        stranger.key = self.device.key
        stranger.id = "0" * 32
        self.assertEqual(self.ask("GET", "/mp/policy", device=stranger)[0], 400)
        # Meant for another key, and sealed to this one by whoever opened it.
        other = x25519.X25519PrivateKey.generate().public_key().public_bytes(**RAW)
        body, sender = seal(self.key, self.device.request(other, "GET", "/mp/policy"))
        self.assertEqual(opened(sender, post(body)[1])[0]["status"], 400)

    def test_no_other_path_is_behind_the_seal(self):
        nested = seal(self.key, self.device.request(self.key, "GET", "/mp/policy"))[0]
        status, _, problem = self.ask("POST", "/mp/sealed", nested)
        self.assertEqual(status, 400)
        self.assertIn(b"sealed-nested", problem)
        for path in ("/.well-known/est/simplereenroll", "/.well-known/est/simpleenroll", "/api/v1/devices"):
            self.assertIn(self.ask("POST", path)[0], (403, 404), path)
        self.assertEqual(self.ask("POST", "/mp/policy")[0], 405)

    def test_too_large_is_refused_before_it_is_read(self):
        connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=30)
        connection.putrequest("POST", "/mp/sealed")
        connection.putheader("Content-Length", str(9 << 20))
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 413)
        self.assertEqual(self.ask("POST", "/mp/messages", bytes(8 << 20))[0], 400)  # within the limit, no envelope

    def test_slow_senders_hold_few_places_and_leave_them(self):
        """Seventeen bodies at once of one address: the last waits its turn elsewhere."""
        connections = []
        for _ in range(20):
            connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=30)
            connection.putrequest("POST", "/mp/sealed")
            connection.putheader("Content-Length", "1000")
            connection.endheaders(b"muster-sealed/1 ")
            connections.append(connection)
        def refused():
            status, problem = post(b"x")
            return status == 503 and b"too-many-sealed" in problem
        wait_until(refused, "the places are taken")
        for connection in connections:
            connection.close()
        wait_until(lambda: self.ask_status() == 200, "the places are free again")

    def ask_status(self):
        body, _ = seal(self.key, self.device.request(self.key, "GET", "/mp/policy"))
        return post(body)[0]

    def test_y_a_client_whose_proxy_lets_no_tls_through_goes_on_and_comes_back(self):
        site = self.site
        site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
        site.cli("explain", site.host(), "hello-everywhere", "--watch")
        wait_until(lambda: site.path("client/management-points").exists(), "the list of management points")
        site.stop("client")
        config = site.path("client/client.yaml")
        config.write_text(config.read_text() + '  proxy.url: "http://127.0.0.1:8888"\n')
        with Proxy(site, connect_port=563):  # to other ports no tunnel is made
            site.start("client")
            self.deploy("second")  # policy, content, run and status, all without TLS
            self.assertTrue(site.events("client", "link.sealed"))
            self.assertEqual(self.spoke_to(), f"http://127.0.0.1:{HTTP}")
            # The keys of the former process open nothing any more; the client asks for the new one by itself.
            former = self.envelope_key()
            recorded, _ = seal(former, self.device.request(former, "GET", "/mp/policy"))
            site.stop("site")
            site.start("site")
            site.wait_for_site()
            status, problem = post(recorded)
            self.assertEqual(status, 409)
            self.assertIn(b"unknown-envelope-key", problem)
            type(self).key = self.envelope_key()
            self.assertNotEqual(self.key, former)
            self.deploy("third")
        with Proxy(site, connect_port=HTTPS):
            wait_until(lambda: self.verb("trigger", "policy") and self.spoke_to() == f"https://127.0.0.1:{HTTPS}",
                       "HTTPS again")

    def deploy(self, name):
        text = (ROOT / "examples/first/first.yaml").read_text().split("---")[2]
        self.site.path(f"{name}.yaml").write_text(text.replace("hello-everywhere", name))
        self.site.cli("apply", "-f", str(self.site.path(f"{name}.yaml")))
        def arrived():
            self.verb("trigger", "policy")
            return name in self.verb("software", "list")
        wait_until(arrived, f"{name} in the client's policy")
        self.site.cli("explain", self.site.host(), name, "--watch")

    def verb(self, *words):
        return subprocess.run([BIN / "muster-client", "--state", self.site.path("client"), *words],
                              capture_output=True, text=True, timeout=100).stdout

    def spoke_to(self):
        line = next((line for line in self.verb("status").splitlines() if line.startswith("last spoke to")), "")
        return line.rpartition(" ")[2]


class Proxy:
    """tinyproxy, which makes tunnels to one port alone."""
    def __init__(self, site, connect_port):
        config = site.path("tinyproxy.conf")
        config.write_text(f"Port 8888\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\nConnectPort {connect_port}\n")
        self.process = subprocess.Popen(["tinyproxy", "-d", "-c", str(config)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=die_with_me)

    def __enter__(self):
        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", 8888)) == 0
        wait_until(listens, "tinyproxy")

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()


if __name__ == "__main__":
    unittest.main()
