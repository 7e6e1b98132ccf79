"""`muster database provision` as an administrator meets it, with Debian's own tools and a site that runs on what it makes.

All of it happens in namespaces of its own: ports and processes are others than the machine's, the folders in which PostgreSQL and
apt keep things are empty ones in memory, and everything ends with the first process in them.
"""
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import unittest

from postgres_server import unprivileged
from role_rights import RIGHTS, expect_exact_rights

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "first_site"))
from site_under_test import BIN, ROOT, Site, wait_until  # noqa: E402

PORT = 1433
OWNER = "muster_p01"
CLUSTER = pathlib.Path("/etc/postgresql/15/muster")
DATA = pathlib.Path("/var/lib/postgresql/15/muster")
HIDDEN = {"/etc/postgresql": "64m", "/var/lib/postgresql": "4g", "/var/log/postgresql": "64m", "/run": "64m",
          "/etc/apt/apt.conf.d": "1m"}


def enter_namespaces():
    """This program begins anew where nothing of the machine can be changed. A shell is its first process: it takes note of
    servers that ended."""
    if os.environ.get("MUSTER_HIDDEN") != "yes":
        os.environ["MUSTER_HIDDEN"] = "yes"
        os.execvp("unshare", ["unshare", "-n", "-m", "-p", "--fork", "--kill-child", "--mount-proc", "bash", "-c",
                              '"$@"; exit $?', "bash", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    postgres = pwd.getpwnam("postgres")
    for folder, size in HIDDEN.items():
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "none", folder], check=True)
        if "postgresql" in folder:
            os.chown(folder, postgres.pw_uid, postgres.pw_gid)


def mounted(folder, size="8m"):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)


class Provisioned(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.site.state.chmod(0o711)  # another user's musterd finds its folder
        cls.config = cls.site.path("site/musterd.yaml")
        cls.folder = cls.site.path("site/database")
        try:
            cls.config.write_text(cls.config.read_text().replace("settings:\n", "settings:  # ours\n"))
            cls.site.start_all()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.site.close()
        subprocess.run(["pg_ctlcluster", "15", "muster", "stop", "-m", "immediate"], capture_output=True, timeout=60)

    def provision(self, *words, ok=True):
        done = self.site.cli("database", "provision", *words, ok=False)
        self.assertEqual(done.returncode == 0, ok, done.stdout + done.stderr)
        return done.stdout if ok else done.stderr

    def ask(self, sql, database=OWNER):
        """As the server's superuser."""
        done = subprocess.run(["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "psql", "--cluster", "15/muster",
                               "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database], input=sql, capture_output=True, text=True,
                              timeout=60, cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def psql(self, words, password, script="SELECT current_user;"):
        environment = {**os.environ, "PGPASSWORD": password} if password else os.environ
        return subprocess.run(["psql", "-XAtq", "-w", "-v", "VERBOSITY=sqlstate", words], input=script, capture_output=True, text=True,
                              timeout=60, env=environment)

    def as_login(self, login, script="SELECT current_user;", port=PORT, host="localhost"):
        """As a role on any host: over TCP, the server known by its certificate, SCRAM bound to the channel."""
        return self.psql(f"host={host} port={port} dbname={OWNER} user={login} sslmode=verify-full channel_binding=require "
                         f"sslrootcert={self.folder / 'server.pem'}", self.password(login), script)

    def password(self, login):
        return (self.folder / f"{login}.password").read_text().strip()

    def expect_refused(self, words, password, said):
        done = self.psql(f"dbname={OWNER} {words}", password)
        self.assertNotEqual(done.returncode, 0, words)
        self.assertIn(said, done.stderr)

    def logins(self):
        return [OWNER, *(f"{OWNER}_{role}" for role in RIGHTS)]

    def expect_works(self):
        wait_until(lambda: self.site.cli("get", "devices", ok=False).returncode == 0, "the site to answer")
        self.assertEqual([d["state"] for d in self.site.json("get", "devices")], ["active"])

    def state(self):
        """All that a provision could change: files with their owners and times, the server's logins, its process."""
        files = {}
        for folder in (CLUSTER, self.folder):
            for path in sorted(folder.rglob("*")):
                info = path.stat()
                files[str(path)] = (info.st_mode, info.st_uid, info.st_mtime_ns, path.is_file() and path.read_bytes())
        info = self.config.stat()
        return (files, (info.st_mode, info.st_ino, self.config.read_bytes()), (DATA / "postmaster.pid").read_bytes(),
                self.ask("SELECT rolname, rolpassword FROM pg_authid ORDER BY 1; SELECT datname, datacl FROM pg_database ORDER BY 1;"))

    def test_1a_what_cannot_be_is_refused_with_its_remedy_and_leaves_nothing(self):
        config = self.config.read_text()
        done = subprocess.run(["unshare", "-U", BIN / "muster", "database", "provision"], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "MUSTER_STATE": str(self.site.state)})
        self.assertEqual((done.returncode, done.stderr.split(":")[1].strip()), (1, "M1921 not-root"))
        with socket.create_server(("127.0.0.1", PORT)):
            self.assertIn(f"M1924 port-taken: 127.0.0.1 port {PORT}: Address already in use. ", self.provision(ok=False))
        self.assertIn("M1627 bad-cluster-address: 192.0.2.9 is no address of this host. ", self.provision("--listen", "192.0.2.9", ok=False))
        self.assertIn("M1627 bad-cluster-address: 'db.example'", self.provision("--listen", "db.example", ok=False))
        self.assertIn("M1356 port-clash: tcp port 28443 is wanted by connection E1", self.provision("--port", "28443", ok=False))
        self.config.write_text(config.replace("# ours\n", "# ours\n  database.url: postgresql://muster@db.example/muster\n"))
        self.assertIn("M1926 other-server", self.provision(ok=False))
        self.config.write_text(config)
        mounted("/usr/lib/postgresql/15")
        try:
            said = self.provision(ok=False)
            self.assertIn("M1922 no-server-package: /usr/lib/postgresql/15/bin/postgres is not there. Run: apt-get install postgresql-15", said)
        finally:
            subprocess.run(["umount", "/usr/lib/postgresql/15"], check=True)
        self.assertEqual(list(pathlib.Path("/etc/postgresql").iterdir()), [])
        self.assertEqual(list(pathlib.Path("/var/lib/postgresql").iterdir()), [])
        self.assertEqual(self.config.read_text(), config)
        self.assertFalse(self.folder.exists())

    def test_1b_what_is_somebody_elses_is_left_alone(self):
        CLUSTER.mkdir(parents=True)
        (CLUSTER / "postgresql.conf").write_text("port = 5433\n")
        self.assertIn("M1923 foreign-cluster: cluster 15/muster was not made by muster", self.provision(ok=False))
        (CLUSTER / "postgresql.conf").write_text("muster.site = 'P02'\n")
        self.assertIn("M1923 foreign-cluster: cluster 15/muster is that of site P02", self.provision(ok=False))
        shutil.rmtree(CLUSTER.parent)
        (DATA / "base").mkdir(parents=True)
        self.assertIn(f"M1923 foreign-cluster: {DATA} is not empty", self.provision(ok=False))
        shutil.rmtree(DATA.parent)
        small = pathlib.Path("/var/lib/postgresql/small")
        small.mkdir()
        mounted(small)
        said = self.provision("--data", str(small / "data"), ok=False)
        self.assertRegex(said, rf"M1925 little-disk: {small}: \d MiB are free, \d+ MiB are needed\. Free space there, or name another folder")
        subprocess.run(["umount", small], check=True)
        small.rmdir()

    def test_2_a_site_that_runs_is_given_a_server_and_moves_to_it(self):
        before = self.config.read_text()
        said = self.provision()
        self.assertIn(f"made a PostgreSQL server; its data is in {DATA}\n", said)
        self.assertIn(f"started the server, on port {PORT}\n", said)
        self.assertIn("next: stop musterd, run muster database move, start musterd\n", said)
        lines = [line for line in self.config.read_text().splitlines() if "database." not in line]
        self.assertEqual(lines, before.splitlines())
        for line in (f'database.url: "postgresql://{OWNER}@localhost/{OWNER}"', f'database.ca_file: "{self.folder}/server.pem"',
                     f'database.password_file: "{self.folder}/{OWNER}.password"'):
            self.assertIn(f"  {line}\n", self.config.read_text())
        secrets = [self.password(login) for login in self.logins()]
        self.assertEqual(len(set(secrets)), len(secrets))
        log = pathlib.Path("/var/log/postgresql/postgresql-15-muster.log").read_text()
        for secret in secrets:
            self.assertGreaterEqual(len(secret), 43)
            for text in (said, log, self.config.read_text()):
                self.assertNotIn(secret, text)
        # The site that runs is as it was until it is moved.
        self.expect_works()
        self.site.stop("site")
        self.assertIn("counts and checksums equal", self.site.cli("database", "move"))
        self.site.start("site")
        self.site.wait_for_site()
        self.expect_works()
        self.assertEqual(self.ask("SELECT name FROM muster.device"), self.site.host())

    def test_3a_the_server_is_what_a_site_needs(self):
        wanted = {"port": str(PORT), "listen_addresses": "localhost", "ssl": "on", "password_encryption": "scram-sha-256", "fsync": "on",
                  "full_page_writes": "on", "wal_compression": "lz4", "data_checksums": "on", "server_encoding": "UTF8",
                  "ssl_cert_file": str(CLUSTER / "muster.crt")}
        rows = self.ask(f"SELECT name, setting FROM pg_settings WHERE name IN ({', '.join(repr(name) for name in wanted)})")
        self.assertEqual(dict(row.split("|") for row in rows.splitlines()), wanted)
        self.assertEqual(self.ask("SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL"), "")
        self.assertEqual((CLUSTER / "start.conf").read_text().split()[-1], "auto")
        postgres = pwd.getpwnam("postgres").pw_uid
        for path, mode, owner in [(CLUSTER / "muster.key", 0o600, postgres), (CLUSTER / "pg_hba.conf", 0o600, postgres),
                                  (self.folder, 0o700, 0), *((self.folder / f"{login}.password", 0o600, 0) for login in self.logins())]:
            info = path.stat()
            self.assertEqual((oct(stat.S_IMODE(info.st_mode)), info.st_uid), (oct(mode), owner), path)
        # Nothing listens beside the loopback.
        listening = subprocess.run(["ss", "-Hltn", f"sport = :{PORT}"], capture_output=True, text=True, check=True).stdout
        self.assertEqual({line.split()[3].rsplit(":", 1)[0] for line in listening.splitlines()} - {"[::1]"}, {"127.0.0.1"})
        text = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", self.folder / "server.pem"], capture_output=True, text=True,
                              check=True).stdout
        for words in ("NIST CURVE: P-256", "ecdsa-with-SHA256", "CA:FALSE", "TLS Web Server Authentication", "DNS:localhost"):
            self.assertIn(words, text)

    def test_3b_the_site_and_each_login_come_in_over_tls_alone(self):
        rows = self.ask("SELECT DISTINCT usename, ssl, version, client_addr IS NOT NULL FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                        "WHERE application_name = 'muster'")
        self.assertEqual(rows, f"{OWNER}|t|TLSv1.3|t")
        self.ask("CREATE ROLE bare LOGIN", "postgres")
        for login in self.logins():
            self.assertEqual(self.as_login(login).stdout.strip(), login)
            tcp = f"host=localhost port={PORT} user={login}"
            self.expect_refused(f"{tcp} sslmode=disable", self.password(login), "no encryption")
            self.expect_refused(f"{tcp} sslmode=require", "", "no password supplied")
            self.expect_refused(f"{tcp} sslmode=require", "wrong", "password authentication failed")
            self.expect_refused(f"host=/run/postgresql port={PORT} user={login}", self.password(login), "no pg_hba.conf entry")
            done = self.psql(f"{tcp} sslmode=require dbname=postgres", self.password(login))
            self.assertIn("no pg_hba.conf entry", done.stderr)
        self.expect_refused(f"host=localhost port={PORT} user=bare sslmode=require", "x", "password authentication failed")
        self.expect_refused(f"host=localhost port={PORT} user=postgres sslmode=require", "x", "pg_hba.conf rejects")
        self.expect_refused(f"host=/run/postgresql port={PORT} user=postgres", "", "Peer authentication failed")
        self.ask("DROP ROLE bare", "postgres")

    def test_3c_each_login_may_do_exactly_what_its_role_does(self):
        tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'muster_export'"
        wait_until(lambda: int(self.ask(tables)) > 40, "the tables for reports")
        expect_exact_rights(self, OWNER, self.ask, lambda role, script: self.as_login(f"{OWNER}_{role}", script))
        self.assertEqual(self.as_login(OWNER, "SELECT count(*) FROM muster.device;").stdout.strip(), "1")
        self.assertEqual(self.ask("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'muster%' AND "
                                  "(rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"), "0")

    def test_4_a_second_time_changes_nothing(self):
        before = self.state()
        self.assertEqual(self.provision(), "everything is there; nothing was changed\n")
        self.assertEqual(self.state(), before)
        self.assertIn(f"M1923 foreign-cluster: the site's server has its data in {DATA}, not in /elsewhere",
                      self.provision("--data", "/elsewhere", ok=False))
        self.assertEqual(self.state(), before)

    def test_5_what_is_missing_or_was_changed_is_mended(self):
        certificate = (self.folder / "server.pem").read_bytes()
        (CLUSTER / "pg_hba.conf").write_text("host all all all trust\nlocal all postgres peer\n")
        (self.folder / f"{OWNER}_provider.password").unlink()
        (self.folder / "server.pem").unlink()
        self.ask(f"ALTER ROLE {OWNER}_pxe_point PASSWORD 'guessed'; DROP OWNED BY {OWNER}_locator_point; DROP ROLE {OWNER}_locator_point")
        said = self.provision()
        self.assertIn("its files had changed", said)
        for line in (f"set the password of login {OWNER}_provider", f"set the password of login {OWNER}_pxe_point",
                     f"made login {OWNER}_locator_point"):
            self.assertIn(line + "\n", said)
        self.assertEqual((self.folder / "server.pem").read_bytes(), certificate)
        for login in self.logins():
            # The right to connect comes with the next start of musterd for a login that is new.
            if login != f"{OWNER}_locator_point":
                self.assertEqual(self.as_login(login).stdout.strip(), login)
        self.assertEqual(self.provision(), "everything is there; nothing was changed\n")
        self.expect_works()

    def test_6_a_server_that_was_killed_is_started_and_the_site_goes_on(self):
        pid = int((DATA / "postmaster.pid").read_text().splitlines()[0])
        children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=True).stdout.split()
        for process in [pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        wait_until(lambda: self.site.cli("get", "audit", ok=False).returncode != 0, "the site to notice")
        start = lambda: subprocess.run(["pg_ctlcluster", "15", "muster", "start"], capture_output=True, timeout=60).returncode == 0
        wait_until(start, "the server to start")
        self.expect_works()
        wait_until(lambda: self.site.events("site", "store.server.back"), "the site's word of it")
        self.site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))
        self.assertIn("succeeded, exit code 0", self.site.cli("explain", self.site.host(), "hello-everywhere", "--watch"))
        # Provision starts a server, too, that was stopped.
        subprocess.run(["pg_ctlcluster", "15", "muster", "stop"], check=True, timeout=60)
        self.assertEqual(self.provision(), f"started the server, on port {PORT}\n")
        self.expect_works()

    def test_7_another_address_and_port_reach_the_certificate_and_the_configuration(self):
        subprocess.run(["ip", "addr", "add", "192.0.2.1/32", "dev", "lo"], check=True)
        passwords = [self.password(login) for login in self.logins()]
        said = self.provision("--listen", "192.0.2.1", "--port", "2433")
        self.assertIn("made the server's certificate", said)
        self.assertIn(f'  database.url: "postgresql://{OWNER}@localhost:2433/{OWNER}"\n', self.config.read_text())
        self.assertEqual(self.config.read_text().count("database."), 3)
        self.assertEqual([self.password(login) for login in self.logins()], passwords)
        self.site.stop("site")
        self.site.start("site")
        self.site.wait_for_site()
        self.expect_works()
        for host in ("localhost", "192.0.2.1"):
            self.assertEqual(self.as_login(OWNER, port=2433, host=host).stdout.strip(), OWNER)
        self.assertIn("Connection refused", self.psql(f"host=localhost port={PORT} dbname={OWNER} user={OWNER}", "x").stderr)
        before = self.state()
        self.assertEqual(self.provision(), "everything is there; nothing was changed\n")
        self.assertEqual(self.state(), before)

    def test_8_files_belong_to_whose_site_it_is(self):
        self.site.stop("client")
        self.site.stop("site")
        nobody = pwd.getpwnam("nobody")
        places = [self.site.path("site"), *self.site.path("site").rglob("*")]
        try:
            for path in places:
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
            (self.folder / "server.pem").unlink()
            (self.folder / f"{OWNER}.password").unlink()
            self.config.write_text("".join(line for line in self.config.read_text().splitlines(keepends=True) if "database." not in line))
            self.provision()
            for path in (self.folder / "server.pem", self.folder / f"{OWNER}.password", self.config):
                self.assertEqual(path.stat().st_uid, nobody.pw_uid, path)
            self.assertIn("localhost:2433", self.config.read_text())
            # What its user may not reach, root does not write for him.
            elsewhere = pathlib.Path("/etc/apt/apt.conf.d")
            there = sorted(elsewhere.iterdir())
            shutil.rmtree(self.folder)
            self.folder.symlink_to(elsewhere)
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
            self.assertIn("M1004 file-unwritable", self.provision(ok=False))
            self.assertEqual(sorted(elsewhere.iterdir()), there)
        finally:
            for path in places:
                if path.exists():
                    os.chown(path, 0, 0)


if __name__ == "__main__":
    if "user" not in unprivileged()[1]:
        print("skipped: only root gives PostgreSQL a user of its own\n0 passed, 0 failed")
        sys.exit(0)
    enter_namespaces()
    unittest.main()
