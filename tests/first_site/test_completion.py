"""Completion in a real bash, and the manual pages before a reader that is not ours."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from site_under_test import BIN, ROOT, Site

SHELLS = ("bash", "zsh", "fish")


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.site.start_all()
        cls.site.cli("apply", "-f", str(ROOT / "examples/first/first.yaml"))

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def complete(self, *words, cwd=None):
        """What bash would offer for the last word."""
        script = ('source <(muster completion bash); complete -p muster >&2; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                  '_muster; printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", "muster", *words], capture_output=True, text=True, cwd=cwd, timeout=60,
                              env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "MUSTER_STATE": str(self.site.state)})
        self.assertEqual((done.returncode, done.stderr.strip()), (0, "complete -F _muster muster"))
        return done.stdout.split()

    def test_1_verbs_kinds_options_and_choices(self):
        verbs = self.complete("")
        for verb in ("apply", "diff", "doctor", "export", "get", "trace"):
            self.assertIn(verb, verbs)
        self.assertNotIn("complete", verbs)
        self.assertEqual(self.complete("de"), ["delete", "describe"])
        self.assertEqual(self.complete("get", "d"), ["deployments", "devices"])
        self.assertEqual(self.complete("export", ""), ["boundaries", "collections", "deployments", "file-collections",
                                                       "inventory-classes", "packages"])
        self.assertEqual(self.complete("trace", "--l"), ["--level"])
        self.assertEqual(self.complete("get", "devices", "-o", "j"), ["json"])
        self.assertEqual(self.complete("trace", "--level", ""), ["debug", "error", "info", "warning"])
        self.assertEqual(self.complete("approve", ""), ["device", "operator"])
        self.assertEqual(self.complete("nonsense", "x"), [])

    def test_2_names_of_objects_and_devices_come_from_the_site(self):
        self.assertEqual(self.complete("get", "packages", ""), ["hello"])
        self.assertEqual(self.complete("describe", "collection", "deb"), ["debian-machines"])
        self.assertEqual(self.complete("get", "packages", "x"), [])
        host = self.site.host()
        self.assertEqual(self.complete("explain", host[:1]), [host])
        self.assertEqual(self.complete("explain", host, ""), ["hello-everywhere"])
        self.assertEqual(self.complete("block", "device", ""), [host])
        self.assertEqual(self.complete("trigger", ""), [host])
        self.assertEqual(self.complete("trigger", host, ""), ["files", "heartbeat", "inventory", "policy"])
        self.assertEqual(self.complete("get", "policy", ""), [host])

    def test_3_files_where_files_are_wanted(self):
        self.assertEqual(self.complete("apply", "-f", "first.y", cwd=ROOT / "examples/first"), ["first.yaml"])

    def test_4_each_shell_takes_its_script(self):
        for shell in SHELLS:
            script = self.site.cli("completion", shell)
            self.assertIn("muster", script)
            if shutil.which(shell):
                done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), shell)
        self.assertEqual(self.site.cli("completion", "tcsh", ok=False).returncode, 2)


class Manual(unittest.TestCase):
    def test_every_verb_has_a_page_that_mandoc_has_nothing_to_say_about(self):
        env = {**os.environ, "MUSTER_STATE": "/nowhere"}
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([BIN / "muster", "manual", folder], check=True, env=env)
            pages = sorted(pathlib.Path(folder).glob("man?/*"))
            names = {page.name for page in pages}
            help_text = subprocess.run([BIN / "muster", "--help"], capture_output=True, text=True, env=env).stdout
            verbs = [line.split()[0] for line in help_text.split("Subcommands:")[1].splitlines() if line.startswith("  ") and line[2] != " "]
            self.assertGreater(len(verbs), 15)
            self.assertEqual(names, {"muster.1", "muster-settings.5", *(f"muster-{verb}.1" for verb in verbs)})
            for page in pages:
                done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(page)], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), page.name)
            shown = subprocess.run(["mandoc", "-Tascii", f"{folder}/man1/muster-apply.1"], capture_output=True, text=True).stdout
            plain = subprocess.run(["col", "-b"], input=shown, capture_output=True, text=True).stdout if shutil.which("col") else shown
            for wanted in ("--prune", "--dry-run", "--set"):
                self.assertIn(wanted, plain)
            settings = pathlib.Path(folder, "man5/muster-settings.5").read_text()
            for name in ("log.format", "policy.poll_interval", "cache.size_limit", "ports.https"):
                self.assertIn(f".B {name}\n", settings)
            built = BIN.parent / "share/man/man1/muster.1"
            if BIN == ROOT / "build/release/bin":
                self.assertEqual(built.read_text(), pathlib.Path(folder, "man1/muster.1").read_text())


if __name__ == "__main__":
    unittest.main()
