"""What a client refuses of its policy: each with its own error, reported, named by explain; and nothing runs.

Between client and site stands an impostor with every file that a daemon opens (impostor.py).
"""
import hashlib
import json
import sqlite3
import subprocess
import unittest

from impostor import Impostor, signed_document
from site_under_test import ROOT, Site, wait_until


def flipped(data, offset):
    altered = bytearray(data)
    altered[offset] ^= 1
    return bytes(altered)


class PolicyTrust(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.site.start_all()
        self.site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
        self.site.cli("explain", self.site.host(), "hello-everywhere", "--watch")

    def impostor(self):
        """From now on the client speaks with it alone."""
        self.site.stop("client")
        thief = Impostor(self.site)
        self.addCleanup(thief.close)
        return thief

    def deploy(self, name):
        text = (ROOT / "examples/first/first.yaml").read_text().split("---")[2].replace("hello-everywhere", name)
        file = self.site.path(f"{name}.yaml")
        file.write_text(text)
        self.site.cli("apply", "-f", str(file))

    def steps(self, name):
        return json.loads(self.site.cli("explain", self.site.host(), name, "-o", "json"))["steps"]

    def wait_for_signed_policy(self, name):
        wait_until(lambda: any(s["step"] == "policy signed for the device" and s["state"] == "done"
                               for s in self.steps(name)), "the signed policy")

    def warnings(self):
        return [line for line in self.site.log("client") if line["level"] in ("warning", "error")]

    def refused(self, error, deployment):
        """In the client's log, in a status message, in explain's answer; and it was never started."""
        def told(check, where):
            try:
                return wait_until(check, where, 30)
            except AssertionError:
                raise AssertionError(f"{error} not {where}; the client: {self.warnings()[-4:]}; "
                                     f"explain: {self.steps(deployment)}") from None
        told(lambda: any(error in line.get("text", "") for line in self.warnings()), "in the client's log")
        told(lambda: any(m["statusId"] == 11800 and error in m["detail"]
                         for m in self.site.json("get", "status-messages")), "reported")
        held = told(lambda: next((s for s in self.steps(deployment) if s["state"] == "holds"), None), "named by explain")
        self.assertEqual(held["step"], "policy accepted by the client")
        self.assertIn(error, held["cause"])
        identity = next(d["metadata"]["id"] for d in self.site.json("get", "deployments")
                        if d["metadata"]["name"] == deployment)
        self.assertFalse([m for m in self.site.json("get", "status-messages")
                          if m["statusId"] == 10005 and m["deployment"] == identity])

    def test_a_header_with_a_flipped_byte(self):
        thief = self.impostor()
        self.deploy("second")
        self.wait_for_signed_policy("second")
        thief.alter = lambda path, status, headers, body: (
            (status, headers, flipped(body, -40)) if path == "/mp/policy" and status == 200 else None)
        self.site.start("client")
        self.refused("M1501", "second")

    def test_a_body_with_a_flipped_byte(self):
        thief = self.impostor()
        self.deploy("second")
        self.wait_for_signed_policy("second")
        thief.alter = lambda path, status, headers, body: (
            (status, headers, flipped(body, -40)) if path.startswith(("/mp/policy/body/", "/mp/policy/bodies/")) else None)
        self.site.start("client")
        self.refused("M2407", "second")

    def test_a_policy_older_than_the_last_seen(self):
        thief = self.impostor()
        kept = []
        def keep_first(path, status, headers, body):
            if path == "/mp/policy" and status == 200 and not kept:
                kept.append((status, headers, body))
        thief.alter = keep_first
        self.site.path("client/policy/header").unlink()  # so that it asks for the whole header
        self.site.start("client")
        wait_until(lambda: kept, "the first header")
        self.deploy("second")
        self.site.cli("explain", self.site.host(), "second", "--watch")
        self.site.stop("client")
        self.deploy("third")
        self.wait_for_signed_policy("third")
        thief.alter = lambda path, status, headers, body: kept[0] if path == "/mp/policy" else None
        self.site.start("client")
        self.refused("M1505", "third")

    def test_an_entry_of_an_operator_who_was_removed(self):
        site = self.site
        first = site.cli("operator", "list").split()[0]
        key = site.path("other.key")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(key)], check=True)
        public = subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout", "-outform", "der"], check=True,
                                capture_output=True).stdout[-32:].hex()
        site.cli("operator", "add", public)
        self.deploy("second")
        site.cli("explain", site.host(), "second", "--watch")  # both operators may sign: it runs
        site.stop("client")
        self.deploy("third")
        self.wait_for_signed_policy("third")
        site.cli("operator", "remove", first)
        site.start("client")
        self.refused("M1509", "third")

    def test_an_entry_that_a_stolen_site_server_invents(self):
        """Everything of the site signs for it, policy key and CA included; only no operator does."""
        site = self.site
        thief = self.impostor()
        self.deploy("second")
        self.wait_for_signed_policy("second")
        policy_key = site.path("signer/policy.pem")
        database = sqlite3.connect(site.path("site/site.db"))
        (entry,) = database.execute("SELECT bytes FROM catalogue_document WHERE role = 'package-hello' "
                                    "ORDER BY version DESC").fetchone()
        document = json.loads(entry)
        document["signed"]["version"] += 1
        text = json.dumps(document["signed"], sort_keys=True, separators=(",", ":")).replace("install.sh", "evil.sh")
        public = subprocess.run(["openssl", "pkey", "-in", str(policy_key), "-pubout", "-outform", "der"], check=True,
                                capture_output=True).stdout[-32:]
        scratch = site.path("thief/text")
        scratch.write_text(text)
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(policy_key), "-in",
                                    str(scratch)], check=True, capture_output=True).stdout.hex()
        key = json.dumps({"keytype": "ed25519", "keyval": {"public": public.hex()}, "scheme": "ed25519"},
                         sort_keys=True, separators=(",", ":"))
        key_id = hashlib.sha256(key.encode()).hexdigest()
        evil = ('{"signatures":[{"keyid":"%s","sig":"%s"}],"signed":%s}' % (key_id, signature, text)).encode()
        with database:
            columns = [c[1] for c in database.execute("PRAGMA table_info(catalogue_document)")]
            row = dict(zip(columns, database.execute("SELECT * FROM catalogue_document WHERE role = 'package-hello' "
                                                     "ORDER BY version DESC").fetchone()))
            row.update(version=row["version"] + 1, bytes=evil, sha256=hashlib.sha256(evil).digest())
            database.execute(f"INSERT INTO catalogue_document ({', '.join(columns)}) VALUES "
                             f"({', '.join('?' * len(columns))})", [row[c] for c in columns])
        database.close()
        bodies = {}

        def invent(path, status, headers, body):
            """The newest deployment's body names the invented entry, and a new header names that body."""
            if path == "/mp/policy":
                status, headers, body = thief.forward("GET", path, {}, b"")
                header = json.loads(body.split(b"\n", 1)[1])
                for reference in header["bodies"]:
                    _, _, whole = thief.forward("GET", f"/mp/policy/body/{reference['sha256']}", {}, b"")
                    content = json.loads(whole.split(b"\n", 1)[1])
                    if content.get("name") != "second":
                        continue
                    content["entry"].update(version=row["version"], sha256=hashlib.sha256(evil).hexdigest(), size=len(evil))
                    false_body = signed_document(policy_key, "policy-body", json.dumps(content).encode())
                    reference.update(sha256=hashlib.sha256(false_body).hexdigest(), size=len(false_body))
                    bodies[reference["sha256"]] = false_body
                header["version"] += 1
                headers = {**headers, "ETag": '"invented"'}
                return 200, headers, signed_document(policy_key, "policy-header", json.dumps(header).encode())
            false_body = bodies.get(path.rpartition("/")[2])
            return (200, {}, false_body) if false_body else None

        thief.alter = invent
        site.start("client")
        self.refused("M1509", "second")
        self.assertTrue(bodies)


if __name__ == "__main__":
    unittest.main()
