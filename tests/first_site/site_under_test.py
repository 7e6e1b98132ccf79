"""A trial site for tests: its programs as processes, in a state folder of its own.

All tests of a run share one network namespace (run.sh makes it), so the ports are free.
"""
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("MUSTER_BIN", ROOT / "build/release/bin"))


def wait_until(check, what, seconds=60):
    """Polls an observable event with a deadline."""
    limit = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > limit:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.05)


def enter_namespace():
    """This program begins anew in a network namespace of its own, unless it is in one."""
    if os.environ.get("MUSTER_IN_NAMESPACE") != "yes":
        os.environ["MUSTER_IN_NAMESPACE"] = "yes"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def die_with_me():
    """In a child: a killed test run leaves no program behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Site:
    def __init__(self, poll="PT1M", address="127.0.0.1"):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="muster-test-"))
        self.processes = {}
        self.cli("site", "create", "--code", "P01", "--profile", "unprivileged", "--address", address)

    def path(self, *parts):
        return self.state.joinpath(*parts)

    def cli(self, *words, ok=True, env=None):
        """Runs muster; returns its output."""
        done = subprocess.run(
            [BIN / "muster", *words],
            env={**os.environ, "MUSTER_STATE": str(self.state), **(env or {})},
            capture_output=True, text=True, timeout=120)
        if ok and done.returncode != 0:
            raise AssertionError(f"muster {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout if ok else done

    def client_cli(self, *words, ok=True):
        """Runs muster-client beside the agent of this site; returns its output."""
        done = subprocess.run([BIN / "muster-client", "--state", self.path("client"), *words],
                              capture_output=True, text=True, timeout=120)
        if ok and done.returncode != 0:
            raise AssertionError(f"muster-client {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout if ok else done

    def software(self, name):
        """The client's row of a deployment, by the policy that the site has now."""
        self.client_cli("trigger", "policy")
        answer = json.loads(self.client_cli("-o", "json", "software", "list"))
        rows = [dict(zip(answer["columns"], row)) for row in answer["rows"]]
        return next((row for row in rows if row["NAME"] == name), None)

    def wait_software(self, name, state):
        return wait_until(lambda: (row := self.software(name)) and row["STATE"] == state and row, f"{name}: {state}")

    def step(self, deployment, name):
        """A step of the explanation of a deployment on this machine."""
        steps = self.json("explain", self.host(), deployment)["steps"]
        return next((step for step in steps if step["step"] == name), {})

    def json(self, *words):
        return json.loads(self.cli(*words, "-o", "json"))

    def start(self, name):
        command = {
            "signer": [BIN / "muster-signer", "--state", self.path("signer")],
            "site": [BIN / "musterd", "--config", self.path("site/musterd.yaml")],
            "client": [BIN / "muster-client", "--config", self.path("client/client.yaml")],
        }[name]
        with open(self.path(f"{name}.output"), "ab") as output:
            self.processes[name] = subprocess.Popen(command, stdout=output, stderr=output, cwd=self.state,
                                                    preexec_fn=die_with_me)
        return self.processes[name]

    def start_client_with_packages(self, status):
        """The client sees another package database (the text of dpkg's status file), by a mount of its own."""
        if "client" in self.processes:
            self.stop("client")
        file = self.path("dpkg-status")
        file.write_text(status, encoding="utf-8")
        with open(self.path("client.output"), "ab") as output:
            self.processes["client"] = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", 'mount --bind "$1" /var/lib/dpkg/status && exec "$2" --config "$3"', "sh",
                 str(file), str(BIN / "muster-client"), str(self.path("client/client.yaml"))],
                stdout=output, stderr=output, cwd=self.state, preexec_fn=die_with_me)

    def configure(self, name, **settings):
        """Puts settings into the file of the site or the client, as an administrator does; '__' stands for '.'."""
        file = self.path({"site": "site/musterd.yaml", "client": "client/client.yaml"}[name])
        lines = "".join(f"  {key.replace('__', '.')}: {json.dumps(value)}\n" for key, value in settings.items())
        text = file.read_text()
        if not re.search(r"^settings:$", text, re.M):
            text = re.sub(r"^settings:.*\n", "", text, flags=re.M) + "settings:\n"
        file.write_text(re.sub(r"^settings:\n", lambda _: "settings:\n" + lines, text, flags=re.M))

    def start_site(self):
        self.start("signer")
        self.cli("site", "wait", "signer")
        self.start("site")
        self.wait_for_site()
        self.cli("login")

    def wait_for_site(self):
        def answers():
            process = self.processes["site"]
            if process.poll() is not None:
                raise AssertionError(f"musterd ended: {self.path('site.output').read_text()}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", 28443)) == 0
        wait_until(answers, "the site")

    def start_all(self):
        self.start_site()
        self.cli("token", "create", "--output", str(self.path("client/token")))
        self.start("client")
        self.cli("site", "wait", "device", self.host())

    def host(self):
        return pathlib.Path("/proc/sys/kernel/hostname").read_text().strip().split(".")[0]

    def kill(self, name):
        """kill -9, as a power cut or the kernel does."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self, name):
        process = self.processes.pop(name)
        process.terminate()
        process.wait(timeout=30)
        return process.returncode

    def log(self, name):
        file = {"site": "site/musterd.log", "client": "client/client.log", "signer": "signer/signer.log"}[name]
        path = self.path(file)
        if not path.exists():
            return []
        out = []
        for line in path.read_text().splitlines():
            try:
                out.append(json.loads(line))
            except ValueError:
                pass  # a line that kill -9 cut off
        return out

    def events(self, name, event):
        return [line for line in self.log(name) if line["event"] == event]

    def close(self):
        for name in list(self.processes):
            self.processes[name].kill()
            self.processes[name].wait()
        shutil.rmtree(self.state, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
