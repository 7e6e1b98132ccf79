"""The real client at the hours in which clocks are set, on leap days, and with a clock that jumps (libfaketime)."""
import datetime
import json
import os
import pathlib
import subprocess
import time
import unittest

from site_under_test import BIN, Site, wait_until

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


class FakedSite(Site):
    """A site of which all programs live at another time and in another zone, or the client alone."""
    def __init__(self, zone, moment, client_only=False):
        self.clock = pathlib.Path(f"/tmp/muster-clock-{os.getpid()}-{time.monotonic_ns()}")
        self.client_only = client_only
        self.ids = {}
        self.faked = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1",
                      "DONT_FAKE_MONOTONIC": "1", "TZ": zone}
        self.set(moment)
        if not client_only:
            os.environ.update(self.faked)
        super().__init__()
        (source := self.path("clocks")).mkdir()
        (source / "run.sh").write_text("exit 0\n")
        package = self.path("package.yaml")
        package.write_text("apiVersion: muster/v1\nkind: Package\nmetadata: {name: clocks}\nspec: {version: '1', "
                           "source: ./clocks, programs: [{name: run, command: 'sh run.sh', runAs: user, maxRuntime: PT1M}]}\n")
        self.start_site()
        self.cli("apply", "-f", str(package))
        self.cli("token", "create", "--output", str(self.path("client/token")))

    def start_client(self):
        before = dict(os.environ)
        os.environ.update(self.faked)
        try:
            self.start("client")
        finally:
            if self.client_only:
                os.environ.clear()
                os.environ.update(before)
        self.cli("site", "wait", "device", self.host())

    def set(self, moment):
        """`moment` of UTC is now. The file is replaced, so that nobody reads half of it."""
        wanted = datetime.datetime.fromisoformat(moment).replace(tzinfo=datetime.timezone.utc).timestamp()
        self.offset = round(wanted - time.time())
        new = self.clock.with_suffix(".new")
        new.write_text(f"{self.offset:+d}\n")
        new.replace(self.clock)

    def close(self):
        super().close()
        for name in self.faked:
            os.environ.pop(name, None)
        self.clock.unlink(missing_ok=True)

    def deploy(self, name, spec, collection="all-systems"):
        path = self.path(f"{name}.yaml")
        path.write_text(f"apiVersion: muster/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{package: clocks, "
                        f"program: run, collection: {collection}, purpose: required, {spec}}}\n")
        self.cli("apply", "-f", str(path))

    def client(self, *words):
        done = subprocess.run([BIN / "muster-client", "--state", self.path("client"), *words], capture_output=True, text=True,
                              timeout=120, env={**os.environ, **self.faked})
        return done.stdout

    def software_state(self, name):
        answer = json.loads(self.client("-o", "json", "software", "list") or "{}")
        return next((row[4] for row in answer.get("rows", []) if row[0] == name), None)

    def wait_state(self, name, state):
        def reached():
            self.client("trigger", "policy")
            return self.software_state(name) == state
        wait_until(reached, f"{name}: {state}", seconds=90)

    def started(self, name):
        """When the client's clock said that it started the deployment's program."""
        # Once: later the operator's certificate may have run out.
        if name not in self.ids:
            self.ids.update((item["metadata"]["name"], item["metadata"]["id"]) for item in self.json("get", "deployments"))
        return [line["time"][:19] for line in self.events("client", "software.status")
                if line["text"] == "running" and line["deployment"] == self.ids[name]]


class Clocks(unittest.TestCase):
    def site(self, zone, moment, **options):
        site = FakedSite(zone, moment, **options)
        self.addCleanup(site.close)
        return site

    def assert_started(self, site, name, moments, within=40):
        found = wait_until(lambda: len(site.started(name)) >= len(moments) and site.started(name), f"{name} starts", 90)
        self.assertEqual(len(found), len(moments), found)
        for moment, wanted in zip(found, moments):
            late = (datetime.datetime.fromisoformat(moment) - datetime.datetime.fromisoformat(wanted)).total_seconds()
            self.assertTrue(0 <= late < within, f"{name} started at {moment}, wanted {wanted}")

    def test_a_time_that_clocks_skip_comes_as_far_behind_the_jump(self):
        # Berlin, 28 March 2027: 02:00 becomes 03:00 at 01:00 UTC.
        site = self.site("Europe/Berlin", "2027-03-28T00:40:00")
        site.deploy("skipped", "start: '2027-03-27T00:00:00Z', rerun: always, "
                    "schedules: [{start: '2027-03-28T02:30', repeat: FREQ=DAILY}]")
        site.deploy("before", "start: '2027-03-27T00:00:00Z', schedules: [{start: '2027-03-28T01:59'}]")
        site.start_client()
        site.wait_state("skipped", "waiting for its time")
        site.set("2027-03-28T00:58:57")
        self.assert_started(site, "before", ["2027-03-28T00:59:00"])
        site.set("2027-03-28T01:20:00")  # it is 03:20
        self.assertEqual(site.software_state("skipped"), "waiting for its time")
        site.set("2027-03-28T01:29:57")
        self.assert_started(site, "skipped", ["2027-03-28T01:30:00"])
        site.set("2027-03-29T00:29:57")  # 02:29:57 on the next day
        self.assert_started(site, "skipped", ["2027-03-28T01:30:00", "2027-03-29T00:30:00"])

    def test_a_time_that_comes_twice_counts_once_and_a_window_is_as_long_as_it_says(self):
        # New York, 1 November 2026: 02:00 becomes 01:00 at 06:00 UTC.
        site = self.site("America/New_York", "2026-11-01T05:20:00")
        path = site.path("windowed.yaml")
        path.write_text("apiVersion: muster/v1\nkind: Collection\nmetadata: {name: windowed}\nspec:\n"
                        f"  rules: [{{device: {site.host()}}}]\n  maintenanceWindows:\n"
                        "    - {name: hour, start: '2026-11-01T01:45', duration: PT1H}\n")
        site.deploy("twice", "start: '2026-10-30T00:00:00Z', rerun: always, "
                    "ignoreMaintenanceWindows: true, schedules: [{start: '2026-11-01T01:30', repeat: FREQ=DAILY}]")
        site.start_client()
        site.cli("apply", "-f", str(path))
        site.deploy("windowed", "start: now, rerun: always, schedules: [{start: '2026-11-01T05:25Z'}, "
                    "{start: '2026-11-01T06:20Z'}, {start: '2026-11-01T06:50Z'}]", collection="windowed")
        site.wait_state("windowed", "waiting for its time")
        site.set("2026-11-01T05:29:57")
        self.assert_started(site, "twice", ["2026-11-01T05:30:00"])
        site.wait_state("windowed", "waiting for a maintenance window")
        site.set("2026-11-01T05:44:57")
        self.assert_started(site, "windowed", ["2026-11-01T05:45:00"])
        site.set("2026-11-01T06:19:57")  # 01:19:57 again; the window goes on until 06:45
        self.assert_started(site, "windowed", ["2026-11-01T05:45:00", "2026-11-01T06:20:00"])
        site.set("2026-11-01T06:30:05")  # 01:30 again
        site.set("2026-11-01T06:50:05")
        site.wait_state("windowed", "waiting for a maintenance window")
        self.assertEqual(len(site.started("twice")), 1)

    @unittest.skipUnless(os.environ.get("MUSTER_LONG"), "month ends and leap days: the oracle of tests/model has them always")
    def test_the_last_day_of_february_and_months_that_have_no_31st(self):
        site = self.site("Australia/Lord_Howe", "2028-02-28T12:30:00")  # 23:30 there, by 11 hours
        first = "start: '2028-01-01T00:00:00Z', schedules: "
        site.deploy("leap-day", first + "[{start: '2024-02-29T00:00', repeat: FREQ=YEARLY}]")
        site.deploy("month-end", first + "[{start: '2028-02-29T00:01', repeat: 'FREQ=MONTHLY;BYMONTHDAY=-1'}]")
        site.deploy("each-31st", first + "[{start: '2027-01-31T00:00', repeat: FREQ=MONTHLY}], rerun: always")
        site.start_client()
        site.wait_state("each-31st", "done")  # of 31 January, made up for
        site.wait_state("leap-day", "waiting for its time")
        site.set("2028-02-28T12:59:57")
        self.assert_started(site, "leap-day", ["2028-02-28T13:00:00"])
        site.set("2028-02-28T13:00:57")
        self.assert_started(site, "month-end", ["2028-02-28T13:01:00"])
        self.assertEqual(len(site.started("each-31st")), 1)

    def test_a_clock_that_jumps_while_the_client_runs_loses_nothing_and_repeats_nothing(self):
        def at(hours):
            moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
            return moment.strftime("%Y-%m-%dT%H:%M:%S")
        site = self.site("UTC", at(0), client_only=True)
        site.deploy("later", f"start: now, rerun: always, schedules: [{{start: '{at(3)}Z'}}]")
        site.start_client()
        site.wait_state("later", "waiting for its time")
        site.set(at(5))  # forward over its time
        wait_until(lambda: len(site.started("later")) == 1, "made up for")
        site.wait_state("later", "done")
        site.set(at(0))  # back before it: it does not come a second time
        wait_until(lambda: site.events("client", "client.clock.set"), "it saw the jump")
        site.deploy("behind", "start: now")
        # The next poll is not hours away, though it was planned by the clock that was wrong.
        wait_until(lambda: "done" == site.software_state("behind"), "the client polls on", seconds=150)
        site.set(at(24 * 365 * 3))  # three years: policy has run out, nothing starts
        site.wait_state("later", "done")
        wait_until(lambda: site.events("client", "client.clock.set")[-1]["by"].startswith("P10"), "it saw years")
        site.set(at(0))
        site.deploy("again", "start: now")
        wait_until(lambda: "done" == site.software_state("again"), "right again", seconds=150)
        site.set(at(-24 * 365 * 3))  # three years back: the site's signed time counts
        site.deploy("last", "start: now")
        wait_until(lambda: site.events("client", "client.clock.set")[-1]["by"].startswith("-P10"), "it saw years back")
        site.set(at(0))
        wait_until(lambda: "done" == site.software_state("last"), "right at last", seconds=150)
        self.assertEqual(len(site.started("later")), 1)


if __name__ == "__main__":
    unittest.main()
