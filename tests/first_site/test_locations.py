"""Finding the way: boundaries, the server locator point (18), assignment, and the public documents over HTTP.

Two client machines are network namespaces on links of their own: 10.1.0.0/16 lies in a boundary, 10.2.0.0/16
in none. curl asks as a stranger; openssl judges the signatures.
"""
import base64
import json
import os
import re
import signal
import subprocess
import tempfile
import unittest
import pathlib

from site_under_test import BIN, Site, die_with_me, wait_until

HTTP = 20080
NONCE = "00112233445566778899aabbccddeeff"


class Machine:
    """A network namespace with one link to the site's."""
    def __init__(self, number):
        self.address, self.router = f"10.{number}.0.5", f"10.{number}.0.1"
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "1000"], preexec_fn=die_with_me)
        wait_until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != os.readlink("/proc/self/ns/net"),
                   "the namespace")
        here, there = f"m{number}", f"p{number}"
        for words in (["link", "add", here, "type", "veth", "peer", "name", there, "netns", str(self.holder.pid)],
                      ["addr", "add", f"{self.router}/16", "dev", here],
                      ["-6", "addr", "add", f"2001:db8:{number}::1/48", "dev", here, "nodad"],
                      ["link", "set", here, "up"]):
            subprocess.run(["ip", *words], check=True)
        for words in (["link", "set", "lo", "up"], ["addr", "add", f"{self.address}/16", "dev", there],
                      ["-6", "addr", "add", f"2001:db8:{number}::5/48", "dev", there, "nodad"],
                      ["link", "set", there, "up"], ["route", "add", "default", "via", self.router]):
            subprocess.run([*self.inside(), "ip", *words], check=True)
        self.here = here

    def inside(self):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]

    def curl(self, *words):
        return subprocess.run([*self.inside(), "curl", "-sg", "-m", "20", *words], capture_output=True, check=True).stdout

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Locations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machines = {1: Machine(1), 2: Machine(2)}
        cls.site = Site(address="10.1.0.1")
        yaml = cls.site.path("site/musterd.yaml")
        text = yaml.read_text()
        yaml.write_text(re.sub(r"(?m)^address: .*$", 'address: "::"', text)
                        + "  locator.answers_per_minute: 300\n")
        cls.site.start_site()
        cls.apply("office", "subnet: 10.1.0.0/16")

    @classmethod
    def tearDownClass(cls):
        cls.site.close()
        for machine in cls.machines.values():
            machine.close()

    @classmethod
    def apply(cls, name, spec, ok=True):
        file = cls.site.path(f"{name}.yaml")
        file.write_text(f"apiVersion: muster/v1\nkind: Boundary\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n")
        return cls.site.cli("apply", "-f", str(file), ok=ok)

    def ask(self, machine, query="", address=None):
        url = f"http://{address or machine.router}:{HTTP}/locator/site?nonce={NONCE}{query}"
        return machine.curl(url)

    def answer(self, document):
        """The payload, when openssl finds the policy key's signature over it good."""
        line, _, payload = document.partition(b"\n")
        magic, kind, key_id, signature = line.split(b" ")
        root = json.loads(self.site.path("operator/1.root.json").read_text())["signed"]
        raw = bytes.fromhex(root["keys"][root["roles"]["timestamp"]["keyids"][0]]["keyval"]["public"])
        der = bytes.fromhex("302a300506032b6570032100") + raw
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "key.der").write_bytes(der)
            (folder / "signature").write_bytes(bytes.fromhex(signature.decode()))
            (folder / "input").write_bytes(b"muster-signed/1 " + kind + b"\n" + payload)
            subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey",
                            folder / "key.der", "-sigfile", folder / "signature", "-in", folder / "input"],
                           check=True, capture_output=True)
        return kind.decode(), json.loads(payload)

    def test_boundaries_are_objects(self):
        self.apply("lab", "range: 10.9.0.5-10.9.0.99, speed: slow")
        self.apply("six", "ipv6Prefix: '2001:db8:9::/48'")
        by_name = {each["metadata"]["name"]: each for each in self.site.json("get", "boundaries")}
        self.assertEqual(by_name["lab"]["spec"], {"range": "10.9.0.5-10.9.0.99", "speed": "slow"})
        self.assertEqual(by_name["lab"]["metadata"]["site"], "P01")
        self.assertIn('ipv6Prefix: "2001:db8:9::/48"', self.site.cli("describe", "boundary", "six"))
        for name, spec in [("a", "subnet: 10.9.0.64/26"), ("b", "range: 10.8.255.255-10.9.0.5"),
                           ("c", "subnet: 10.0.0.0/8")]:
            done = self.apply(name, spec, ok=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("boundary lab (10.9.0.5-10.9.0.99)", done.stderr)
            self.assertIn(f"boundary {name} (", done.stderr)
        for spec in ("subnet: 10.9.0.1/16", "subnet: 10.9.0.0/33", "subnet: 10.9/16", "range: 10.9.0.9-10.9.0.1",
                     "ipv6Prefix: 10.3.0.0/16", "subnet: 10.3.0.0/16, range: 1.1.1.1-1.1.1.2", "speed: fast",
                     "subnet: 010.3.0.0/16", "subnet: 10.3.0.0/16, speed: swift"):
            self.assertNotEqual(self.apply("bad", spec, ok=False).returncode, 0, spec)
        self.site.cli("delete", "boundary", "lab")
        self.apply("c2", "subnet: 10.9.0.0/24")  # free again
        self.site.cli("delete", "boundary", "c2")
        self.site.cli("delete", "boundary", "six")

    def test_the_address_decides_and_the_answer_is_signed(self):
        kind, answer = self.answer(self.ask(self.machines[1]))
        self.assertEqual((kind, answer["outcome"], answer["site"], answer["nonce"], answer["matched"], answer["seen"]),
                         ("locator-answer", "found", "P01", NONCE, "10.1.0.5", "10.1.0.5"))
        self.assertEqual(answer["managementPoints"], ["https://10.1.0.1:20443"])
        self.assertNotIn("office", json.dumps(answer))  # nothing of the topology beyond the answer
        _, answer = self.answer(self.ask(self.machines[2]))
        self.assertEqual((answer["outcome"], answer["seen"], answer["managementPoints"]), ("no-boundary", "10.2.0.5", []))
        self.assertNotIn("site", answer)
        # What the client names of itself counts before the connection's address.
        _, answer = self.answer(self.ask(self.machines[2], "&addresses=192.0.2.1,10.1.200.200"))
        self.assertEqual((answer["outcome"], answer["matched"]), ("found", "10.1.200.200"))
        _, answer = self.answer(self.ask(self.machines[2], "&site=P01"))
        self.assertEqual(answer["outcome"], "found")
        _, answer = self.answer(self.ask(self.machines[1], "&site=P02"))
        self.assertEqual(answer["outcome"], "unknown-site")

    def test_ipv6_and_changes_of_boundaries_take_effect_at_once(self):
        router = "[2001:db8:2::1]"
        _, answer = self.answer(self.ask(self.machines[2], address=router))
        self.assertEqual((answer["outcome"], answer["seen"]), ("no-boundary", "2001:db8:2::5"))
        self.apply("second", "ipv6Prefix: '2001:db8:2::/48'")
        _, answer = self.answer(self.ask(self.machines[2], address=router))
        self.assertEqual((answer["outcome"], answer["matched"]), ("found", "2001:db8:2::5"))
        self.site.cli("delete", "boundary", "second")
        _, answer = self.answer(self.ask(self.machines[2], address=router))
        self.assertEqual(answer["outcome"], "no-boundary")

    def test_hostile_questions_are_refused(self):
        machine = self.machines[1]
        base = f"http://{machine.router}:{HTTP}/locator/site"
        for query in ["", "?nonce=", "?nonce=zz", f"?nonce={NONCE}0", f"?nonce={NONCE.upper()}", f"?nonce={NONCE}&nonce={NONCE}",
                      f"?nonce={NONCE}&x=1", f"?nonce={NONCE}&addresses=", f"?nonce={NONCE}&addresses=10.1.0.5,",
                      f"?nonce={NONCE}&addresses=" + ",".join(["10.1.0.5"] * 17), f"?nonce={NONCE}&site=p01",
                      f"?nonce={NONCE}&site=", f"?nonce={NONCE}&addresses=10.1.0.5%00", f"?nonce={NONCE}&addresses=" + "1" * 2000,
                      f"?nonce={NONCE}&addresses=fe80::1%25eth0", f"?nonce={NONCE}&addresses=1:2:3:4:5:6:7:8:9"]:
            code = machine.curl("-o", "/dev/null", "-w", "%{http_code}", base + query)
            self.assertEqual(code, b"400", query)
        for method in ("POST", "PUT", "DELETE"):
            self.assertEqual(machine.curl("-o", "/dev/null", "-w", "%{http_code}", "-X", method, base), b"403")

    def test_public_documents_prove_themselves_over_http(self):
        machine = self.machines[2]
        base = f"http://{machine.router}:{HTTP}"
        for name in ("site-time", "management-points", "revocations", "envelope-key"):
            kind, payload = self.answer(machine.curl(f"{base}/public/{name}"))
            self.assertEqual((kind, payload["site"]), (name, "P01"))
        self.assertEqual(self.answer(machine.curl(f"{base}/public/management-points"))[1]["managementPoints"],
                         [{"https": "https://10.1.0.1:20443", "http": "http://10.1.0.1:20080", "priority": 1}])
        self.assertEqual(machine.curl(f"{base}/catalogue/1.root.json"), self.site.path("operator/1.root.json").read_bytes())
        bundle = base64.b64decode(machine.curl(f"{base}/.well-known/est/cacerts"))
        shown = subprocess.run(["openssl", "pkcs7", "-inform", "DER", "-print_certs"], input=bundle, capture_output=True,
                               check=True).stdout
        pem = self.site.path("operator/ca.pem").read_text()
        self.assertIn(re.sub(r"\s", "", pem.split("-----")[2]), re.sub(r"\s", "", shown.decode()))
        # Policy, messages and the interface are not there.
        for path in ("/mp/policy", "/mp/messages", "/public/x", "/public/../site.db", "/api/v1/devices"):
            self.assertIn(machine.curl("-o", "/dev/null", "-w", "%{http_code}", base + path), (b"403", b"404", b"400"), path)

    def test_z_quota_of_one_address_leaves_others_alone(self):
        base = f"http://{self.machines[2].router}:{HTTP}/locator/site?nonce={NONCE}&n=[1-400]"
        codes = subprocess.run([*self.machines[2].inside(), "curl", "-s", "-w", "\n%{http_code}\n", base],
                               capture_output=True, check=True).stdout.splitlines()
        self.assertGreater(codes.count(b"429"), 50)
        self.assertEqual(self.answer(self.ask(self.machines[1]))[1]["outcome"], "found")

    def client(self, machine, folder, **config):
        """A client on the machine, with the site's own token; returns its process and its command."""
        state = self.site.path(folder)
        state.mkdir()
        self.site.cli("token", "create", "--output", str(state / "token"))
        lines = {"state": ".", "tokenFile": "token", "serverLocatorPoints": f"['http://{machine.router}:{HTTP}']",
                 "settings": "{assignment.retry: PT1S, retry.first: PT0.5S, retry.longest: PT1S}", **config}
        (state / "client.yaml").write_text("".join(f"{key}: {value}\n" for key, value in lines.items()))
        command = [*machine.inside(), BIN / "muster-client", "--config", str(state / "client.yaml")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_me)
        self.addCleanup(lambda: (process.send_signal(signal.SIGTERM), process.wait(timeout=30)))
        return state, lambda *words: subprocess.run([*command, *words], capture_output=True, text=True)

    @staticmethod
    def events(state, event):
        path = state / "client.log"
        return [line for line in map(json.loads, path.read_text().splitlines()) if line["event"] == event] \
            if path.exists() else []

    def test_auto_finds_the_site_and_sticks_to_it(self):
        state, command = self.client(self.machines[1], "auto", siteCode="AUTO")
        wait_until(lambda: self.events(state, "client.enrolled"), "enrolment")
        status = command("status")
        self.assertEqual(status.returncode, 0, status.stdout + status.stderr)
        self.assertIn("P01", status.stdout)
        self.assertIn("https://10.1.0.1:20443", status.stdout)
        # The boundary goes: the client stays, until it is told to look again.
        self.site.cli("delete", "boundary", "office")
        self.addCleanup(lambda: self.apply("office", "subnet: 10.1.0.0/16"))
        self.assertEqual(command("status").returncode, 0)
        self.assertEqual(command("assign", "AUTO").returncode, 0)
        wait_until(lambda: self.events(state, "client.unmanaged"), "no site any more")
        self.assertEqual(command("status").returncode, 3)
        self.assertEqual(command("assign", "P01").returncode, 0)
        wait_until(lambda: command("status").returncode == 0, "the given site")
        self.assertNotEqual(command("assign", "nowhere").returncode, 0)

    def test_without_a_boundary_a_client_is_unmanaged_and_says_so(self):
        state, command = self.client(self.machines[2], "alone", siteCode="AUTO",
                                     fallbackStatusPoint=f"http://{self.machines[2].router}:{HTTP}")
        wait_until(lambda: len(self.events(state, "client.unmanaged")) >= 2, "a second try")
        self.assertEqual({each["error"] for each in self.events(state, "client.unmanaged")}, {2414})
        status = command("status")
        self.assertEqual(status.returncode, 3)
        self.assertIn("unmanaged", status.stdout)
        self.assertIn("M2414", status.stdout)
        claims = wait_until(lambda: (got := [e for e in self.site.json("get", "fallback-messages")
                                             if e["address"] == "10.2.0.5"])[3:] and got, "four fallback messages")
        self.assertEqual(sorted(each["state"] for each in claims), [100, 400, 500, 606])
        self.apply("late", "subnet: 10.2.0.0/16")
        self.addCleanup(lambda: self.site.cli("delete", "boundary", "late"))
        wait_until(lambda: command("status").returncode == 0, "assignment once there is a boundary")
        wait_until(lambda: any(e["state"] == 700 for e in self.site.json("get", "fallback-messages")), "700")

    def test_a_given_site_code_is_found_or_refused(self):
        state, command = self.client(self.machines[2], "given", siteCode="P01")
        wait_until(lambda: self.events(state, "client.assigned"), "the given site")
        state, command = self.client(self.machines[2], "wrong", siteCode="P02")
        wait_until(lambda: self.events(state, "client.unmanaged"), "an unknown code")
        self.assertIn("M2415", command("status").stdout)


if __name__ == "__main__":
    unittest.main()
