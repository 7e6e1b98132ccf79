"""What runs before what: programs first, deployments after deployments, requirements, and how the site counts it."""
import json
import subprocess
import unittest

from site_under_test import BIN, Site, wait_until
from test_deployment_times import at


class DeploymentOrder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        cls.site.start_all()
        cls.site.path("ran").touch()

    def apply(self, name, text, ok=True):
        path = self.site.path(name)
        path.write_text(text)
        return self.site.cli("apply", "-f", str(path), ok=ok)

    def package(self, name, programs, version="1", extra=""):
        """programs: {name: further fields}; each writes its package and name, and ends as the file says."""
        folder = self.site.path(f"content-{name}")
        folder.mkdir(exist_ok=True)
        (folder / "run.sh").write_text(f'# {version}\necho "$1" >> {self.site.path("ran")}\n'
                                       f'exit "$(cat {self.site.path("code-")}"$1" 2>/dev/null || echo 0)"\n')
        rows = "".join(f"    - {{name: {program}, command: 'sh run.sh {name}.{program}', runAs: user, maxRuntime: PT5M"
                       f"{', ' + fields if fields else ''}}}\n" for program, fields in programs.items())
        return (f"apiVersion: muster/v1\nkind: Package\nmetadata: {{name: {name}}}\nspec:\n  version: '{version}'\n"
                f"  source: ./content-{name}\n{extra}  programs:\n{rows}---\n")

    def deployment(self, name, package, program, spec="purpose: required, start: now"):
        return (f"apiVersion: muster/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
                f"spec: {{package: {package}, program: {program}, collection: all-systems, {spec}}}\n---\n")

    def client(self, *words):
        done = subprocess.run([BIN / "muster-client", "--state", self.site.path("client"), *words],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def software(self, name):
        self.client("trigger", "policy")
        answer = json.loads(self.client("-o", "json", "software", "list"))
        rows = [dict(zip(answer["columns"], row)) for row in answer["rows"]]
        return next((row for row in rows if row["NAME"] == name), None)

    def wait_state(self, name, state):
        return wait_until(lambda: (row := self.software(name)) and row["STATE"] == state and row, f"{name}: {state}")

    def ran(self):
        return self.site.path("ran").read_text().split()

    def code(self, program, code):
        self.site.path(f"code-{program}").write_text(f"{code}\n")

    def step(self, deployment, name):
        steps = self.site.json("explain", self.site.host(), deployment)["steps"]
        return next((step for step in steps if step["step"] == name), {})

    def counts(self, name):
        return self.site.json("get", "deployment", name)[0]["status"]

    def test_a_chain_of_programs_runs_first_and_a_failure_holds_it(self):
        self.code("base.install", 9)
        self.apply("chain.yaml",
                   self.package("editor", {"install": "runFirst: {package: runtime, program: install}"}) +
                   self.package("runtime", {"install": "runFirst: {package: base, program: install}"},
                                extra="  persist: true\n") +
                   self.package("base", {"install": ""}) + self.deployment("chain", "editor", "install"))
        self.wait_state("chain", "held: a program that runs first failed")
        self.assertEqual(self.ran().count("base.install"), 1)
        wait_until(lambda: "M2437" in self.step("chain", "programs that run first").get("cause", ""), "explain says why")
        self.assertIn("exit code 9", self.step("chain", "programs that run first")["cause"])
        counts = wait_until(lambda: (c := self.counts("chain"))["held"] == 1 and c, "the count")
        self.assertEqual((counts["targets"], counts["succeeded"], counts["failed"]), (1, 0, 0))
        self.assertIn("held", self.site.cli("describe", "deployment", "chain"))
        self.assertNotIn("editor.install", self.ran())
        # The next version of what failed is tried at once; then everything runs, once and in order.
        self.code("base.install", 0)
        self.apply("base.yaml", self.package("base", {"install": ""}, version="2"))
        self.wait_state("chain", "done")
        self.assertEqual([each for each in self.ran() if each.split(".")[0] in ("base", "runtime", "editor")],
                         ["base.install", "base.install", "runtime.install", "editor.install"])
        wait_until(lambda: self.counts("chain")["succeeded"] == 1, "the count follows")
        self.assertEqual(self.counts("chain")["held"], 0)
        self.assertEqual(self.step("chain", "programs that run first")["state"], "done")
        wait_until(lambda: "always" in self.client("cache"), "content that persists")
        # A package that another one's program names stays.
        refused = self.site.cli("delete", "package", "base", ok=False)
        self.assertIn("package runtime", refused.stderr)
        # And so does that program, while its package stays.
        refused = self.apply("base.yaml", self.package("base", {"other": ""}, version="3"), ok=False)
        self.assertIn("install of base is used by install of runtime", refused.stderr)

    def test_orders_that_lead_back_are_refused_with_the_way(self):
        done = self.apply("cycle.yaml",
                          self.package("left", {"go": "runFirst: {package: right, program: go}"}) +
                          self.package("right", {"go": "runFirst: {package: left, program: go}"}), ok=False)
        self.assertIn("M2210", done.stderr)
        self.assertIn("go of left runs after go of right, go of right runs after go of left", done.stderr)
        self.apply("plain.yaml", self.package("plain", {"go": ""}) + self.deployment("one", "plain", "go"))
        self.apply("two.yaml", self.deployment("two", "plain", "go", "purpose: required, start: now, events: [after one]"))
        done = self.apply("one.yaml", self.deployment("one", "plain", "go", "purpose: required, start: now, events: [after two]"),
                          ok=False)
        self.assertIn("one comes after two, two comes after one", done.stderr)
        refused = self.site.cli("delete", "deployment", "one", ok=False)
        self.assertIn("deployment two", refused.stderr)

    def test_a_deployment_after_another_one(self):
        self.code("late.first", 3)
        self.apply("late.yaml", self.package("late", {"first": "", "then": ""}) +
                   self.deployment("goes-first", "late", "first",
                                   f"purpose: required, start: '{at(-60)}', schedules: [{{start: '{at(-30)}'}}, {{start: '{at(14)}'}}], "
                                   "rerun: always") +
                   self.deployment("goes-then", "late", "then", "purpose: required, start: now, events: [after goes-first]"))
        self.wait_state("goes-then", "waiting for its time")
        wait_until(lambda: self.ran().count("late.first") == 1, "the first run fails")
        self.assertIn("after deployment goes-first succeeds here", self.step("goes-then", "its time has come")["cause"])
        # After a run that is to be repeated, its next time is named beside it.
        wait_until(lambda: (s := self.step("goes-first", "its time has come")).get("at") and s.get("nextRetry"),
                   "the last run and the next time")
        self.code("late.first", 0)
        self.wait_state("goes-then", "done")
        self.assertEqual([each for each in self.ran() if each.startswith("late.")],
                         ["late.first", "late.first", "late.then"])
        self.assertIn("failed, exit code 3", self.step("goes-first", "last run")["cause"])
        self.assertEqual(self.step("goes-first", "result")["state"], "done")

    def test_requirements_that_are_not_met(self):
        self.apply("wants.yaml", self.package("wants", {"big": "diskSpace: 900 TB", "other": "platforms: [{os: plan9}]"}) +
                   self.deployment("too-big", "wants", "big") + self.deployment("elsewhere", "wants", "other"))
        for name, says in (("too-big", "900 TB of free disk space"), ("elsewhere", "it runs on plan9; this machine is")):
            self.wait_state(name, "requirements not met")
            wait_until(lambda: says in self.step(name, "requirements met").get("cause", ""), f"explain {name}")
            self.assertEqual(self.counts(name)["requirementsUnmet"], 1)
        self.apply("wants.yaml", self.package("wants", {"big": "diskSpace: 1 KiB", "other": ""}, version="2"))
        self.wait_state("too-big", "done")
        self.wait_state("elsewhere", "done")

    def test_a_retired_package_ends_and_is_not_deployed_anew(self):
        self.apply("old.yaml", self.package("old", {"go": ""}) +
                   self.deployment("of-old", "old", "go", f"purpose: required, start: '{at(-60)}', deadline: '{at(3600)}'"))
        self.wait_state("of-old", "waiting for its time")
        self.apply("old.yaml", self.package("old", {"go": ""}, extra="  retired: true\n"))
        wait_until(lambda: self.software("of-old") is None, "it leaves the policy")
        self.assertIn("package old is retired", self.step("of-old", "policy signed for the device")["cause"])
        done = self.apply("anew.yaml", self.deployment("anew", "old", "go"), ok=False)
        self.assertIn("M2211", done.stderr)
        self.assertIn("retired: false", done.stderr)
        self.apply("old.yaml", self.package("old", {"go": ""}, extra="  retired: false\n"))
        wait_until(lambda: self.software("of-old"), "it is back")

    def test_counts_and_states_agree_after_kills_of_the_site(self):
        names = [f"count-{number}" for number in range(4)]
        self.apply("counts.yaml", self.package("counts", {"go": ""}) +
                   "".join(self.deployment(name, "counts", "go") for name in names))
        for _ in range(3):
            self.client("trigger", "policy")
            self.site.kill("site")
            self.site.start("site")
            self.site.wait_for_site()
        for name in names:
            wait_until(lambda: self.counts(name)["succeeded"] == 1, f"{name} succeeded")
            states = self.counts(name)
            self.assertEqual(sum(count for state, count in states.items() if state != "targets"), 1, states)
            text = self.site.cli("describe", "deployment", name, "--state", "succeeded")
            self.assertIn(self.site.host(), text)
            self.assertNotIn(self.site.host(), self.site.cli("describe", "deployment", name, "--state", "failed"))
        wrong = self.site.cli("describe", "deployment", names[0], "--state", "fine", ok=False)
        self.assertIn("there are silent, received", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
