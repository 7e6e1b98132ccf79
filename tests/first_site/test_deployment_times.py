"""Deployments by schedule, window, end, request and rerun: from the operator's file to the program on the machine."""
import datetime
import json
import subprocess
import unittest

from site_under_test import BIN, Site, wait_until

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def at(seconds, form="%Y-%m-%dT%H:%M:%SZ"):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime(form)


class DeploymentTimes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        cls.site.start_all()
        source = cls.site.path("times")
        source.mkdir()
        (source / "run.sh").write_text(f'echo "$1" >> {cls.site.path("ran")}\nexit "${{2:-0}}"\n')
        cls.site.path("ran").touch()
        cls.apply(cls, "package.yaml", "apiVersion: muster/v1\nkind: Package\nmetadata: {name: times}\nspec:\n"
                  "  version: '1'\n  source: ./times\n  programs:\n" + "".join(
                      f"    - {{name: {name}, command: 'sh run.sh {name} {code}', runAs: user, maxRuntime: PT5M}}\n"
                      for name, code in (("once", 0), ("gained", 0), ("window", 0), ("wanted", 0), ("late", 0), ("off", 0))))

    def apply(self, name, text, ok=True):
        path = self.site.path(name)
        path.write_text(text)
        return self.site.cli("apply", "-f", str(path), ok=ok)

    def deploy(self, name, program, spec, collection="all-systems", ok=True):
        return self.apply(f"{name}.yaml", f"apiVersion: muster/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
                          f"spec: {{package: times, program: {program}, collection: {collection}, {spec}}}\n", ok=ok)

    def poll(self):
        self.site.client_cli("trigger", "policy")

    def policy_version(self):
        """Of the policy that the client follows."""
        rows = json.loads(self.site.client_cli("-o", "json", "status"))["rows"]
        epoch, version = next(value for what, value in rows if what == "policy").split()[1].rstrip(",").split(".")
        return int(epoch), int(version)

    def runs(self, name):
        return self.site.path("ran").read_text().split().count(name)

    def test_a_schedule_of_one_time_and_a_rerun(self):
        self.deploy("by-schedule", "once", f"purpose: required, start: '{at(-60)}', "
                    f"schedules: [{{start: '{at(6)}'}}], rerun: always")
        self.site.wait_software("by-schedule", "waiting for its time")
        self.assertEqual(self.runs("once"), 0)
        step = self.site.step("by-schedule", "its time has come")
        self.assertIn("at its next time", step["cause"])
        self.site.wait_software("by-schedule", "done")
        self.assertEqual(self.runs("once"), 1)
        # Changed, its time comes again.
        self.deploy("by-schedule", "once", f"purpose: required, start: '{at(-60)}', "
                    f"schedules: [{{start: '{at(4)}'}}], rerun: always")
        wait_until(lambda: self.site.software("by-schedule") and self.runs("once") == 2, "the second run")
        # With rerun never it does not run a third time.
        before = self.policy_version()
        due = at(3)
        self.deploy("by-schedule", "once", f"purpose: required, start: '{at(-60)}', schedules: [{{start: '{due}'}}]")
        wait_until(lambda: self.site.software("by-schedule") and self.policy_version() > before, "the new policy")
        # Past the moment the client has looked at it: a policy of a later time is followed.
        wait_until(lambda: at(0) > due, "its time")
        last = self.policy_version()
        self.deploy("by-schedule", "once", f"purpose: required, start: '{at(-61)}', schedules: [{{start: '{due}'}}]")
        wait_until(lambda: self.site.software("by-schedule") and self.policy_version() > last, "a later policy")
        self.assertEqual(self.site.software("by-schedule")["STATE"], "done")
        self.assertEqual(self.runs("once"), 2)

    def test_a_deadline_of_now_is_added_to_a_scheduled_deployment(self):
        spec = f"purpose: required, start: '{at(-60)}', schedules: [{{start: '{at(7200)}'}}]"
        self.deploy("gains", "gained", spec)
        self.site.wait_software("gains", "waiting for its time")
        (stored,) = self.site.json("get", "deployments", "gains")
        self.assertNotIn("deadline", stored["spec"])
        self.deploy("gains", "gained", f"{spec}, deadline: now")
        (stored,) = self.site.json("get", "deployments", "gains")
        self.assertLessEqual(stored["spec"]["deadline"], at(0))
        # Said again, it stays the moment that it was.
        self.deploy("gains", "gained", f"{spec}, deadline: now")
        self.assertEqual(self.site.json("get", "deployments", "gains")[0]["spec"]["deadline"], stored["spec"]["deadline"])
        self.site.wait_software("gains", "done")
        self.assertEqual(self.runs("gained"), 1)

    def test_a_window_holds_a_program_until_it_opens(self):
        self.apply("windowed.yaml", "apiVersion: muster/v1\nkind: Collection\nmetadata: {name: windowed}\nspec:\n"
                   f"  rules: [{{device: {self.site.host()}}}]\n"
                   f"  maintenanceWindows: [{{name: later, start: '{at(3600)}', duration: PT1H}}]\n")
        self.deploy("in-window", "window", "purpose: required, start: now", collection="windowed")
        self.site.wait_software("in-window", "waiting for a maintenance window")
        self.assertEqual(self.runs("window"), 0)
        wait_until(lambda: "window must open" in self.site.step("in-window", "program started").get("cause", ""), "explain")
        self.assertIn("maintenance window later", self.site.client_cli("policy"))
        self.apply("windowed.yaml", "apiVersion: muster/v1\nkind: Collection\nmetadata: {name: windowed}\nspec:\n"
                   f"  rules: [{{device: {self.site.host()}}}]\n"
                   f"  maintenanceWindows: [{{name: now, start: '{at(-60)}', duration: PT1H}}]\n")
        self.site.wait_software("in-window", "done")
        self.assertEqual(self.runs("window"), 1)
        # The windows bind no longer once they are gone from the collection.
        self.apply("windowed.yaml", "apiVersion: muster/v1\nkind: Collection\nmetadata: {name: windowed}\nspec:\n"
                   f"  rules: [{{device: {self.site.host()}}}]\n")
        wait_until(lambda: (self.poll() or "maintenance window" not in self.site.client_cli("policy")), "no windows")

    def test_an_available_program_runs_when_its_user_asks(self):
        self.deploy("on-request", "wanted", "purpose: available, start: now")
        self.site.wait_software("on-request", "waiting for a request")
        self.assertIn("has not asked", self.site.step("on-request", "its time has come")["cause"])
        for run in (1, 2):
            self.site.client_cli("software", "install", "on-request")
            wait_until(lambda: self.runs("wanted") == run and self.site.software("on-request")["STATE"] == "done", "its run")
        refused = self.site.client_cli("software", "install", "nothing-of-the-kind", ok=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("M2432", refused.stderr)

    def test_nothing_starts_behind_the_end_or_while_disabled(self):
        self.deploy("ended", "late", f"purpose: required, start: '{at(-3600)}', expires: '{at(-60)}'")
        self.site.wait_software("ended", "past its end")
        self.assertIn("ended at", self.site.step("ended", "its time has come")["cause"])
        self.deploy("disabled", "off", "purpose: required, start: now, enabled: false")
        self.assertIn("enabled: false", self.site.step("disabled", "policy signed for the device")["cause"])
        self.assertIsNone(self.site.software("disabled"))
        self.assertEqual(self.runs("late") + self.runs("off"), 0)
        self.deploy("disabled", "off", "purpose: required, start: now")
        wait_until(lambda: self.site.software("disabled") and self.runs("off") == 1, "enabled, it runs")

    def test_bad_times_are_refused_with_their_place(self):
        schedules = ", ".join(f"{{start: '{at(60 * i)}'}}" for i in range(16))
        for spec, says in ((f"schedules: [{schedules}]", "has 16 schedules, 15 are allowed"),
                           ("schedules: [{start: '2026-01-01T00:00', repeat: 'FREQ=SECONDLY'}]", "M1335"),
                           ("purpose: available, deadline: now", "M1333")):
            purpose = "" if "purpose" in spec else "purpose: required, "
            done = self.deploy("bad", "once", f"{purpose}start: now, {spec}", ok=False)
            self.assertNotEqual(done.returncode, 0, spec)
            self.assertIn(says, done.stderr)

    def test_commands_that_are_not_understood(self):
        self.assertEqual(self.site.client_cli("stauts", ok=False).returncode, 2)
        self.assertIn("M2471", self.site.client_cli("trigger", "lunch", ok=False).stderr)
        nobody = subprocess.run([BIN / "muster-client", "--state", "/nonexistent", "status"], capture_output=True, text=True)
        self.assertEqual(nobody.returncode, 1)
        self.assertIn("M2473", nobody.stderr)
        self.assertIn("management point", self.site.client_cli("status"))


if __name__ == "__main__":
    unittest.main()
