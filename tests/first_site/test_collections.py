"""Collections that name one another: by absence, include, exclude and limit, through to what a device runs."""
import json
import pathlib
import sqlite3
import unittest

from site_under_test import ROOT, Site, wait_until

WITHOUT = 'Device | join kind=leftanti (InstalledSoftware | where Name == "zzz-agent") on Device'


def collection(name, rules, limited_to="all-systems"):
    return {"apiVersion": "muster/v1", "kind": "Collection", "metadata": {"name": name},
            "spec": {"limitedTo": limited_to, "rules": rules}}


def deployment(name, of):
    return {"apiVersion": "muster/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"package": "hello", "program": "install", "collection": of, "purpose": "required", "start": "now"}}


class Collections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.site.start_all()
        package, _, _ = (ROOT / "examples/first/first.yaml").read_text().split("---\n")
        cls.site.path("package.yaml").write_text(package.replace("./hello", str(ROOT / "examples/first/hello")))
        cls.site.cli("apply", "-f", str(cls.site.path("package.yaml")))

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def apply(self, *objects, ok=True):
        file = self.site.path("objects.yaml")
        file.write_text("---\n".join(json.dumps(each) + "\n" for each in objects))
        return self.site.cli("apply", "-f", str(file), ok=ok)

    def status(self, name):
        return self.site.json("get", "collection", name)[0]["status"]

    def wait_for_members(self, name, members):
        wait_until(lambda: self.status(name)["members"] == members, f"{members} members of {name}")

    def bodies(self):
        """How many bodies the device's signed policy names: the client settings and each deployment."""
        database = sqlite3.connect(self.site.path("site/site.db"))
        try:
            (document,) = database.execute("SELECT document FROM policy_header").fetchone()
        finally:
            database.close()
        return len(json.loads(document.split(b"\n", 1)[1])["bodies"])

    def start_client_with(self, packages):
        status = pathlib.Path("/var/lib/dpkg/status").read_text(encoding="utf-8")
        for name in packages:
            status += (f"\nPackage: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0-1\n"
                       "Maintainer: nobody <a@b>\nDescription: made for a test\n")
        self.site.start_client_with_packages(status)

    def test_1_an_excluded_device_gets_no_policy_and_explain_says_why(self):
        host = self.site.host()
        self.apply(collection("without-agent", [{"query": WITHOUT}]),
                   collection("pilot", [{"device": host}]),
                   collection("wave", [{"include": "without-agent"}, {"device": host}, {"exclude": "pilot"}]),
                   deployment("agent", "wave"))
        self.wait_for_members("without-agent", 1)
        self.wait_for_members("pilot", 1)
        self.assertEqual(self.status("wave"), {"members": 0, "rules": "1 device, 1 include, 1 exclude"})
        wait_until(lambda: self.bodies() == 1, "a policy of the settings alone")
        self.assertIn("an exclude rule keeps out the members of pilot", self.site.cli("explain", host, "agent"))

    def test_2_it_gets_the_policy_once_nothing_excludes_it(self):
        self.apply(collection("pilot", []))
        self.wait_for_members("wave", 1)
        wait_until(lambda: self.bodies() == 2, "a policy with the deployment")
        self.site.stop("client")
        self.site.start("client")
        self.assertIn("succeeded, exit code 0", self.site.cli("explain", self.site.host(), "agent", "--watch"))

    def test_3_the_limit_comes_last(self):
        self.apply(collection("nobody", []), collection("wave", [{"include": "without-agent"}], "nobody"))
        self.wait_for_members("wave", 0)
        wait_until(lambda: self.bodies() == 1, "a policy without the deployment")
        self.apply(deployment("late", "wave"))
        self.assertIn("the collection is limited to nobody, and it is no member of that",
                      self.site.cli("explain", self.site.host(), "late"))
        self.site.cli("delete", "deployment", "late")
        self.apply(collection("wave", [{"include": "all-systems"}], "without-agent"))
        self.wait_for_members("wave", 1)
        wait_until(lambda: self.bodies() == 2, "a policy with the deployment")

    def test_4_it_leaves_once_it_has_what_it_lacked(self):
        self.start_client_with(["zzz-agent"])
        self.wait_for_members("without-agent", 0)
        self.wait_for_members("wave", 0)
        wait_until(lambda: self.bodies() == 1, "a policy without the deployment")
        self.start_client_with([])
        self.wait_for_members("wave", 1)
        wait_until(lambda: self.bodies() == 2, "a policy with the deployment")

    def test_5_a_circle_is_refused_with_its_path(self):
        self.apply(collection("wave", [{"include": "without-agent"}, {"exclude": "pilot"}]))
        done = self.apply(collection("pilot", [], "wave"), ok=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("pilot is limited to wave, wave excludes pilot", done.stderr)
        done = self.apply(collection("without-agent", [{"include": "wave"}]), ok=False)
        self.assertIn("without-agent includes wave, wave includes without-agent", done.stderr)
        self.assertIn("M1703", done.stderr)
        done = self.apply(collection("wave", [{"include": "nosuch"}]), ok=False)
        self.assertIn("there is no collection nosuch", done.stderr)
        done = self.apply(collection("wave", [{"exclude": "wave"}]), ok=False)
        self.assertIn("wave excludes itself", done.stderr)

    def test_6_what_others_name_is_not_deleted(self):
        done = self.site.cli("delete", "collection", "without-agent", ok=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("without-agent is used by collection wave", done.stderr)
        done = self.site.cli("delete", "collection", "wave", ok=False)
        self.assertIn("wave is used by deployment agent", done.stderr)
        self.site.cli("delete", "collection", "nobody")

    def test_7_what_is_exported_is_what_is_applied(self):
        exported = self.site.cli("export", "collection")
        self.assertIn("include: without-agent", exported)
        self.assertIn("exclude: pilot", exported)
        self.assertNotIn("members", exported)
        file = self.site.path("exported.yaml")
        file.write_text(exported)
        self.site.cli("apply", "-f", str(file))
        without_serials = [line for line in exported.splitlines() if "serial:" not in line]
        again = [line for line in self.site.cli("export", "collection").splitlines() if "serial:" not in line]
        self.assertEqual(again, without_serials)
        described = self.site.cli("describe", "collection", "wave")
        self.assertIn("members: 1", described)
        self.assertIn("include: without-agent", described)
        self.assertIn("1 include, 1 exclude", self.site.cli("get", "collections"))

    def test_8_a_restarted_site_finds_the_same_members(self):
        self.site.stop("site")
        self.site.start("site")
        self.site.wait_for_site()
        self.assertEqual({each["metadata"]["name"]: each["status"]["members"]
                          for each in self.site.json("get", "collections")},
                         {"pilot": 0, "wave": 1, "without-agent": 1})
        self.assertEqual([e for e in self.site.events("site", "collection.incomplete")], [])
        self.assertEqual([e for e in self.site.events("site", "collection.change.failed")], [])

    def test_9_a_rule_that_asks_for_other_devices_is_refused_with_its_place(self):
        done = self.apply(collection("top", [{"query": "Device | top 5 by Name"}]), ok=False)
        self.assertIn("line 1, column 10: top cuts off", done.stderr)
        answer = self.site.json("query", "Device | join kind=inner (OperatingSystem | where BootTime < now() and "
                                         "BootTime > startofday(now(), -1000)) on Device | distinct Name")
        self.assertEqual(answer["rows"], [[self.site.host()]])

    def test_91_a_device_comes_by_time_alone_and_goes_when_it_is_heard_of(self):
        self.apply(collection("quiet", [{"query": "Client | where LastSeen < ago(10s)"}]))
        self.wait_for_members("quiet", 1)
        self.start_client_with(["zzz-other"])  # which it reports
        self.wait_for_members("quiet", 0)
        self.wait_for_members("quiet", 1)
        answer = self.site.json("query", "Client | where isnotempty(LastInventory) and LastSeen > ago(1h) | project Device")
        self.assertEqual(answer["rows"], [[self.site.host()]])
        self.site.cli("delete", "collection", "quiet")


if __name__ == "__main__":
    unittest.main()
