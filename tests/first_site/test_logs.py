"""Logs: both forms, trace that follows them, and lnav reading them with the format that is shipped."""
import csv
import io
import os
import re
import subprocess
import tempfile
import unittest

from site_under_test import BIN, ROOT, Site, die_with_me

CMTRACE = re.compile(r'<!\[LOG\[(.*)\]LOG\]!><time="\d\d:\d\d:\d\d\.\d{3}\+000" date="\d\d-\d\d-\d{4}" component="([^"]*)" '
                     r'context="([^"]*)" type="([123])" thread="\d+" file="[^"]*">')


def lnav(file, query):
    """What lnav's SQL answers about the file, with the shipped format alone added to its own."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(["lnav", "-n", "-I", str(ROOT / "share/lnav"), "-c", f";{query}", "-c", ":write-csv-to -", str(file)],
                              capture_output=True, text=True, timeout=60,
                              env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "TERM": "dumb"})
    return list(csv.DictReader(io.StringIO(done.stdout))), done


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        config = cls.site.path("client/client.yaml")
        config.write_text(config.read_text().replace("settings:\n", "settings:\n  log.format: cmtrace\n  log.level: debug\n", 1))
        cls.site.start_all()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_1_a_client_that_is_told_so_writes_the_form_of_cmtrace(self):
        lines = self.site.path("client/client.log").read_text().splitlines()
        self.assertGreater(len(lines), 2)
        for line in lines:
            self.assertRegex(line, CMTRACE)
        self.assertIn("inventory.reported", {CMTRACE.match(line)[3] for line in lines})

    def test_2_trace_follows_both_logs_merged_over_a_rotation_and_turns_forms(self):
        log = self.site.path("site/musterd.log")
        trace = subprocess.Popen([BIN / "muster", "trace", "client", "management-point", "--form", "cmtrace"], text=True,
                                 stdout=subprocess.PIPE, env={**os.environ, "MUSTER_STATE": str(self.site.state)}, preexec_fn=die_with_me)
        self.addCleanup(trace.stdout.close)
        self.addCleanup(trace.wait)
        self.addCleanup(trace.kill)
        seen = []

        def read_until(text):
            while text not in (seen[-1] if seen else ""):
                line = trace.stdout.readline()
                self.assertTrue(line, f"trace ended before {text}")
                seen.append(line)
        read_until("inventory.reported")
        line = '{"time":"2030-01-01T00:00:00Z","level":"error","program":"musterd","event":"test.%s","text":"written by the test"}\n'
        with open(log, "a", encoding="utf-8") as out:
            out.write(line % "before")
        log.rename(str(log) + ".1")
        log.write_text(line % "after")
        read_until("test.after")
        self.assertTrue(all(CMTRACE.match(line) for line in seen))
        components = {CMTRACE.match(line)[2] for line in seen}
        self.assertEqual(components, {"musterd", "muster-client"})
        self.assertEqual([CMTRACE.match(line)[3] for line in seen[-2:]], ["test.before", "test.after"])
        self.assertEqual(CMTRACE.match(seen[-1])[4], "3")

    def test_3_trace_chooses_lines_and_explains_errors(self):
        out = self.site.cli("trace", "musterd", "--no-follow", "--level", "error", "--filter", "WRITTEN by")
        self.assertEqual(len(out.splitlines()), 2, out)
        self.assertNotIn("\x1b", out)
        out = self.site.cli("trace", "musterd", "--no-follow", "--level", "error", "--filter", "after", "--color", "always")
        self.assertTrue(out.startswith("\x1b[97;41m2030-01-01"), out)
        self.assertEqual(self.site.cli("trace", "musterd", "--no-follow", "--since", "2031-01-01T00:00:00Z"), "")
        self.assertIn("M2407 ", self.site.cli("trace", "M2407"))
        for wrong in (["trace", "nonsense"], ["trace", "client", "--since", "soon"]):
            self.assertEqual(self.site.cli(*wrong, ok=False).returncode, 2)
        self.assertEqual(self.site.cli("trace", "./nowhere.log", ok=False).returncode, 1)

    def test_4_lnav_reads_both_forms_with_their_levels(self):
        check = subprocess.run(["lnav", "-C", "-I", str(ROOT / "share/lnav")], capture_output=True, text=True, timeout=60)
        self.assertEqual((check.returncode, check.stderr), (0, ""), check.stdout)
        site = self.site.path("site/musterd.log")
        with open(str(site) + ".1", encoding="utf-8") as lines:
            site.write_text(lines.read() + site.read_text())
        rows, done = lnav(site, "SELECT log_level, event, log_body FROM muster_log WHERE event LIKE 'test.%'")
        self.assertEqual([(r["log_level"], r["event"], r["log_body"]) for r in rows],
                         [("error", "test.before", "written by the test"), ("error", "test.after", "written by the test")], done)
        client = self.site.path("client/client.log")
        rows, done = lnav(client, "SELECT count(*) AS n, min(log_time) AS first FROM muster_cmtrace_log")
        self.assertEqual(int(rows[0]["n"]), len(client.read_text().splitlines()), done)
        self.assertTrue(rows[0]["first"].startswith("20"), rows)


if __name__ == "__main__":
    unittest.main()
