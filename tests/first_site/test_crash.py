"""kill -9 of any program at any moment: nothing acknowledged is lost, nothing runs twice.

Fifty deployments (over 200 messages) and a download, while a killer takes signer, site server and
client in random order. Short form: a tenth of the kills; MUSTER_LONG=yes: at least 100.
"""
import os
import random
import sqlite3
import time
import unittest

from site_under_test import Site, wait_until

DEPLOYMENTS = 50
KILLS = 100 if os.environ.get("MUSTER_LONG") else 12
SEED = int(os.environ.get("MUSTER_SEED", "1"))


def write_package(folder, ledger):
    source = folder / "many"
    source.mkdir()
    (source / "append.sh").write_text(f'sleep 0.05\necho "$1" >> {ledger}\n')
    (source / "ballast").write_bytes(random.Random(SEED).randbytes(48 << 20))
    lines = ["apiVersion: muster/v1", "kind: Package", "metadata: {name: many}", "spec:",
             '  version: "1"', "  source: ./many", "  programs:"]
    for n in range(DEPLOYMENTS):
        lines.append(f'    - {{name: p{n:02}, command: "sh append.sh {n:02}", runAs: user}}')
    for n in range(DEPLOYMENTS):
        lines += ["---", "apiVersion: muster/v1", "kind: Deployment", f"metadata: {{name: d{n:02}}}",
                  f"spec: {{package: many, program: p{n:02}, collection: all-systems, purpose: required, start: now}}"]
    file = folder / "many.yaml"
    file.write_text("\n".join(lines) + "\n")
    return file


class Crash(unittest.TestCase):
    def test_everything_runs_once_and_every_report_arrives_through_kills(self):
        print(f"seed {SEED}, {KILLS} kills", flush=True)
        dice = random.Random(SEED)
        with Site() as site:
            site.start_all()
            ledger = site.path("ledger")
            site.cli("apply", "-f", str(write_package(site.state, ledger)))
            for _ in range(KILLS):
                time.sleep(dice.uniform(0.02, 0.35))  # the moment of the kill, not a wait for an event
                victim = dice.choice(["client", "site", "signer"])
                site.kill(victim)
                if victim == "site":
                    # Both may be down at once: the signer is what the site needs to start.
                    site.start("site")
                else:
                    site.start(victim)
                for name, process in list(site.processes.items()):
                    if process.poll() is not None:  # could not start while its peer was away
                        site.start(name)
            wait_until(lambda: self.settle(site), "all deployments to succeed", 180)

            ran = sorted(ledger.read_text().split())
            self.assertEqual(ran, [f"{n:02}" for n in range(DEPLOYMENTS)], "each program exactly once")
            wait_until(lambda: self.reports(site) == {10002: DEPLOYMENTS, 10005: DEPLOYMENTS, 10008: DEPLOYMENTS},
                       "every report exactly once", 60)
            self.assertEqual(site.json("get", "quarantine"), [])
            site.stop("client")
            site.stop("site")
            self.check_stream(site)

    def settle(self, site):
        for name in ["signer", "site", "client"]:
            if site.processes[name].poll() is not None:
                site.start(name)
        done = site.cli("get", "deployments", "-o", "json", ok=False)
        if done.returncode != 0:
            return False
        import json
        return all(d["status"]["succeeded"] == 1 for d in json.loads(done.stdout))

    def reports(self, site):
        counts = {}
        seen = set()
        for message in site.json("get", "status-messages"):
            if message["statusId"] in (10002, 10005, 10008):
                key = (message["deployment"], message["statusId"])
                self.assertNotIn(key, seen, "a report twice")
                seen.add(key)
                counts[message["statusId"]] = counts.get(message["statusId"], 0) + 1
        return counts

    def check_stream(self, site):
        """What the client was told is durable is in the database: the stream has no end missing."""
        database = sqlite3.connect(site.path("site/site.db"))
        position = database.execute("SELECT max(sequence) FROM stream_position").fetchone()[0]
        state = site.path("client/outbox/position").read_bytes()
        next_sequence = int.from_bytes(state[24:32], "big")
        self.assertGreaterEqual(position, next_sequence - 1)
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")


if __name__ == "__main__":
    unittest.main()
