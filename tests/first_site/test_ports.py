"""The table of connections as firewall rules, and the probe of each leg from the host where it starts.

Both ends are behind nftables with what `muster ports export` says and nothing else. nft and ufw judge the rules.
"""
import csv
import io
import re
import shutil
import subprocess
import unittest

from site_under_test import BIN, Site, die_with_me, wait_until
from test_locations import Machine

SITE, CLIENT = "10.1.0.1", "10.1.0.5"
ROLES = ("management point", "distribution point", "server locator point", "fallback status point")


class Ports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine, cls.stranger = Machine(1), Machine(2)
        cls.site = Site(address=SITE)
        yaml = cls.site.path("site/musterd.yaml")
        yaml.write_text(re.sub(r"(?m)^address: .*$", 'address: "::"', yaml.read_text()))
        cls.site.start_site()
        cls.peers = [word for role in ROLES for word in ("--peer", f"{role}={SITE}")]

    @classmethod
    def tearDownClass(cls):
        cls.site.close()
        cls.machine.close()
        cls.stranger.close()

    def setUp(self):
        self.load([], self.site_rules())
        self.load(self.machine.inside(), self.client_rules())

    def tearDown(self):
        for inside in ([], self.machine.inside()):
            subprocess.run([*inside, "nft", "flush", "ruleset"], check=True)

    def site_rules(self):
        # Without a range interfaces may listen on any high port, and so may all ports of this profile.
        return self.site.cli("ports", "export", "--format", "nftables", "--complete", "--set",
                             "rpc.port_range=50000-50100")

    def client_rules(self, *words):
        return self.site.cli("ports", "export", "--format", "nftables", "--complete", "--role", "client", "--with",
                             *ROLES, *self.peers, *words)

    @staticmethod
    def load(inside, rules):
        subprocess.run([*inside, "nft", "-f", "-"], input=rules, text=True, check=True)

    def check(self, *words, peers=None, inside=None):
        """The exit code, and of each leg its state."""
        command = [*(inside or self.machine.inside()), "env", f"MUSTER_STATE={self.site.state}", BIN / "muster", "ports",
                   "check", "--role", "client", *(self.peers if peers is None else peers), "-o", "csv", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        return done.returncode, {f"{row['CONNECTION']} {row['PROTOCOL']}": row["STATE"] for row in rows}

    def test_1_a_client_is_managed_through_what_is_exported(self):
        code, states = self.check()
        self.assertEqual(code, 0, states)
        self.assertEqual({name for name, state in states.items() if state != "answers"}, {"15 SMB"})
        self.site.cli("token", "create", "--output", str(self.site.path("client/token")))
        with open(self.site.path("client.output"), "ab") as output:
            self.site.processes["client"] = subprocess.Popen(
                [*self.machine.inside(), BIN / "muster-client", "--config", self.site.path("client/client.yaml")],
                stdout=output, stderr=output, preexec_fn=die_with_me)
        wait_until(lambda: len(self.site.json("query", "OperatingSystem")["rows"]) == 1, "the client's inventory", 60)
        self.site.stop("client")

    def test_2_nothing_else_passes(self):
        server = subprocess.Popen(["python3", "-m", "http.server", "9999", "--bind", SITE], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, preexec_fn=die_with_me)
        try:
            reach = [*self.machine.inside(), "curl", "-s", "-m", "3", "--retry", "5", "--retry-connrefused", "-o",
                     "/dev/null", f"http://{SITE}:9999/"]
            self.assertEqual(subprocess.run(reach).returncode, 28, "a time-out")
            self.tearDown()
            self.assertEqual(subprocess.run(reach).returncode, 0)
        finally:
            server.kill()
            server.wait()

    def test_3_a_leg_that_is_dropped_is_named(self):
        rules = self.site_rules()
        self.assertIn("\t\ttcp dport 20080 accept\n", rules)
        self.load([], rules.replace("\t\ttcp dport 20080 accept\n", ""))
        code, states = self.check()
        self.assertEqual(code, 3)
        # An alternative that is closed is no failure while another one carries the connection.
        self.assertEqual({name: states[name] for name in ("13 HTTP", "18 HTTP", "17 HTTP", "17 HTTPS", "E2 HTTPS")},
                         {"13 HTTP": "dropped, blocked", "18 HTTP": "dropped, blocked", "17 HTTP": "dropped",
                          "17 HTTPS": "answers", "E2 HTTPS": "answers"})
        self.load([], rules.replace("\t\ttcp dport 20443 accept\n", ""))
        code, states = self.check()
        self.assertEqual(code, 3)
        self.assertEqual({name: states[name] for name in ("17 HTTPS", "E2 HTTPS", "18 HTTP")},
                         {"17 HTTPS": "dropped", "E2 HTTPS": "dropped, blocked", "18 HTTP": "answers"})

    def test_4_a_leg_that_is_refused_and_one_that_is_not_let_out(self):
        self.load([], self.site_rules().replace("\t\ttcp dport 20443 accept\n",
                                                "\t\ttcp dport 20443 reject with tcp reset\n"))
        self.assertEqual(self.check()[1]["E2 HTTPS"], "refused, blocked")
        self.load([], self.site_rules())
        self.load(self.machine.inside(), re.sub(r"\t\tip daddr .* tcp dport 20443 accept\n", "", self.client_rules()))
        self.assertEqual(self.check()[1]["E2 HTTPS"], "dropped, blocked")

    def test_5_an_alternative_that_is_not_chosen_is_neither_opened_nor_asked(self):
        rules = self.client_rules("--without", "17 HTTP", "--without", "15 HTTP", "--without", "15 SMB")
        self.assertNotIn("445", rules)
        self.load(self.machine.inside(), rules)
        code, states = self.check("--without", "15 SMB", "--without", "15 HTTP", "--without", "17 HTTP")
        self.assertEqual((code, set(states.values())), (0, {"answers"}))
        done = self.site.cli("ports", "export", "--format", "ufw", "--role", "client", "--without", "18 HTTP", ok=False)
        self.assertIn("M1359 leg-needed: connection 18 (client to server locator point) fails without 18 HTTP",
                      done.stderr)

    def test_6_somebody_else_at_the_port_is_told_from_nobody(self):
        self.tearDown()
        peers = ["--peer", f"management point={self.stranger.address}"]
        key, certificate = self.site.path("other.key"), self.site.path("other.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        f"/CN={self.stranger.address}", "-addext", f"subjectAltName=IP:{self.stranger.address}", "-keyout",
                        key, "-out", certificate], check=True, capture_output=True)
        for command, wanted in ((["openssl", "s_server", "-accept", "20443", "-key", key, "-cert", certificate, "-www"],
                                 "wrong peer"),
                                (["python3", "-m", "http.server", "20443"], "no TLS")):
            server = subprocess.Popen([*self.stranger.inside(), *command], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, preexec_fn=die_with_me)
            try:
                def state():
                    return self.check(peers=peers, inside=["env"])[1]["E2 HTTPS"]
                wait_until(lambda: not state().startswith("refused"), "somebody listens")
                self.assertEqual(state(), f"{wanted}, blocked")
            finally:
                server.kill()
                server.wait()
        self.assertEqual(self.check(peers=["--peer", "management point=10.7.0.1"], inside=["env"])[1]["E2 HTTPS"],
                         "unreachable, blocked")

    def test_7_each_firewall_takes_its_form(self):
        for role in ("site server", "client", "PXE service point", "state migration point"):
            words = ("ports", "export", "--role", role, "--profile", "standard", "--peer", "client=10.1.0.0/16,2001:db8::/32")
            added = self.site.cli(*words, "--format", "nftables")
            subprocess.run(["nft", "-c", "-f", "-"], input=f"table inet some {{\n{added}}}\n", text=True, check=True)
            script = self.site.cli(*words, "--format", "ufw")
            lines = [line for line in script.splitlines() if not line.startswith("#")]
            self.assertTrue(lines)
            if shutil.which("ufw"):
                for line in lines:
                    done = subprocess.run(["sh", "-c", line.replace("ufw ", "ufw --dry-run ", 1)], capture_output=True,
                                          text=True)
                    self.assertEqual(done.returncode, 0, line + done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
