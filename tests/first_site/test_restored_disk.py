"""A client whose disk went back to an earlier state: what it says from then on is taken, not dropped as seen."""
import json
import shutil
import subprocess
import time
import unittest

from site_under_test import BIN, ROOT, Site, wait_until


class RestoredDisk(unittest.TestCase):
    def test_messages_after_a_restore_arrive_in_a_new_stream(self):
        with Site() as site:
            site.start_all()
            site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
            site.cli("explain", site.host(), "hello-everywhere", "--watch")
            site.stop("client")
            shutil.copytree(site.path("client"), site.path("snapshot"))
            text = (ROOT / "examples/first/first.yaml").read_text().split("---")[2]
            for name in ("second", "third"):
                site.path(f"{name}.yaml").write_text(text.replace("hello-everywhere", name))
            site.cli("apply", "-f", str(site.path("second.yaml")))
            site.start("client")
            site.cli("explain", site.host(), "second", "--watch")
            site.stop("client")
            shutil.rmtree(site.path("client"))
            site.path("snapshot").rename(site.path("client"))
            site.cli("apply", "-f", str(site.path("third.yaml")))
            site.start("client")
            site.cli("explain", site.host(), "third", "--watch")
            self.assertTrue(site.events("site", "mp.stream.behind"))
            wait_until(lambda: {m["statusId"] for m in site.json("get", "status-messages")
                                if m["deployment"] == self.id_of(site, "third")} >= {10002, 10005, 10008},
                       "every report of the third")

    def test_two_machines_with_one_disk_are_both_let_in_no_more(self):
        with Site() as site:
            site.start_all()
            site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
            site.cli("explain", site.host(), "hello-everywhere", "--watch")
            site.stop("client")
            shutil.copytree(site.path("client"), site.path("clone"))
            yaml = site.path("clone/client.yaml")
            yaml.write_text(yaml.read_text().replace(f"{site.path('client')}", f"{site.path('clone')}"))
            site.start("client")
            clone = subprocess.Popen([BIN / "muster-client", "--config", yaml], cwd=site.state)
            try:
                text = (ROOT / "examples/first/first.yaml").read_text().split("---")[2]
                # At the second deployment one of the two is behind and goes on in a new stream. It shows that it
                # is no restored disk when the other speaks again in the old one: at the third, at the latest.
                for name in ("second", "third"):
                    site.path(f"{name}.yaml").write_text(text.replace("hello-everywhere", name))
                    site.cli("apply", "-f", str(site.path(f"{name}.yaml")), ok=False)
                    wait_until(lambda: self.state_of(site) == "quarantined" or self.both_did(site, name), name)
                wait_until(lambda: self.state_of(site) == "quarantined", "the quarantine")
                for log in ("client/client.log", "clone/client.log"):
                    wait_until(lambda: "403" in site.path(log).read_text(), f"the refusal in {log}")
                self.assertIn(("quarantine", "Device"), {(e["action"], e["kind"]) for e in site.json("get", "audit")})
                # By a message of both or by a poll of both, whichever came first.
                self.assertTrue(site.events("site", "mp.poll.refused") or "2307" in str(site.json("get", "quarantine")))
            finally:
                clone.terminate()
                clone.wait()

    def test_two_machines_with_one_disk_show_by_their_polls_alone(self):
        with Site() as site:
            site.start_all()
            wait_until(lambda: site.events("client", "inventory.reported"), "the first reports")
            site.stop("client")
            shutil.copytree(site.path("client"), site.path("clone"))
            yaml = site.path("clone/client.yaml")
            yaml.write_text(yaml.read_text().replace(f"{site.path('client')}", f"{site.path('clone')}"))
            # A start, a stop and a start again of the one machine: no alarm.
            for _ in range(2):
                site.start("client")
                self.poll(site, "client")
                self.poll(site, "client")
                site.stop("client")
            site.start("client")
            self.poll(site, "client")
            self.assertEqual(self.state_of(site), "active")
            clone = subprocess.Popen([BIN / "muster-client", "--config", yaml], cwd=site.state)
            try:
                wait_until(lambda: self.state_of(site) == "quarantined", "the quarantine")
                self.assertEqual({e["error"] for e in site.events("site", "mp.poll.refused")}, {2006})
                self.assertIn(("quarantine", "Device"), {(e["action"], e["kind"]) for e in site.json("get", "audit")})
                for log in ("client/client.log", "clone/client.log"):
                    wait_until(lambda: "403" in site.path(log).read_text(), f"the refusal in {log}")
            finally:
                clone.terminate()
                clone.wait()

    @staticmethod
    def poll(site, state):
        """One more policy poll of that client, seen from its status."""
        client = [BIN / "muster-client", "--state", site.path(state)]
        def next_poll():
            done = subprocess.run([*client, "-o", "json", "status"], capture_output=True, timeout=100)
            rows = dict(json.loads(done.stdout)["rows"]) if done.returncode == 0 else {}
            return rows.get("next policy poll", "") if rows.get("policy", "none yet") != "none yet" else ""
        wait_until(next_poll, f"{state} has its policy")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
        subprocess.run([*client, "trigger", "policy"], check=True, capture_output=True, timeout=100)
        wait_until(lambda: next_poll() > now, f"{state}'s poll is answered")

    @staticmethod
    def state_of(site):
        return site.json("get", "devices")[0]["state"]

    def both_did(self, site, name):
        def did(state):
            client = [BIN / "muster-client", "--state", site.path(state)]
            # Both polled when they started, perhaps before the policy said anything new.
            subprocess.run([*client, "trigger", "policy"], capture_output=True, timeout=100)
            listed = subprocess.run([*client, "-o", "json", "software", "list"], capture_output=True, timeout=100)
            rows = json.loads(listed.stdout)["rows"] if listed.returncode == 0 else []
            return any(row[0] == name and row[-1] == "succeeded" for row in rows)
        return did("client") and did("clone")

    @staticmethod
    def id_of(site, name):
        return next(d["metadata"]["id"] for d in site.json("get", "deployments") if d["metadata"]["name"] == name)


if __name__ == "__main__":
    unittest.main()
