"""Certificates over time (libfaketime moves the programs' clocks) and revocation on connections that live on."""
import http.client
import os
import pathlib
import socket
import ssl
import subprocess
import unittest

from site_under_test import ROOT, Site, wait_until

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


class Lifetimes(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.site.start_all()

    def at(self, offset, *names):
        """Starts programs whose clock is `offset` ahead, such as +4d; their monotonic clock stays real."""
        os.environ.update(LD_PRELOAD=str(FAKETIME), FAKETIME=offset, DONT_FAKE_MONOTONIC="1")
        try:
            for name in names:
                self.site.start(name)
        finally:
            for variable in ("LD_PRELOAD", "FAKETIME", "DONT_FAKE_MONOTONIC"):
                del os.environ[variable]

    def cli_at(self, offset, *words):
        return self.site.cli(*words, env={"LD_PRELOAD": str(FAKETIME), "FAKETIME": offset, "DONT_FAKE_MONOTONIC": "1"})

    def stop_all(self):
        for name in ("client", "site", "signer"):
            self.site.stop(name)

    def start_all_at(self, offset):
        self.at(offset, "signer")
        self.site.cli("site", "wait", "signer")
        self.at(offset, "site")
        self.site.wait_for_site()

    def serial(self):
        return subprocess.run(["openssl", "x509", "-noout", "-serial", "-in",
                               str(self.site.path("client/identity/identity.pem"))], capture_output=True, check=True).stdout

    def test_a_client_renews_after_half_of_its_certificates_life(self):
        first = self.serial()
        self.stop_all()
        self.start_all_at("+3d")
        self.at("+3d", "client")
        self.cli_at("+3d", "login")
        wait_until(lambda: self.site.events("client", "inventory.unchanged"), "a day before: at work, not renewed")
        self.assertEqual(self.serial(), first)
        self.stop_all()
        self.start_all_at("+4d")
        self.at("+4d", "client")
        wait_until(lambda: self.site.events("client", "client.renewed"), "the renewal")
        self.assertNotEqual(self.serial(), first)
        # What it gets is good: a deployment reaches it and runs.
        self.cli_at("+4d", "login")
        self.cli_at("+4d", "apply", "-f", str(ROOT / "examples/first/first.yaml"))
        self.cli_at("+4d", "explain", self.site.host(), "hello-everywhere", "--watch")

    def test_an_expired_client_renews_within_the_grace_and_not_after(self):
        first = self.serial()
        self.stop_all()
        self.start_all_at("+120d")  # 7 days of life and 90 of grace are over
        self.at("+120d", "client")
        failed = wait_until(lambda: self.site.events("client", "client.renewal.failed"), "the refusal")
        self.assertRegex(failed[0]["text"], "M[0-9]+")
        self.assertEqual(self.serial(), first)
        self.stop_all()
        self.start_all_at("+60d")
        self.at("+60d", "client")
        wait_until(lambda: self.site.events("client", "client.renewed"), "the renewal within the grace")
        self.assertNotEqual(self.serial(), first)

    def context(self):
        context = ssl.create_default_context(cafile=self.site.path("operator/ca.pem"))
        context.load_cert_chain(self.site.path("client/identity/identity.pem"))
        return context

    @staticmethod
    def get(connection, path="/mp/policy"):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def test_a_blocked_device_is_refused_on_every_way_in(self):
        site = self.site
        site.stop("client")
        context = self.context()
        kept = http.client.HTTPSConnection("127.0.0.1", 20443, context=context, timeout=20)
        self.assertEqual(self.get(kept), 200)
        session = kept.sock.session  # a ticket that carries the certificate

        def resumed():
            with socket.create_connection(("127.0.0.1", 20443), timeout=20) as plain:
                with context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as connection:
                    connection.sendall(b"GET /mp/policy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    data = b""
                    while part := connection.recv(65536):
                        data += part
                    self.assertTrue(connection.session_reused)
                    return int(data.split()[1])

        self.assertEqual(resumed(), 200)
        site.cli("block", "device", site.host())
        self.assertEqual(self.get(kept), 403)
        self.assertEqual(resumed(), 403)
        fresh = http.client.HTTPSConnection("127.0.0.1", 20443, context=context, timeout=20)
        self.assertEqual(self.get(fresh), 403)
        fresh.request("POST", "/.well-known/est/simplereenroll", b"AAAA", {"Content-Type": "application/pkcs10"})
        self.assertEqual(fresh.getresponse().status, 403)
        # A restart of the site forgets nothing of it.
        site.stop("site")
        site.start("site")
        site.wait_for_site()
        fresh = http.client.HTTPSConnection("127.0.0.1", 20443, context=context, timeout=20)
        self.assertEqual(self.get(fresh), 403)
        self.assertEqual(resumed(), 403)
        site.cli("approve", "device", site.host())
        wait_until(lambda: resumed() == 200, "policy, signed anew for the approved device")
        self.assertTrue(any(e["action"] == "block" for e in site.json("get", "audit")))


if __name__ == "__main__":
    unittest.main()
