"""Virtual clients against one real site: they enrol, report, hear nudges and come back after a restart."""
import json
import os
import resource
import sqlite3
import subprocess
import unittest

from site_under_test import BIN, Site, die_with_me, wait_until

CLIENTS = 200
SCENARIO = """\
name: steady
seed: 11
clients: {clients}
lasts: {lasts}
powerOnOver: PT2S
hold: {hold}
systems:
  - {{system: debian, weight: 5}}
  - {{system: ubuntu, weight: 3}}
  - {{system: rocky, weight: 2}}
events: {events}
"""


class Simulator(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.site.start_site()

    def simulate(self, events, lasts, *words, clients=CLIENTS, descriptors=None, hold=True):
        scenario = self.site.path("scenario.yaml")
        scenario.write_text(SCENARIO.format(clients=clients, lasts=lasts, events=json.dumps(events), hold=json.dumps(hold)))
        def begin():
            die_with_me()
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        with open(self.site.path("simulate.output"), "ab") as output:
            process = subprocess.Popen(
                [BIN / "muster-simulate", "--scenario", scenario, "--state", self.site.path("fleet"),
                 "--management-point", "https://127.0.0.1:20443", "--sources", "127.1.0.1",
                 "--server", str(self.site.path("site")), "--database", self.site.path("site"),
                 "--result", self.site.path("result.json"), *words],
                env={**os.environ, "MUSTER_STATE": str(self.site.state)}, stdout=output, stderr=output,
                preexec_fn=begin)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        return process

    def output(self):
        return self.site.path("simulate.output").read_text()

    def phases(self, process):
        self.assertEqual(process.wait(timeout=60), 0, self.output())
        result = json.loads(self.site.path("result.json").read_text())
        self.assertTrue(result["hardware"]["processor"])
        return {phase["name"]: phase for phase in result["phases"]}

    def answers(self, phase, kind):
        return next((each for each in phase["answers"] if each["kind"] == kind), {"answered": 0, "failed": 0})

    def test_a_fleet_enrols_reports_hears_nudges_and_comes_back(self):
        tokens = self.site.path("tokens")
        self.site.cli("token", "create", "--count", str(CLIENTS), "--output", str(tokens))
        self.assertEqual(len(set(tokens.read_text().split())), CLIENTS)
        restart = self.site.path("restart-now")
        trigger = [str(BIN / "muster"), "trigger", "--collection", "all-systems", "heartbeat"]
        process = self.simulate([
            {"at": "PT1S", "do": "run", "name": "nudge", "whenConnected": True, "command": trigger},
            {"at": "PT3S", "do": "run", "name": "restart", "whenConnected": True, "command": ["touch", str(restart)]},
            {"at": "PT5S", "do": "mark", "name": "back", "whenConnected": True}], "PT6S", "--tokens", tokens)
        wait_until(lambda: restart.exists() or process.poll() is not None, "all were connected and nudged", 60)
        self.assertTrue(restart.exists(), self.output())
        self.site.stop("site")
        self.site.start("site")
        phases = self.phases(process)
        start = phases["start"]
        self.assertEqual(self.answers(start, "enrolment"), {**self.answers(start, "enrolment"), "answered": CLIENTS, "failed": 0})
        self.assertEqual(self.answers(start, "message")["failed"], 0, start)
        self.assertGreater(start["serverResidentBytes"], 0)
        self.assertGreater(start["databaseBytes"], 0)
        # Each looked, said so, and left its next request.
        self.assertEqual(self.answers(phases["nudge"], "round")["answered"], CLIENTS, phases["nudge"])
        self.assertGreaterEqual(self.answers(phases["nudge"], "message")["answered"], CLIENTS)
        # All came back, on resumed sessions.
        self.assertEqual(phases["back"]["connected"], CLIENTS)
        self.assertGreaterEqual(phases["restart"]["resumedHandshakes"] + phases["back"]["resumedHandshakes"], CLIENTS)
        # A handshake that the end of the server cut off is not resumed.
        self.assertLess(phases["restart"]["fullHandshakes"] + phases["back"]["fullHandshakes"], CLIENTS / 4)
        self.site.wait_for_site()
        self.site.cli("login")

        rows = lambda text: self.site.cli("query", text, "-o", "csv").splitlines()[1:]
        wait_until(lambda: len(rows("Device | project Name")) == CLIENTS, "every machine's inventory", 20)
        ids = rows("OperatingSystem | distinct Id")
        self.assertEqual(len(ids), 3, ids)
        self.assertEqual(len(rows("InstalledSoftware | where PackageManager == 'rpm' | distinct Device")),
                         len(rows("OperatingSystem | where Id == 'rocky' | distinct Device")))

        # Whom a collection's trigger reached stands in the audit once.
        audit = [entry for entry in self.site.json("get", "audit") if entry["action"] == "trigger"]
        self.assertEqual([(entry["kind"], entry["name"]) for entry in audit], [("Collection", "all-systems")])
        self.assertIn("M2200", self.site.cli("trigger", "--collection", "nobody", "policy", ok=False).stderr)
        self.assertIn("M2202", self.site.cli("trigger", "--collection", "all-systems", "dance", ok=False).stderr)

        # The next run has their identities, and tells what changed alone.
        process = self.simulate([{"at": "PT1S", "do": "patch", "name": "patches", "whenConnected": True, "percent": 50},
                                 {"at": "PT7S", "do": "powerOff", "name": "evening", "percent": 100},
                                 {"at": "PT8S", "do": "powerOn", "name": "morning", "percent": 100},
                                 {"at": "PT9S", "do": "mark", "name": "end", "whenConnected": True}], "PT9S")
        phases = self.phases(process)
        self.assertEqual(self.answers(phases["start"], "enrolment")["answered"], 0)
        # Each says a heartbeat when it comes, and some come so late that it counts with the patches.
        told = [self.answers(phases[name], "message") for name in ("start", "patches")]
        deltas = sum(each["answered"] for each in told) - CLIENTS
        self.assertTrue(60 < deltas < 140 and all(each["failed"] == 0 for each in told), told)
        self.assertEqual(phases["evening"]["connected"], 0)
        self.assertEqual(phases["end"]["connected"], CLIENTS)
        self.assertEqual(self.site.json("get", "quarantine"), [])

    def test_clients_that_hold_nothing_come_on_resumed_sessions(self):
        tokens = self.site.path("tokens")
        self.site.cli("token", "create", "--count", "20", "--output", str(tokens))
        process = self.simulate([{"at": "PT10S", "do": "patch", "name": "whole", "count": 7, "whole": True},
                                 {"at": "PT14S", "do": "mark", "name": "end"}], "PT17S", "--tokens", tokens,
                                clients=20, hold=False)
        phases = self.phases(process)
        self.assertEqual(phases["start"]["connected"], 0)
        later = [phases["whole"], phases["end"]]
        for phase in later:
            self.assertEqual([each for each in phase["answers"] if each["failed"]], [])
            self.assertEqual(phase["fullHandshakes"], 0, phase)
            # The site says that they shall poll every two seconds: a connection each.
            self.assertGreaterEqual(self.answers(phase, "poll")["answered"], 10, phase)
        answered = lambda kind: sum(self.answers(phase, kind)["answered"] for phase in later)
        self.assertEqual(answered("message"), 7, later)
        asked = sum(answered(kind) for kind in ("poll", "message", "document"))
        # One that begins in one phase may be answered in the next.
        self.assertAlmostEqual(sum(phase["resumedHandshakes"] for phase in later), asked, delta=4, msg=later)
        # Whole inventories: what the site has of the seven is a second full one each.
        kinds = [row[0] for row in sqlite3.connect(self.site.path("site/site.db")).execute("SELECT kind FROM inventory_log")]
        self.assertEqual(kinds, ["full"] * 27)

    def test_what_cannot_be_done_is_said(self):
        process = self.simulate([], "PT1S", clients=3)
        self.assertEqual(process.wait(timeout=20), 1)
        self.assertIn("M2901", self.output())
        process = self.simulate([], "PT1S", clients=900, descriptors=1000)
        self.assertEqual(process.wait(timeout=20), 1)
        self.assertIn("M2903", self.output())
        self.site.cli("token", "create", "--count", "1", "--output", str(self.site.path("tokens")))
        process = self.simulate([{"at": "PT1S", "do": "run", "name": "x", "whenConnected": True, "command": ["false"]}],
                                "PT2S", "--tokens", self.site.path("tokens"), clients=1)
        self.assertEqual(process.wait(timeout=60), 1)
        self.assertIn("M2905", self.output())


if __name__ == "__main__":
    unittest.main()
