"""Several management points of one site: which one a client takes, where it goes when that one is gone, and back.

Each is a wire of its own to the site's one management point, so each can be cut by itself.
"""
import json
import re
import signal
import socket
import subprocess
import time
import unittest

from relay import Relay
from site_under_test import BIN, Site, wait_until

HTTP = 20080


class ManagementPoints(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.wires = [Relay(), Relay(), Relay()]
        self.urls = [f"https://127.0.0.1:{wire.port}" for wire in self.wires]
        for wire in self.wires:
            self.addCleanup(self.cut, wire)
        yaml = self.site.path("site/musterd.yaml")
        text = yaml.read_text()
        first, second, third = self.urls
        yaml.write_text(text + ("" if "settings:" in text else "settings:\n") +
                        f"  management_points: '{second} priority 2, {third} priority 3 boundary lab, {first}'\n")
        self.site.start_site()

    @staticmethod
    def cut(wire):
        try:
            wire.close()
        except OSError:
            pass

    def client(self, **config):
        """Starts the machine's client with this configuration and short times."""
        yaml = self.site.path("client/client.yaml")
        text = re.sub(r"(?ms)^(managementPoint|siteCode|serverLocatorPoints|settings):.*?(?=^\S|\Z)", "", yaml.read_text())
        lines = "".join(f"{key}: {value}\n" for key, value in config.items())
        yaml.write_text(text + lines + "settings:\n  retry.first: PT0.5S\n  retry.longest: PT2S\n"
                        "  management_point.again_first: PT12S\n  management_point.again_longest: PT14S\n")
        self.site.cli("token", "create", "--output", str(self.site.path("client/token")))
        self.site.start("client")
        self.site.cli("site", "wait", "device", self.site.host())

    def status(self):
        done = subprocess.run([BIN / "muster-client", "--state", self.site.path("client"), "-o", "json", "status"],
                              capture_output=True, text=True, timeout=100)
        return json.loads(done.stdout)["rows"] if done.returncode in (0, 3) else []

    def row(self, what):
        return [value for name, value in self.status() if name == what]

    def test_a_client_goes_to_the_next_one_and_comes_back(self):
        first, second, third = self.urls
        self.client(managementPoint=first)
        wait_until(lambda: self.row("last spoke to") == [first], "the first")
        wait_until(lambda: self.site.path("client/management-points").exists(), "the site's list")
        self.cut(self.wires[0])
        wait_until(lambda: self.row("last spoke to") == [second] and self.row("management point") == [second], "the second")
        why = self.row("did not answer")
        self.assertTrue(any(each.startswith(f"{first}: M12") and "again " in each for each in why), why)
        self.cut(self.wires[1])
        wait_until(lambda: self.row("last spoke to") == [third], "the third")
        # Nobody of the fallback status point hears of it: somebody answered all the time.
        self.assertFalse([e for e in self.site.json("get", "fallback-messages") if e["topic"] == 1000])
        changes = self.site.events("client", "points.changed")
        self.assertEqual(changes[0]["managementPoint"], second)
        self.assertEqual(changes[0]["from"], first)
        Relay(port=self.wires[0].port)
        wait_until(lambda: self.row("last spoke to") == [first], "the first again")
        # All of it was one machine.
        self.assertEqual(self.site.json("get", "devices")[0]["state"], "active")

    def test_who_shows_another_sites_certificate_does_not_answer(self):
        first, second, third = self.urls
        self.client(managementPoint=first)
        wait_until(lambda: self.row("last spoke to") == [first], "the first")
        wait_until(lambda: self.site.path("client/management-points").exists(), "the site's list")
        self.cut(self.wires[0])
        pem = self.site.path("stranger.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        str(pem), "-out", f"{pem}.crt", "-subj", "/CN=127.0.0.1"], capture_output=True, check=True)
        stranger = subprocess.Popen(["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{self.wires[0].port}", "-key",
                                     str(pem), "-cert", f"{pem}.crt"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        wait_until(lambda: self.row("last spoke to") == [second], "the second")
        wait_until(lambda: any(each.startswith(f"{first}: M15") for each in self.row("did not answer")), "the cause")

    def test_a_client_that_is_told_to_stop_waits_for_nobody(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        yaml = self.site.path("client/client.yaml")
        yaml.write_text(re.sub(r"(?m)^managementPoint:.*", f"managementPoint: https://127.0.0.1:{silent.getsockname()[1]}",
                               yaml.read_text()))
        self.site.cli("token", "create", "--output", str(self.site.path("client/token")))
        client = self.site.start("client")
        caller, _ = silent.accept()
        self.addCleanup(caller.close)
        caller.recv(1)  # it waits for an answer now, ten seconds or longer
        client.send_signal(signal.SIGTERM)
        told = time.monotonic()
        self.assertEqual(client.wait(timeout=30), 0)
        self.assertLess(time.monotonic() - told, 5)

    def test_the_boundary_decides_then_the_priority(self):
        first, second, third = self.urls
        self.site.path("lab.yaml").write_text("apiVersion: muster/v1\nkind: Boundary\nmetadata: {name: lab}\n"
                                              "spec: {subnet: 127.0.0.0/8}\n")
        self.site.cli("apply", "-f", str(self.site.path("lab.yaml")))
        self.client(siteCode="AUTO", serverLocatorPoints=f"['http://127.0.0.1:{HTTP}']")
        wait_until(lambda: self.row("last spoke to") == [third], "the one of the boundary")
        self.cut(self.wires[2])
        wait_until(lambda: self.row("last spoke to") == [first], "the one of the lowest priority")

    def test_a_client_that_knows_one_enrols_at_another(self):
        first, second, third = self.urls
        self.cut(self.wires[0])
        self.site.path("lab.yaml").write_text("apiVersion: muster/v1\nkind: Boundary\nmetadata: {name: office}\n"
                                              "spec: {subnet: 127.0.0.0/8}\n")
        self.site.cli("apply", "-f", str(self.site.path("lab.yaml")))
        self.client(siteCode="AUTO", serverLocatorPoints=f"['http://127.0.0.1:{HTTP}']")
        wait_until(lambda: self.row("last spoke to") == [second], "the second, from the start")


class HttpsOnly(unittest.TestCase):
    """ports.https_only: no policy, message or content over HTTP; everything goes on over HTTPS."""
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)

    def ports(self):
        rows = json.loads(self.site.cli("ports", "list", "-o", "json"))
        rows = rows["items"] if isinstance(rows, dict) and "items" in rows else rows
        return {(row["connection"], row["protocol"]): row["port"] for row in rows if row["role"].startswith("listens")}

    def status_of(self, method, path):
        return subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method,
                               f"http://127.0.0.1:{HTTP}{path}"], capture_output=True, text=True).stdout

    def test_http_is_closed_where_https_does_the_same(self):
        self.assertEqual(self.ports()[("17", "HTTP")], str(HTTP))
        yaml = self.site.path("site/musterd.yaml")
        text = yaml.read_text()
        yaml.write_text(text + ("" if "settings:" in text else "settings:\n") + "  ports.https_only: true\n")
        self.site.start_all()
        ports = self.ports()
        self.assertEqual([ports[leg] for leg in (("15", "HTTP"), ("17", "HTTP"), ("13", "HTTP"), ("18", "HTTP"))],
                         ["closed", "closed", str(HTTP), str(HTTP)])
        for method, path in (("POST", "/mp/sealed"), ("GET", f"/content/{'a' * 32}/{'b' * 64}")):
            self.assertEqual(self.status_of(method, path), "403", path)
        listening = {leg for line in self.site.events("site", "host.listening") for leg in line["connection"].split(", ")}
        self.assertEqual({leg for leg in listening if leg.endswith("HTTP")}, {"13 HTTP", "18 HTTP"})
        document = subprocess.run(["curl", "-s", f"http://127.0.0.1:{HTTP}/public/management-points"], capture_output=True).stdout
        points = json.loads(document.partition(b"\n")[2])["managementPoints"]
        self.assertEqual([sorted(point) for point in points], [["https", "priority"]])
        from site_under_test import ROOT
        self.site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
        self.site.cli("explain", self.site.host(), "hello-everywhere", "--watch")


if __name__ == "__main__":
    unittest.main()
