"""The OCS Inventory server as Debian has it, Perl under Apache with MariaDB, in a folder of its own.

Its database has the settings that its installation writes. Debian's schema (package ocsinventory-reports) is newer
than its server, which selects a column that schema version 7045 drops: the last that the server works with is taken.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/first_site"))
from site_under_test import die_with_me, wait_until  # noqa: E402

CONFIGURATION = pathlib.Path("/etc/apache2/conf-available/ocsinventory-server.conf")
AGENT_CONFIGURATION = "/etc/ocsinventory/ocsinventory-agent.cfg"
MODULES = "/usr/lib/apache2/modules"
PORT = 29080
LAST_SCHEMA = 7044
HTTPD = """ServerRoot {folder}
ServerName bench
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
Mutex file:{folder} default
ErrorLog {folder}/apache.log
User www-data
Group www-data
LoadModule mpm_prefork_module {modules}/mod_mpm_prefork.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule perl_module {modules}/mod_perl.so
StartServers 1
MinSpareServers 1
MaxSpareServers 1
MaxRequestWorkers 2
PerlSetEnv OCS_OPT_DBI_MYSQL_SOCKET {folder}/mariadb.socket
Include {folder}/ocs.conf
"""


def wanted_packages():
    """Those that are missing."""
    files = {"ocsinventory-server": CONFIGURATION, "ocsinventory-agent": "/usr/bin/ocsinventory-agent",
             "mariadb-server": "/usr/sbin/mariadbd", "apache2": "/usr/sbin/apache2"}
    return [package for package, file in files.items() if not os.path.exists(file)]


def unpack_schema(folder):
    """Installed it would bring PHP and a web interface: it is fetched by apt and only unpacked."""
    subprocess.run(["apt-get", "download", "-q", "ocsinventory-reports"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    package = next(folder.glob("ocsinventory-reports_*.deb"))
    subprocess.run(["dpkg-deb", "-x", package, folder / "reports"], check=True)


def schema_in(folder):
    return folder / "reports/usr/share/ocsinventory-reports/files"


class OcsServer:
    def __init__(self, folder, schema):
        self.folder = folder / "server"
        self.schema = schema
        self.processes = []
        self.folder.mkdir()
        # Both servers leave root behind, and each has to come to its files.
        for each in (folder.parent, folder, self.folder):
            each.chmod(0o755)

    def start(self):
        self.start_database()
        self.start_apache()

    def start_database(self):
        data = self.folder / "data"
        subprocess.run(["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-test-db",
                        "--auth-root-authentication-method=normal"], check=True, capture_output=True)
        shutil.chown(self.folder, "mysql", "mysql")
        self.spawn(["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self.folder}/mariadb.socket",
                    "--skip-networking", f"--pid-file={self.folder}/mariadb.pid"], "mariadb", user="mysql",
                   group="mysql", extra_groups=[])
        wait_until(lambda: self.sql("SELECT 1", database=None, check=False).returncode == 0, "MariaDB")
        self.sql("CREATE DATABASE ocsweb; GRANT ALL ON ocsweb.* TO ocs@localhost IDENTIFIED BY 'ocs'", database=None)
        self.sql((self.schema / "ocsbase_new.sql").read_text())
        begun = int(re.search(r"'GUI_VERSION',0,'(\d+)'", (self.schema / "ocsbase_new.sql").read_text()).group(1))
        for number in range(begun + 1, LAST_SCHEMA + 1):
            # As its installation does: a statement of which the work is done already is passed over.
            self.sql((self.schema / f"update/{number}.sql").read_text(), force=True)

    def sql(self, text, database="ocsweb", check=True, force=False):
        words = ["mariadb", "--no-defaults", "-S", self.folder / "mariadb.socket", "-u", "root", "-N", "-B"]
        done = subprocess.run(words + (["--force"] if force else []) + ([database] if database else []), input=text,
                              capture_output=True, text=True)
        if check and not force and done.returncode != 0:
            raise SystemExit(f"MariaDB: {done.stderr}")
        return done

    def start_apache(self):
        text = CONFIGURATION.read_text()
        # The interface for other programs wants further libraries, and no agent asks for it.
        text = re.sub(r"<location /ocsinterface>.*?</location>", "", text, flags=re.S)
        text = text.replace("PerlModule Apache::Ocsinventory::SOAP", "")
        logs = self.folder / "logs"
        logs.mkdir()
        shutil.chown(logs, "www-data", "www-data")
        text = re.sub(r'(OCS_OPT_LOGPATH) .*', rf'\1 "{logs}"', text)
        (self.folder / "ocs.conf").write_text(text)
        (self.folder / "httpd.conf").write_text(HTTPD.format(folder=self.folder, port=PORT, modules=MODULES))
        self.spawn(["apache2", "-f", self.folder / "httpd.conf", "-DFOREGROUND"], "apache")
        wait_until(lambda: subprocess.run(["curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{PORT}/ocsinventory"])
                   .returncode == 0, "Apache")

    def spawn(self, words, name, **options):
        with open(self.folder / f"{name}.output", "ab") as output:
            self.processes.append(subprocess.Popen(words, stdout=output, stderr=output, start_new_session=True,
                                                   preexec_fn=die_with_me, **options))

    def roots(self):
        return [process.pid for process in self.processes]

    def inventory(self, machines, number):
        """The agent of the machine that this host has become does its whole contact."""
        folder = self.folder / f"agent-{number}"
        folder.mkdir(exist_ok=True)
        configuration = folder / "agent.cfg"
        configuration.write_text(f"server=http://127.0.0.1:{PORT}/ocsinventory\nbasevardir={folder}\n"
                                 f"logfile={folder}/log\nlogger=File\n")
        subprocess.run(machines.command(number, ["ocsinventory-agent"], (configuration, AGENT_CONFIGURATION)),
                       check=True, capture_output=True)
        count = int(self.sql("SELECT count(*) FROM software s JOIN hardware h ON h.ID = s.HARDWARE_ID "
                             f"WHERE h.NAME = 'pc-{number}'").stdout)
        if count != machines.packages:
            raise SystemExit(f"the OCS server has {count} packages of {machines.packages}: "
                             f"{(self.folder / 'apache.log').read_text()[-2000:]}")

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(timeout=60)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *unused):
        self.close()
