"""The held request: a client with an hourly poll hears at once that there is something to look at."""
import re
import time
import unittest

from relay import Relay
from site_under_test import Site, wait_until

OBJECTS = """\
apiVersion: muster/v1
kind: Package
metadata: {{name: hello}}
spec:
  version: '{version}'
  source: ./content
  programs:
    - {{name: say, command: 'sh run.sh', runAs: user, maxRuntime: PT5M}}
---
apiVersion: muster/v1
kind: Deployment
metadata: {{name: greeting}}
spec: {{package: hello, program: say, collection: all-systems, purpose: required, start: now}}
"""


class Nudges(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        yaml = self.site.path("site/musterd.yaml")
        yaml.write_text(re.sub(r"policy\.poll_interval: .*", "policy.poll_interval: PT1H", yaml.read_text()))
        self.assertIn("policy.poll_interval: PT1H", yaml.read_text())
        # A lost connection comes back within six times the first retry, before the site has said a time.
        self.site.configure("client", retry__first="PT0.3S", retry__longest="PT2S")

    def device(self):
        return self.site.json("get", "devices")[0]

    def connected(self):
        return self.device().get("connectedSince")

    def deploy(self, version):
        file = self.site.path(f"touched-{version}")
        objects = self.site.path("objects.yaml")
        self.site.path("content").mkdir(exist_ok=True)
        self.site.path("content", "run.sh").write_text(f"touch {file}\n")
        objects.write_text(OBJECTS.format(version=version))
        self.site.cli("apply", "-f", str(objects))
        return file

    def nudges(self, cycle="policy"):
        return [line for line in self.site.events("client", "nudge.taken") if line["cycle"] == cycle]

    def inventories(self):
        """How often the client looked: one without a change is not sent."""
        return sum(len(self.site.events("client", event)) for event in ("inventory.reported", "inventory.unchanged"))

    def test_a_change_reaches_a_client_that_polls_hourly(self):
        self.site.start_all()
        wait_until(self.connected, "the held request")
        began = time.monotonic()
        file = self.deploy(1)
        wait_until(file.exists, "the program ran", 20)
        self.assertTrue(self.nudges())
        self.assertLess(time.monotonic() - began, 20)
        wait_until(self.connected, "the next request")

    def test_clients_come_back_after_a_restart_with_their_sessions(self):
        self.site.start_all()
        wait_until(self.connected, "the held request")
        for end in (self.site.stop, self.site.kill):
            before = len(self.site.events("client", "nudge.connected"))
            end("site")
            self.site.start("site")
            self.site.wait_for_site()
            self.site.cli("login")
            wait_until(self.connected, "the client is back")
            last = wait_until(lambda: self.site.events("client", "nudge.connected")[before:], "its connection")[-1]
            self.assertTrue(last["resumed"], last)
        file = self.deploy(2)
        wait_until(file.exists, "the program ran", 20)

    def test_a_blocked_device_holds_nothing_any_more(self):
        self.site.start_all()
        wait_until(self.connected, "the held request")
        self.site.cli("block", "device", self.site.host())
        lost = lambda: [line for line in self.site.events("client", "nudge.connection.lost") if "403" in str(line)]
        wait_until(lost, "the client hears of it")
        self.assertIsNone(self.connected())
        self.site.cli("approve", "device", self.site.host())

    def test_a_client_behind_a_cut_wire_is_not_connected_and_comes_back(self):
        wire = Relay()
        yaml = self.site.path("client/client.yaml")
        yaml.write_text(re.sub(r"(?m)^managementPoint:.*", f"managementPoint: https://127.0.0.1:{wire.port}", yaml.read_text()))
        self.site.start_all()
        wait_until(self.connected, "the held request")
        wire.close()
        wait_until(lambda: not self.connected(), "the site sees it go")
        # What changes meanwhile is told when it is back: it says which policy it knows.
        file = self.deploy(3)
        Relay(port=wire.port)
        wait_until(file.exists, "the program ran", 40)

    def test_an_operator_triggers_cycles_and_reads_the_policy(self):
        self.site.start_all()
        wait_until(self.connected, "the held request")
        before = self.device()["lastSeen"]
        self.assertIn("told to look at its heartbeat now", self.site.cli("trigger", self.site.host(), "heartbeat"))
        wait_until(lambda: self.device()["lastSeen"] > before, "the heartbeat")
        wait_until(lambda: self.device().get("triggerTaken"), "the device says that it knows")
        self.assertNotIn("triggerWaiting", self.device())
        looked = self.inventories()
        self.site.cli("trigger", self.site.host(), "inventory")
        wait_until(lambda: self.inventories() > looked, "the inventory")
        # Nobody is told what does not exist, and every trigger is in the audit.
        refused = self.site.cli("trigger", self.site.host(), "nonsense", ok=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("there are policy, inventory, heartbeat", refused.stderr)
        self.assertIn("M2200", self.site.cli("trigger", "nobody", "policy", ok=False).stderr)
        actions = [entry for entry in self.site.json("get", "audit") if entry["action"] == "trigger"]
        self.assertEqual([entry["name"] for entry in actions], [self.site.host()] * 2)
        # The policy viewer says what is signed for this device.
        wait_until(self.deploy(4).exists, "the program ran", 20)
        text = self.site.cli("get", "policy", self.site.host())
        self.assertIn("every PT1H", text)
        parts = {each["part"]: each["says"] for each in self.site.json("get", "policy", self.site.host())["parts"]}
        self.assertIn("program say of package hello 4", parts["deployment greeting"])
        mine = self.site.client_cli("status")
        self.assertIn(parts["policy"].split(",")[0], mine)  # "version 1.3"
        # A device that is away is told when it comes, and one that is blocked is asked for nothing.
        self.site.stop("client")
        wait_until(lambda: not self.connected(), "the client is gone")
        told = len(self.nudges("inventory"))
        self.assertIn("not connected (last contact", self.site.cli("trigger", self.site.host(), "inventory"))
        self.assertEqual(self.device()["triggerWaiting"], "inventory")
        self.site.start("client")
        wait_until(lambda: len(self.nudges("inventory")) > told, "the client hears of it")
        wait_until(lambda: self.device().get("triggerTaken"), "the site knows that it did")
        self.site.cli("block", "device", self.site.host())
        self.assertIn("M2215", self.site.cli("trigger", self.site.host(), "policy", ok=False).stderr)

    def test_a_client_that_holds_nothing_is_told_with_its_poll(self):
        yaml = self.site.path("site/musterd.yaml")
        yaml.write_text(yaml.read_text().replace("policy.poll_interval: PT1H", "policy.poll_interval: PT2S"))
        self.site.configure("client", management_point__leg="http")
        self.site.start_all()
        wait_until(lambda: self.device().get("lastContact"), "a poll")
        looked = self.inventories()
        self.assertIsNone(self.connected())
        self.assertIn("not connected", self.site.cli("trigger", self.site.host(), "inventory"))
        wait_until(lambda: self.inventories() > looked, "the inventory")
        self.assertTrue(self.nudges("inventory"))


if __name__ == "__main__":
    unittest.main()
