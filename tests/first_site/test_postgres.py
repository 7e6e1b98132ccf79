"""A site whose database is on a PostgreSQL server, reached over TCP with TLS, which stops and dies in between."""
import json
import os
import pathlib
import random
import subprocess
import sys
import time
import unittest

from site_under_test import BIN, ROOT, Site, wait_until

sys.path.insert(0, str(ROOT / "tests/postgres"))
from postgres_server import PostgresServer  # noqa: E402
from role_rights import RIGHTS, expect_exact_rights  # noqa: E402

PORT = 21433
PASSWORD = "correct horse battery staple"
DEPLOYMENTS = 20
OUTAGES = 40 if os.environ.get("MUSTER_LONG") else 6
SEED = int(os.environ.get("MUSTER_SEED", "1"))


def packages():
    out = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}\n"], capture_output=True, text=True, check=True)
    return out.stdout.splitlines().count("installed")


def serve(server):
    """Starts the server with an empty database for a site; returns the file of its CA."""
    ca = server.serve_tls(PORT)
    server.start()
    server.psql("postgres", f"CREATE ROLE muster_site LOGIN PASSWORD '{PASSWORD}'",
                "CREATE DATABASE site OWNER muster_site", "CREATE ROLE stranger LOGIN PASSWORD 'stranger'",
                *(f"CREATE ROLE site_{role} LOGIN PASSWORD '{role}'" for role in RIGHTS))
    return ca


def point(site, ca):
    """The settings that point the site at the server."""
    password = site.path("database.password")
    password.touch(0o600)
    password.write_text(PASSWORD + "\n")
    site.configure("site", database__url=f"postgresql://muster_site@localhost:{PORT}/site",
                   database__ca_file=str(ca), database__password_file=str(password))


class OnPostgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = PostgresServer(durable=True)
        cls.site = Site()
        try:
            point(cls.site, serve(cls.server))
            cls.site.start_all()
        except BaseException:
            output = cls.site.path("site.output")
            print(output.read_text() if output.exists() else "the site was not started")
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.site.close()
        cls.server.close()

    def ask(self, sql):
        return self.server.psql("site", "SET search_path = muster", sql)

    def test_1_the_machine_is_managed_and_the_server_holds_all_of_it(self):
        self.assertEqual([d["state"] for d in self.site.json("get", "devices")], ["active"])
        count = self.site.cli("query", "InstalledSoftware | summarize count()", "-o", "csv").split()
        self.assertEqual(count, ["count_", str(packages())])
        self.site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
        out = self.site.cli("explain", self.site.host(), "hello-everywhere", "--watch")
        self.assertIn("succeeded, exit code 0", out)
        self.assertEqual(self.ask("SELECT name FROM device"), self.site.host())
        self.assertEqual(self.ask("SELECT state, devices FROM deployment_summary WHERE devices > 0"), "4|1")
        self.assertFalse(self.site.path("site/site.db").exists())

    def test_1b_the_servers_port_is_listed_as_a_deviation(self):
        rows = [line.split() for line in self.site.cli("ports", "list").splitlines() if "deviation from 1433" in line]
        self.assertTrue(rows)
        self.assertTrue(all(str(PORT) in row for row in rows))

    def test_1c_reports_read_the_views_with_the_names_they_know(self):
        read = lambda sql: self.as_login("site_reporting_point", "reporting_point", f"SET search_path = muster;\n{sql};").stdout.strip()
        host = self.site.host()
        self.assertEqual(read("SELECT ResourceID, Name0, Active0, Last_Seen0 > now() - interval '1 hour' FROM v_R_System"), f"1|{host}|1|t")
        self.assertEqual(read("SELECT c.Name, c.MemberCount, m.Name, m.IsActive FROM v_Collection c "
                              "JOIN v_FullCollectionMembership m USING (CollectionID)"), f"debian-machines|1|{host}|1")

    def read_views(self, sql):
        done = self.as_login("site_reporting_point", "reporting_point", f"SET search_path = muster;\n{sql};")
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()

    def expect_views_as_queries(self):
        """The views of inventory say what the fleet index answers, row by row."""
        pairs = {"InstalledSoftware": ("v_GS_INSTALLED_SOFTWARE", {"Name": "name0", "Version": "version0", "Architecture": "architecture0",
                                                                   "InstalledSizeKB": "installedsizekb0"}),
                 "LogicalDisk": ("v_GS_LOGICAL_DISK", {"Name": "name0", "SizeMB": "sizemb0", "FileSystem": "filesystem0"}),
                 "UserAccount": ("v_GS_USER_ACCOUNT", {"Name": "name0", "Uid": "uid0"}),
                 "OperatingSystem": ("v_GS_OPERATING_SYSTEM", {"Name": "name0", "KernelRelease": "kernelrelease0"})}
        for name, (view, columns) in pairs.items():
            answer = json.loads(self.site.cli("query", f"{name} | project {', '.join(columns)}", "-o", "json"))
            at = [answer["columns"].index(column) for column in columns]
            text = lambda value: "" if value is None else str(value)
            queried = sorted("|".join(text(row[i]) for i in at) for row in answer["rows"])
            self.assertTrue(queried, name)
            wait_until(lambda: sorted(self.read_views(f"SELECT {', '.join(columns.values())} FROM {view}")) == queried,
                       f"{view} to say what the query says", 20)

    def test_1d_views_of_inventory_packages_and_deployments_are_kept_current(self):
        self.expect_views_as_queries()
        self.assertEqual(self.read_views("SELECT Name, Version FROM v_Package"), ["hello|1.0"])
        self.assertEqual(self.read_views("SELECT a.AdvertisementName, p.Name, a.ProgramName, c.Name, s.LastStateName FROM v_Advertisement a "
                                      "JOIN v_Package p USING (PackageID) JOIN v_Collection c USING (CollectionID) "
                                      "JOIN v_ClientAdvertisementStatus s USING (AdvertisementID)"),
                         ["hello-everywhere|hello|install|debian-machines|succeeded"])

    def test_3d_after_random_changes_and_when_made_anew_views_say_what_queries_say(self):
        dice = random.Random(SEED)
        site = self.site
        if "client" in site.processes:
            site.stop("client")
        stanzas = pathlib.Path("/var/lib/dpkg/status").read_text(encoding="utf-8").rstrip("\n").split("\n\n")
        for change in range(3):
            kept = [stanza for stanza in stanzas if dice.random() < 0.97]
            kept += [f"Package: zzz-{dice.randrange(9)}-{n}\nStatus: install ok installed\nArchitecture: all\nVersion: {change}.{n}-1\n"
                     "Maintainer: nobody <a@b>\nDescription: made for a test" for n in range(dice.randrange(1, 5))]
            sent = len(site.events("client", "inventory.reported"))
            site.start_client_with_packages("\n\n".join(kept) + "\n")
            wait_until(lambda: len(site.events("client", "inventory.reported")) > sent, "the client's report")
            self.expect_views_as_queries()
        gone = self.read_views("SELECT count(*) > 0, bool_and(RemovedTime >= TimeStamp) FROM v_HS_INSTALLED_SOFTWARE")
        self.assertEqual(gone, ["t|t"])
        history = "SELECT ResourceID, GroupID, TimeStamp, RemovedTime, Name0, Version0 FROM v_HS_INSTALLED_SOFTWARE"
        before = sorted(self.read_views(history))
        begun = len(site.events("site", "reports.begun"))
        site.cli("database", "rebuild-views")
        wait_until(lambda: len(site.events("site", "reports.begun")) > begun, "the tables made anew", 20)
        self.expect_views_as_queries()
        wait_until(lambda: sorted(self.read_views(history)) == before, "the same history", 20)

    def test_2_every_connection_is_encrypted_and_the_password_shows_nowhere(self):
        rows = self.ask("SELECT DISTINCT usename, ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                        "WHERE application_name = 'muster'")
        self.assertEqual(rows, "muster_site|t|TLSv1.3")
        process = pathlib.Path(f"/proc/{self.site.processes['site'].pid}")
        for place in [process / "cmdline", process / "environ", self.site.path("site/musterd.log"),
                      self.site.path("site.output"), self.site.path("site/musterd.yaml"), self.server.folder / "log"]:
            self.assertNotIn(PASSWORD.encode(), place.read_bytes(), place)

    def test_3_through_outages_everything_runs_once_and_every_report_arrives(self):
        print(f"seed {SEED}, {OUTAGES} outages", flush=True)
        dice = random.Random(SEED)
        site, server = self.site, self.server
        ledger = site.path("ledger")
        source = site.path("many")
        source.mkdir()
        (source / "append.sh").write_text(f'sleep 0.05\necho "$1" >> {ledger}\n')
        lines = ["apiVersion: muster/v1", "kind: Package", "metadata: {name: many}", "spec:", '  version: "1"',
                 "  source: ./many", "  programs:"]
        lines += [f'    - {{name: p{n:02}, command: "sh append.sh {n:02}", runAs: user}}' for n in range(DEPLOYMENTS)]
        for n in range(DEPLOYMENTS):
            lines += ["---", "apiVersion: muster/v1", "kind: Deployment", f"metadata: {{name: d{n:02}}}",
                      f"spec: {{package: many, program: p{n:02}, collection: all-systems, purpose: required, start: now}}"]
        file = site.path("many.yaml")
        file.write_text("\n".join(lines) + "\n")
        site.cli("apply", "-f", str(file))
        for outage in range(OUTAGES):
            time.sleep(dice.uniform(0.05, 0.8))  # the moment of the outage, not a wait for an event
            server.kill() if outage % 2 else server.stop()
            if outage == 2:
                # Long enough that the client's reports are all in the site's inbox.
                wait_until(lambda: not self.answers(), "the site to notice")
                self.assertIsNone(site.processes["site"].poll())
                time.sleep(3)
            else:
                time.sleep(dice.uniform(0, 0.5))
            server.start()
        wait_until(lambda: self.succeeded() == DEPLOYMENTS, "all deployments to succeed", 120)
        self.assertEqual(sorted(ledger.read_text().split()), [f"{n:02}" for n in range(DEPLOYMENTS)])
        wait_until(lambda: self.reports() == {10002: DEPLOYMENTS, 10005: DEPLOYMENTS, 10008: DEPLOYMENTS},
                   "every report exactly once", 60)
        self.assertEqual(site.json("get", "quarantine"), [])
        self.assertTrue(site.events("site", "store.server.back"))
        # The index in memory and the tables agree.
        self.assertEqual(self.ask("SELECT count(*) FROM device WHERE state = 'active'"), "1")
        self.assertEqual(site.json("get", "collections")[0]["status"]["members"], 1)

    def answers(self):
        return self.site.cli("get", "audit", ok=False).returncode == 0

    def succeeded(self):
        done = self.site.cli("get", "deployments", "-o", "json", ok=False)
        if done.returncode != 0:
            return 0
        return sum(d["status"]["succeeded"] for d in json.loads(done.stdout) if d["metadata"]["name"].startswith("d"))

    def reports(self):
        counts, seen = {}, set()
        for message in self.site.json("get", "status-messages"):
            key = (message.get("deployment"), message["statusId"])
            if message["statusId"] not in (10002, 10005, 10008) or not self.is_ours(key[0]):
                continue
            self.assertNotIn(key, seen, "a report twice")
            seen.add(key)
            counts[key[1]] = counts.get(key[1], 0) + 1
        return counts

    def is_ours(self, deployment):
        if not hasattr(self, "names"):
            self.names = {d["metadata"]["id"]: d["metadata"]["name"] for d in self.site.json("get", "deployments")}
        return self.names.get(deployment, deployment or "").startswith("d")

    def refused(self, **settings):
        """What musterd says when it does not start, with these settings instead."""
        file = self.site.path("site/musterd.yaml")
        before = file.read_text()
        try:
            text = before
            for name, value in settings.items():
                name = name.replace("__", ".")
                text = "".join(f"  {name}: {value}\n" if line.strip().startswith(name + ":") else line
                               for line in text.splitlines(keepends=True))
            self.assertNotEqual(text, before)
            file.write_text(text)
            return self.does_not_start()
        finally:
            file.write_text(before)

    def does_not_start(self):
        done = subprocess.run([BIN / "musterd", "--config", self.site.path("site/musterd.yaml")], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        return done.stderr

    def test_3b_a_report_during_an_outage_waits_in_the_inbox_and_is_taken_after_it(self):
        site = self.site
        inbox = lambda: sum(file.stat().st_size for file in site.path("site/inbox").glob("*.segment"))
        names = lambda: site.cli("query", "InstalledSoftware | where Name startswith 'zzz-' | project Name", "-o", "csv",
                                 ok=False).stdout.split()[1:]
        site.stop("client")
        self.server.stop()
        try:
            wait_until(lambda: not self.answers(), "the site to notice")
            before, sent = inbox(), len(site.events("client", "inventory.reported"))
            status = pathlib.Path("/var/lib/dpkg/status").read_text(encoding="utf-8")
            site.start_client_with_packages(status.rstrip("\n") + "\n\nPackage: zzz-first\nStatus: install ok installed\n"
                                            "Architecture: all\nVersion: 1.0-1\nMaintainer: nobody <a@b>\nDescription: made for a test\n")
            wait_until(lambda: len(site.events("client", "inventory.reported")) > sent, "the client's report")
            wait_until(lambda: inbox() > before, "the report in the inbox", 90)
            self.assertEqual(site.events("client", "message.refused"), [])
        finally:
            self.server.start()
        wait_until(lambda: [name.split(",")[-1] for name in names()] == ["zzz-first"], "the report's row")
        self.assertEqual(site.json("get", "quarantine"), [])

    def test_3c_a_message_that_the_server_refuses_is_quarantined_and_the_others_are_taken(self):
        site = self.site
        self.server.psql("site", "ALTER TABLE muster.deployment_state ADD CONSTRAINT seven CHECK (exit_code <> 7)")
        source = site.path("seven")
        source.mkdir()
        (source / "exit.sh").write_text('exit "$1"\n')
        file = site.path("seven.yaml")
        parts = ['apiVersion: muster/v1\nkind: Package\nmetadata: {name: seven}\nspec:\n  version: "1"\n  source: ./seven\n  programs:\n'
                 '    - {name: good, command: "sh exit.sh 0", runAs: user}\n    - {name: bad, command: "sh exit.sh 7", runAs: user}\n']
        parts += [f"apiVersion: muster/v1\nkind: Deployment\nmetadata: {{name: x-{name}}}\nspec: {{package: seven, program: {name}, "
                  "collection: all-systems, purpose: required, start: now}\n" for name in ("bad", "good")]
        file.write_text("---\n".join(parts))
        site.cli("apply", "-f", str(file))
        refused = wait_until(lambda: site.json("get", "quarantine"), "the refused message")
        self.assertEqual([message["reason"][:16] for message in refused], ["M1603 constraint"])
        self.assertIn("succeeded", site.cli("explain", site.host(), "x-good", "--watch"))
        failed = lambda: [d["status"]["failed"] for d in site.json("get", "deployments") if d["metadata"]["name"] == "x-bad"]
        self.assertEqual(failed(), [0])
        self.server.psql("site", "ALTER TABLE muster.deployment_state DROP CONSTRAINT seven")

    def test_4_what_is_not_safe_or_not_ours_is_refused_with_its_reason(self):
        site = self.site
        site.stop("client")
        site.stop("site")
        stranger = PostgresServer()
        try:
            from postgres_server import certificates
            certificates(stranger.data, stranger.folder / "ca.pem")
            os.chmod(stranger.folder, 0o755)
            self.assertIn("certificate verify failed", self.refused(database__ca_file=stranger.folder / "ca.pem"))
        finally:
            stranger.close()
        url = f"postgresql://muster_site@localhost:{PORT}/site"
        self.assertIn("holds a password", self.refused(database__url=url.replace("@", ":x@")))
        self.assertIn("sslmode", self.refused(database__url=url + "?sslmode=require"))
        wrong = site.path("wrong.password")
        wrong.touch(0o600)
        wrong.write_text("wrong\n")
        self.assertIn("password authentication failed", self.refused(database__password_file=wrong))
        os.chmod(wrong, 0o640)
        self.assertIn("open to others", self.refused(database__password_file=wrong))
        # A server that knows the password but whose SCRAM is not bound to the channel could be in between.
        self.server.psql("postgres", "ALTER ROLE muster_site PASSWORD NULL", "SET password_encryption = 'md5'",
                         f"ALTER ROLE muster_site PASSWORD '{PASSWORD}'")
        hba = self.server.data / "pg_hba.conf"
        before = hba.read_text()
        hba.write_text(before.replace("scram-sha-256", "md5"))
        self.server.psql("postgres", "SELECT pg_reload_conf()")
        said = wait_until(lambda: "channel binding" in self.does_not_start(), "a refusal without channel binding", 20)
        self.assertTrue(said)
        hba.write_text(before)
        self.server.psql("postgres", "SELECT pg_reload_conf()", "SET password_encryption = 'scram-sha-256'",
                         f"ALTER ROLE muster_site PASSWORD '{PASSWORD}'")
        self.ask("INSERT INTO schema_migration (number, name, sha256, at) VALUES (9999, 'later', '', 0)")
        self.assertIn("database-newer", self.does_not_start())
        self.ask("DELETE FROM schema_migration WHERE number = 9999")
        site.start("site")
        site.wait_for_site()

    def as_login(self, login, password, script):
        words = (f"host=localhost port={PORT} dbname=site user={login} sslmode=verify-full channel_binding=require "
                 f"sslrootcert={self.server.folder / 'ca.pem'}")
        return subprocess.run(["psql", "-XAtq", "-v", "VERBOSITY=sqlstate", words], input=script, capture_output=True,
                              text=True, timeout=60, env={**os.environ, "PGPASSWORD": password})

    def test_5_each_login_may_do_exactly_what_its_role_does(self):
        expect_exact_rights(self, "muster_site", lambda sql: self.server.psql("site", sql),
                            lambda role, script: self.as_login(f"site_{role}", role, script))
        self.assertEqual(self.ask("SELECT DISTINCT privilege_type FROM information_schema.role_table_grants "
                                  "WHERE grantee = 'site_reporting_point'"), "SELECT")
        refused = self.as_login("stranger", "stranger", "SELECT 1;")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("permission denied for database", refused.stderr)
        self.assertEqual(self.as_login("muster_site", PASSWORD, "SELECT count(*) > 5 FROM muster.object;").stdout.strip(), "t")

    def test_6_without_tls_or_with_another_name_nobody_comes_in(self):
        for words, said in [("host=localhost sslmode=disable", "no encryption"),
                            ("host=127.0.0.2 hostaddr=127.0.0.1 sslmode=verify-full", "does not match host name")]:
            done = subprocess.run(["psql", f"{words} port={PORT} dbname=site user=muster_site "
                                           f"sslrootcert={self.server.folder / 'ca.pem'}", "-c", "SELECT 1"],
                                  capture_output=True, text=True, timeout=60, env={**os.environ, "PGPASSWORD": PASSWORD})
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)


class Moved(unittest.TestCase):
    def test_a_site_goes_from_its_file_to_the_server_and_on(self):
        server, site = PostgresServer(durable=True), Site()
        try:
            site.start_all()
            site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
            self.assertIn("succeeded", site.cli("explain", site.host(), "hello-everywhere", "--watch"))
            before = self.state(site)
            point(site, serve(server))
            said = site.cli("database", "move", ok=False)
            self.assertIn("is musterd stopped?", said.stderr)
            site.stop("site")
            # With the settings alone the site would begin anew.
            said = subprocess.run([BIN / "musterd", "--config", site.path("site/musterd.yaml")],
                                  capture_output=True, text=True, timeout=60)
            self.assertIn("site-elsewhere", said.stderr)
            self.assertEqual(server.psql("site", "SELECT count(*) FROM pg_namespace WHERE nspname = 'muster'"), "0")
            self.assertIn("counts and checksums equal", site.cli("database", "move"))
            self.assertTrue(site.path("site/site.db.moved").exists())
            site.start("site")
            site.wait_for_site()
            self.assertEqual(self.state(site), before)
            # Nothing runs again, and what is new works.
            site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
            file = site.path("more.yaml")
            file.write_text("apiVersion: muster/v1\nkind: Deployment\nmetadata: {name: again}\nspec: {package: hello, "
                            "program: install, collection: all-systems, purpose: required, start: now}\n")
            site.cli("apply", "-f", str(file))
            self.assertIn("succeeded", site.cli("explain", site.host(), "again", "--watch"))
            self.assertEqual(len([m for m in site.json("get", "status-messages") if m["statusId"] == 10005]), 2)
            self.assertEqual(len(site.events("client", "inventory.reported")), 1)
        finally:
            site.close()
            server.close()

    def state(self, site):
        devices = [{k: d[k] for k in ("id", "name", "state")} for d in site.json("get", "devices")]
        objects = [site.json("get", kind) for kind in ("collections", "packages", "deployments")]
        entries = [e for e in site.json("get", "audit") if e["action"] == "create"]
        return devices, objects, entries, site.cli("query", "InstalledSoftware | summarize count()", "-o", "csv")


if __name__ == "__main__":
    unittest.main()
