"""What collections say to agents, and what users are told and answer: from the operator's file to a terminal."""
import datetime
import json
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import tempfile
import time
import unittest

from site_under_test import BIN, Site, wait_until

SECRET = "hidden-licence-4711"
# One call of the notices' socket: a length, big endian, and the request.
CALL = """
import json, socket, struct, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1])
body = json.dumps({"format": 1, "verb": sys.argv[2], "argument": sys.argv[3]}).encode()
s.sendall(struct.pack(">I", len(body)) + body)
size = s.recv(4, socket.MSG_WAITALL)
if len(size) < 4: sys.exit("closed")
print(s.recv(struct.unpack(">I", size)[0], socket.MSG_WAITALL).decode())
"""


def at(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def session(user, line, pid):
    """A record of utmp(5): somebody is logged on."""
    return struct.pack("<hxxi32s4s32s256shhiii4i20x", 7, pid, line.encode(), b"1", user.encode(), b"", 0, 0, 0,
                       1, 0, 0, 0, 0, 0)


class Terminal:
    """A terminal of its own, and what was written to it."""
    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.line = os.ttyname(self.slave).removeprefix("/dev/")
        self.text = ""

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.text += os.read(self.master, 65536).decode()
        return self.text

    def close(self):
        os.close(self.master)
        os.close(self.slave)


class SettingsAndNotices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        cls.open_folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-notices-"))
        cls.open_folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.open_folder, True)
        cls.socket = cls.open_folder / "notices.sock"
        cls.sessions = cls.site.path("utmp")
        cls.sessions.touch()
        secrets = cls.site.path("secrets")
        secrets.mkdir()
        (secrets / "licence").write_text(SECRET + "\n")
        (secrets / "licence").chmod(0o600)
        config = cls.site.path("client/client.yaml")
        text = re.sub(r"^  notice.socket:.*\n", "", config.read_text(), flags=re.M)
        config.write_text(text.replace("settings:\n", f"settings:\n  notice.sessions: {cls.sessions}\n"
                                       f"  notice.socket: {cls.socket}\n  program.secrets: {secrets}\n", 1))
        cls.site.start_all()
        cls.ran = cls.site.path("ran")
        cls.ran.touch()
        source = cls.site.path("told")
        source.mkdir()
        (source / "run.sh").write_text(
            f'echo "$(date +%s) $1 $MUSTER_VAR_SERVER $MUSTER_VAR_KEY$MUSTER_VAR_OTHER" >> {cls.ran}\nexit "${{2:-0}}"\n')
        cls.apply(cls, "package", "Package", "told", "version: '1', source: ./told, programs: ["
                  "{name: env, command: 'sh run.sh env', runAs: user, "
                  "variables: [{name: SERVER, values: [lic1, lic2]}, {name: KEY, secrets: [licence]}]}, "
                  "{name: wait, command: 'sh run.sh wait', runAs: user, maxRuntime: PT1M}, "
                  "{name: soon, command: 'sh run.sh soon', runAs: user, maxRuntime: PT1M}, "
                  "{name: boot, command: 'sh run.sh boot 9', runAs: user, rebootCodes: [9]}, "
                  "{name: hold, command: 'sleep 12', runAs: user, maxRuntime: PT1M}]")
        cls.collection(cls, "wide", "precedence: 1, settings: {countdown: PT4S, pollInterval: PT45M}, "
                       "variables: [{name: SERVER, value: lic1}, {name: KEY, secret: licence}, {name: OTHER, value: x}]")
        cls.collection(cls, "narrow", "precedence: 5, settings: {countdown: PT8S}, variables: [{name: SERVER, value: lic2}]")
        cls.collection(cls, "beside", "precedence: 5, settings: {countdown: PT9S}")

    def setUp(self):
        self.sessions.write_bytes(b"")

    def apply(self, file, kind, name, spec, ok=True):
        path = self.site.path(f"{file}.yaml")
        path.write_text(f"apiVersion: muster/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n")
        return self.site.cli("apply", "-f", str(path), ok=ok)

    def collection(self, name, spec, ok=True):
        return SettingsAndNotices.apply(self, name, "Collection", name, f"rules: [{{device: {self.site.host()}}}], {spec}",
                                        ok)

    def deploy(self, name, program, spec):
        self.apply(name, "Deployment", name, f"package: told, program: {program}, collection: all-systems, "
                   f"purpose: required, {spec}")

    def runs(self, program):
        return [line.split(" ") for line in self.ran.read_text().splitlines() if line.split(" ")[1] == program]

    def log_on(self, terminal, user="root"):
        with self.sessions.open("ab") as file:
            file.write(session(user, terminal.line, os.getpid()))

    @staticmethod
    def is_real_root():
        """Not of a namespace that knows no other user."""
        return os.getuid() == 0 and pathlib.Path("/proc/self/uid_map").read_text().split()[2] != "1"

    def call_as_nobody(self, verb, argument=""):
        return subprocess.run(["/usr/bin/python3", "-c", CALL, str(self.socket), verb, argument], user=65534, group=65534,
                              extra_groups=[], capture_output=True, text=True, timeout=60)

    def test_1_settings_and_variables_reach_the_program_and_say_where_they_come_from(self):
        self.deploy("with-variables", "env", "start: now")
        self.site.wait_software("with-variables", "done")
        self.assertEqual(self.runs("env")[0][2:], ["lic2", SECRET])
        described = self.site.cli("describe", "device", self.site.host())
        self.assertRegex(described, r"countdown +PT8S +collection narrow +beside")
        self.assertRegex(described, r"pollInterval +PT45M +collection wide")
        self.assertRegex(described, r"restartWithin +P1D +the site's settings")
        self.assertRegex(described, r"variable SERVER +lic2 +collection narrow")
        self.assertRegex(described, r"variable KEY +masked, secret licence +collection wide")
        cause = self.site.step("with-variables", "settings for its agent")["cause"]
        self.assertIn("pollInterval PT45M by wide", cause)
        self.assertIn("countdown is as narrow says and not as beside", cause)
        self.says_that_settings_conflict()
        own = self.site.client_cli("policy")
        self.assertRegex(own, r"variable KEY +masked, by collection wide")
        self.assertRegex(own, r"setting countdown +PT8S, by collection narrow; collection beside")
        # The masked value is in its file and in what the program itself did, and nowhere else.
        exported = self.site.cli("export")
        self.assertIn("secret: licence", exported)
        for text in (exported, described, own):
            self.assertNotIn(SECRET, text)
        holders = [path for path in self.site.state.rglob("*") if path.is_file() and not path.is_symlink()
                   and SECRET.encode() in path.read_bytes()]
        self.assertEqual(sorted(path.name for path in holders), ["licence", "ran"])

    def says_that_settings_conflict(self):
        """Once, and again when something else is in conflict: not at each poll, nor after a restart of the client."""
        def told():
            return [text for text in self.site.cli("get", "status-messages").splitlines() if "11808" in text]
        first = wait_until(told, "the conflict is told")
        self.assertEqual(len(first), 1)
        self.assertRegex(first[0], "countdown is as narrow says and not as beside")
        self.assertNotIn("pollInterval", first[0])
        self.site.kill("client")
        self.site.start("client")
        self.collection("another", "precedence: 5, settings: {restartWithin: PT2H}")
        self.collection("against", "precedence: 5, settings: {restartWithin: PT3H}")
        wait_until(lambda: self.site.client_cli("trigger", "policy") and len(told()) == 2, "the other conflict is told")
        self.assertIn("restartWithin is as another says", told()[0])
        for name in ("another", "against"):
            self.site.cli("delete", "collection", name)
        wait_until(lambda: self.site.client_cli("trigger", "policy") and "another" not in self.site.client_cli("policy"),
                   "they are gone")

    def test_2_values_that_the_signed_entry_does_not_allow_stop_the_program(self):
        self.collection("evil", "precedence: 9, variables: [{name: SERVER, value: 'http://attacker'}]")
        self.deploy("refused", "env", "start: now")
        wait_until(lambda: "M2474" in self.site.step("refused", "policy accepted by the client").get("cause", "")
                   or self.site.client_cli("trigger", "policy") is None, "the refusal")
        self.site.cli("delete", "deployment", "refused")
        self.site.cli("delete", "collection", "evil")
        for spec, says in (("variables: [{name: A, value: x, secret: y}]", "one of value and secret"),
                           ("variables: [{name: A, secret: ../shadow}]", "M1332"),
                           ("settings: {countdown: P2D}", "M1332"), ("settings: {countdwn: PT5M}", "countdown"),
                           ("precedence: 1001", "1000")):
            done = self.collection("bad", spec, ok=False)
            self.assertNotEqual(done.returncode, 0, spec)
            self.assertIn(says, done.stderr)

    def test_3_users_are_told_and_the_program_starts_behind_the_countdown(self):
        terminal = Terminal()
        self.addCleanup(terminal.close)
        self.log_on(terminal)
        deadline = time.time() + 20
        self.deploy("told", "wait", f"start: now, deadline: '{at(20)}', notice: true")
        self.site.wait_software("told", "waiting for its time")
        wait_until(lambda: "This will run in 1 minute at the latest: wait of told 1" in terminal.read(), "the notice")
        self.assertIn("put off until", self.site.client_cli("notices", "later", "told", "PT1H"))
        seen = set()

        def is_done():
            seen.add(self.site.step("told", "program started").get("cause", ""))
            seen.add(state := self.site.software("told")["STATE"])
            return state == "done"
        wait_until(is_done, "it is done")
        self.assertIn("waiting for its users", seen)
        self.assertIn("the device's users are told first, and may save their work", seen)
        self.assertIn("Save your work.", terminal.read())
        self.assertGreaterEqual(int(self.runs("wait")[0][0]), int(deadline) + 8)
        self.assertNotIn("\x1b", terminal.text)

    def test_4_a_user_has_it_now_and_one_who_is_not_logged_on_sees_nothing(self):
        self.deploy("asked", "soon", f"start: now, deadline: '{at(3600)}', notice: true")
        self.site.wait_software("asked", "waiting for its time")
        self.assertRegex(self.site.client_cli("notices"), r"asked +program: soon of told 1")
        self.assertIn("M2451", self.site.client_cli("notices", "now", "other", ok=False).stderr)
        if self.is_real_root():
            self.assertEqual(self.call_as_nobody("notices").returncode, 1, "a stranger is let in")
            with self.sessions.open("ab") as file:
                file.write(session("nobody", "pts/none", 1))
            seen = self.call_as_nobody("notices")
            self.assertIn("asked", seen.stdout, seen.stderr)
            for verb in ("policy", "status", "cache", "trigger", "assign", "noticeboard"):
                self.assertRegex(self.call_as_nobody(verb, "policy").stdout, "M2441|M2470", verb)
            self.assertEqual(self.runs("soon"), [])
            self.assertNotIn("error", json.loads(self.call_as_nobody("notice-now", "asked").stdout))
        else:
            self.site.client_cli("notices", "now", "asked")
        wait_until(lambda: self.runs("soon"), "it runs now")

    def test_5_a_restart_that_a_program_asks_for_waits_for_users_and_outlives_the_client(self):
        terminal = Terminal()
        self.addCleanup(terminal.close)
        self.log_on(terminal)
        self.deploy("needs-restart", "boot", "start: now")
        self.site.wait_software("needs-restart", "done")
        wait_until(lambda: "This machine has to be restarted within 24 hours" in terminal.read(), "the notice")
        wait_until(lambda: self.site.step("needs-restart", "restart of the device").get("nextRetry"), "explain")
        # What is said of the restart is no state of the deployment.
        self.assertIn(self.site.host(), self.site.cli("describe", "deployment", "needs-restart", "--state", "restart-pending"))
        self.assertRegex(self.site.client_cli("status"), r"restart +wanted since")
        self.site.kill("client")
        self.site.start("client")
        wait_until(lambda: "restart: software" in self.site.client_cli("notices", ok=False).stdout, "after a restart of the client")
        if self.is_real_root():
            # One of two users does not take the machine away from the other.
            with self.sessions.open("ab") as file:
                file.write(session("nobody", "pts/none", 1))
            self.assertIn("M2456", self.call_as_nobody("notice-now", "restart").stdout)
            self.assertNotIn("error", json.loads(self.call_as_nobody("notice-later", "restart PT1H").stdout))
            self.assertIn("put off until", self.site.client_cli("notices"))
            # Alone, no user cuts off an installation, nor restarts the machine outside of its windows.
            self.sessions.write_bytes(session("nobody", "pts/none", 1))
            self.deploy("holds", "hold", "start: now")
            self.site.wait_software("holds", "running")
            self.assertIn("M2457", self.call_as_nobody("notice-now", "restart").stdout)
            self.assertIn("M2457", self.site.client_cli("notices", "now", "restart", ok=False).stderr)
            self.site.wait_software("holds", "done")
            self.collection("later", f"maintenanceWindows: [{{name: later, start: '{at(3600)}', duration: PT1H}}]")
            wait_until(lambda: self.site.software("holds") and "later" in self.site.client_cli("policy"), "the window")
            self.assertIn("M2458", self.call_as_nobody("notice-now", "restart").stdout)
            # Somebody is there before the window goes: on an idle machine the restart would begin.
            self.sessions.write_bytes(session("root", terminal.line, os.getpid()))
            self.site.cli("delete", "collection", "later")
        # A program whose deployment is called as the restart is has a name of its own among the notices.
        self.deploy("restart", "soon", f"start: now, deadline: '{at(3600)}', notice: true")
        self.site.wait_software("restart", "waiting for its time")
        # The window goes with the same policy: the restart is told of again when the agent has thought of it.
        own = wait_until(lambda: "restart: software" in (text := self.site.client_cli("notices")) and text, "the restart")
        self.assertRegex(own, r"restart +restart: software")
        self.assertRegex(own, r"P01-[0-9A-F]{6} +program: soon of told 1")
        self.site.cli("delete", "deployment", "restart")
        # restart.allowed is no: the client says what it would need, and asks nothing of the system.
        self.site.client_cli("notices", "now", "restart")
        step = wait_until(lambda: (found := self.site.step("needs-restart", "restart of the device"))
                          and found["state"] == "holds" and found, "by hand")
        self.assertIn("M2454", step["cause"])
        self.assertIn("must be restarted", wait_until(lambda: "must be restarted" in terminal.read() and terminal.text, "told"))

    def as_nobody(self, *words):
        """muster-client as a user of this machine runs it, who knows of no folder of the agent."""
        program = self.open_folder / "muster-client"
        if not program.exists():
            shutil.copy(BIN / "muster-client", program)
        return subprocess.run([program, *words], user=65534, group=65534, extra_groups=[], capture_output=True, text=True,
                              timeout=120, cwd=self.open_folder,
                              env={"MUSTER_NOTICES": str(self.socket), "MUSTER_STATE": str(self.site.state)})

    def test_6_a_logged_on_user_lists_and_installs_what_is_offered_and_nothing_else(self):
        if not self.is_real_root():
            self.skipTest("there is no other user in this namespace")
        self.apply("offered", "Deployment", "offered", "package: told, program: soon, collection: all-systems, "
                   "purpose: available, start: now")
        self.apply("future", "Deployment", "future", "package: told, program: soon, collection: all-systems, "
                   f"purpose: available, start: '{at(3600)}'")
        self.deploy("forced", "soon", f"start: now, deadline: '{at(3600)}'")
        for name in ("offered", "future", "forced"):
            wait_until(lambda: self.site.software(name), name)
        before = len(self.runs("soon"))
        stranger = self.as_nobody("software", "install", "offered")
        self.assertEqual(stranger.returncode, 1)
        self.assertIn("M2453", stranger.stderr)
        self.assertIn("Log on at this machine", stranger.stderr)
        self.sessions.write_bytes(session("nobody", "pts/none", 1))
        listed = self.as_nobody("software", "list")
        self.assertRegex(listed.stdout, r"offered +told +1 +available", listed.stderr)
        for name in ("future", "forced"):
            self.assertNotIn(name, listed.stdout)
            # As of one that does not exist.
            refused = self.as_nobody("software", "install", name).stderr
            self.assertEqual(refused.replace(name, "NAME"),
                             self.as_nobody("software", "install", "none").stderr.replace("none", "NAME"))
            self.assertIn("M2439", refused)
        self.assertIn("purpose: available", refused)
        for words in (("policy",), ("trigger", "inventory"), ("cache",)):
            denied = self.as_nobody(*words)
            self.assertIn("M2441", denied.stderr, words)
            self.assertIn("Run it as root", denied.stderr)
        polls = len(self.site.events("client", "inventory.unchanged")) + len(self.site.events("client", "inventory.reported"))
        installed = self.as_nobody("software", "install", "offered")
        self.assertRegex(installed.stdout, r"offered +told", installed.stderr)
        wait_until(lambda: len(self.runs("soon")) == before + 1, "it runs")
        self.site.wait_software("offered", "done")
        asked = self.site.events("client", "software.user.asked")
        self.assertEqual([(line["uid"], line["deployment"]) for line in asked], [(65534, "offered")])
        # Bytes of strangers stand in no log, and so many requests in an hour are all.
        self.assertIn("M2439", self.call_as_nobody("install", "x\x1b]0;outlandish\n" + "y" * 60000).stdout)
        answers = [self.call_as_nobody("install", "none").stdout for _ in range(20)]
        self.assertIn("M2439", answers[0])
        self.assertIn("M2440", answers[-1])
        self.assertIn("M2440", self.as_nobody("software", "install", "offered").stderr)
        log = self.site.path("client/client.log").read_text()
        self.assertNotIn("outlandish", log)
        refused = self.site.events("client", "software.user.refused")
        self.assertEqual(sum("2440" in json.dumps(line) for line in refused), 1)
        self.assertEqual(len([line for line in refused if "uid=65534" in line["text"]]), 20)
        self.assertEqual(len(self.runs("soon")), before + 1)
        self.assertEqual(polls, len(self.site.events("client", "inventory.unchanged"))
                         + len(self.site.events("client", "inventory.reported")))
        # Root is not counted.
        self.assertIn("offered", self.site.client_cli("software", "install", "offered"))


if __name__ == "__main__":
    unittest.main()
