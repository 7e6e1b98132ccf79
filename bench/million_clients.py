#!/usr/bin/env python3
"""fleet.million_clients_cpu: the cores that a site takes for a million clients that come once an hour.

Each poll is a new connection on a resumed session of mutual TLS and is answered "unchanged"; each client sends its
inventory whole once a week, with the packages that were updated meanwhile. The site holds all of the devices:
database, fleet index, and a signed policy header for each on the shelf. Of them every fortieth is played
(docs/simulator.md, hold: false), forty times as fast: 25,000 others come before a client comes again, more than the
server's cache of certificates holds.
The CPU is that of musterd and muster-signer; the median of three rounds of a minute.

MUSTER_BENCH_FOLDER keeps the devices (site-N.sqlite, as bench_fleet_durable makes it: a million takes a quarter of an
hour) and a site that has started with them (started-N, for a week: the first start signs a million headers); nothing
there is changed. MUSTER_BENCH_CLIENTS says another number of devices than 1,000,000; figures of other numbers are
notes. Wants 15 GB of disk and 8 GB of memory. Prints "id value unit peer peer_version rounds".
"""
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench/ingest"), str(ROOT / "tests/first_site")]
import metrics_of  # noqa: E402
from process_tree import cpu_seconds  # noqa: E402
from site_under_test import BIN, Site, enter_namespace, wait_until  # noqa: E402

ID = "fleet.million_clients_cpu"
GOAL_DEVICES = 1_000_000
DEVICES = int(os.environ.get("MUSTER_BENCH_CLIENTS", GOAL_DEVICES))
PACE = 40
HOUR, WEEK = 3600, 7 * 24 * 3600
# In a cycle each played client polls once. All are switched on over several: what comes first (a whole handshake,
# trust, policy, inventory) costs both ends far more than what is measured.
SWITCHING_ON = 3 * HOUR // PACE
ROUNDS, ROUND = 3, 60
MANY_INVENTORIES = 1000  # in a minute: what one costs is told from these
REST = 20


def say(text):
    print(text, file=sys.stderr, flush=True)


class Step:
    """Says how long a part took."""

    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.began = time.monotonic()

    def __exit__(self, *unused):
        say(f"{time.monotonic() - self.began:.1f} s: {self.what}")


def fleet_file(folder):
    """A site database with the devices and their rows; beside it is their fleet index."""
    file = folder / f"site-{DEVICES}.sqlite"
    if not file.exists():
        with Step(f"{DEVICES} devices were made"):
            subprocess.run([BIN / "bench_fleet_durable"], check=True, stdout=sys.stderr, env={
                **os.environ, "MUSTER_BENCH_FOLDER": str(folder), "MUSTER_DEVICES": str(DEVICES), "MUSTER_RULES": "0"})
    return file


def memory(pid):
    """Resident bytes: now, and the most so far."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return [int(re.search(rf"{name}:\s+(\d+)", text).group(1)) * 1024 for name in ("VmRSS", "VmHWM")]


class MillionSite(Site):
    def roots(self):
        return [self.processes[name].pid for name in ("site", "signer")]

    def say_figures(self, when):
        """Returns the resident bytes."""
        now, most = zip(*map(memory, self.roots()))
        say(f"{when}: musterd {now[0] / 1e9:.2f} GB (at most {most[0] / 1e9:.2f}), signer {now[1] / 1e9:.2f} GB "
            f"(at most {most[1] / 1e9:.2f}); {cpu_seconds(self.roots()):.1f} s of CPU")
        return sum(now)

    def answers(self):
        if self.processes["site"].poll() is not None:
            raise SystemExit(f"musterd ended: {self.path('site.output').read_text()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", 28443)) == 0

    def start_both(self):
        self.start("signer")
        self.cli("site", "wait", "signer")
        self.start("site")
        wait_until(self.answers, "the site answers", 2 * HOUR)

    def stop_both(self):
        for name in ("site", "signer"):
            process = self.processes.pop(name)
            process.terminate()
            process.wait(timeout=HOUR)

    def start_first(self, fleet, kept):
        """A site that has these devices from its first day; what it is then is kept."""
        file = self.path("site/musterd.yaml")
        file.write_text(re.sub(r"policy\.poll_interval: .*", "policy.poll_interval: PT1H", file.read_text()))
        shutil.copyfile(fleet, self.path("site/site.db"))
        with Step("the fleet index became the site's"):
            subprocess.run([BIN / "bench_million_snapshot", fleet.with_name(f"fleet-{DEVICES}.snapshot"),
                            self.path("site/site.db"), self.path("site/fleet.snapshot")], check=True)
        with Step("first start: the site signs a header for each device"):
            self.start_both()
        self.say_figures("after the first start")
        with Step("stop: the site writes a snapshot of its fleet index"):
            self.stop_both()
        part = kept.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(self.state, part, ignore=shutil.ignore_patterns("*.sock"))
        part.rename(kept)

    def become(self, kept):
        """The site that stands there, in the state folder of this one."""
        former = re.search(r"^state: (.*)/site$", (kept / "site/musterd.yaml").read_text(), re.M).group(1)
        shutil.rmtree(self.state)
        shutil.copytree(kept, self.state)
        for name in ("site/musterd.yaml", "operator/context.yaml", "client/client.yaml"):
            file = self.path(name)
            file.write_text(file.read_text().replace(former, str(self.state)))

    def begin(self, folder):
        kept = folder / f"started-{DEVICES}"
        if kept.exists() and time.time() - (kept / "site/site.db").stat().st_mtime > WEEK:
            shutil.rmtree(kept)  # its headers would be made anew while the bench runs
        if not kept.exists():
            self.start_first(fleet_file(folder), kept)
        self.become(kept)
        with Step("start with headers and snapshot"):
            self.start_both()
        self.cli("login")
        self.say_figures("after the start")
        before = cpu_seconds(self.roots())
        time.sleep(REST)
        say(f"at rest: {(cpu_seconds(self.roots()) - before) / REST:.3f} cores")

    def make_identities(self):
        """Of every fortieth device, in the folder of muster-simulate."""
        with sqlite3.connect(f"file:{self.path('site/site.db')}?mode=ro", uri=True) as database:
            ids = [row[0].hex() for row in database.execute(
                "SELECT device_id FROM device WHERE number % ? = 0 ORDER BY number", (PACE,))]
        token = self.path("token")
        self.cli("token", "create", "--output", str(token))
        subprocess.run([BIN / "bench_million_identities", self.path("signer"), token, self.path("fleet")], check=True,
                       input="\n".join(ids), text=True)
        return len(ids)


def play(site, played):
    """The phases of the run, by name."""
    # From then on they come as evenly as they were switched on.
    first = SWITCHING_ON + ROUND // 2
    inventories = max(round(DEVICES / WEEK * ROUND), 1)
    updated = {"do": "patch", "whole": True, "over": f"PT{ROUND}S"}
    events = [{**updated, "at": f"PT{first + i * ROUND}S", "name": f"round-{i}", "count": inventories}
              for i in range(ROUNDS)]
    behind = first + ROUNDS * ROUND
    # Some of a phase's inventories are answered in the next one.
    events += [{"at": f"PT{behind}S", "do": "mark", "name": "pause"},
               {"at": f"PT{behind + 5}S", "do": "mark", "name": "polls"},
               {**updated, "at": f"PT{behind + 5 + ROUND}S", "name": "inventories",
                "count": min(MANY_INVENTORIES, played)}]
    site.path("scenario.yaml").write_text(
        f"name: bench\nclients: {played}\nlasts: PT{behind + 15 + 2 * ROUND}S\npace: {PACE}\nhold: false\n"
        f"powerOnOver: PT{SWITCHING_ON}S\nevents: {json.dumps(events)}\n")
    process = subprocess.Popen(
        [BIN / "muster-simulate", "--scenario", site.path("scenario.yaml"), "--state", site.path("fleet"),
         "--management-point", "https://127.0.0.1:20443", "--sources", "127.1.0.1", "--server", site.path("site"),
         "--server", site.path("signer"), "--result", site.path("result.json")], stdout=sys.stderr, stderr=sys.stderr)
    _, status, use = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit("the simulation failed")
    say(f"the simulator: {use.ru_maxrss * 1024 / played:.0f} bytes a client")
    return {phase["name"]: phase for phase in json.loads(site.path("result.json").read_text())["phases"]}


def times(phase, kind):
    none = {"answered": 0, "failed": 0, "p50Ms": 0, "p99Ms": 0}
    return next((each for each in phase["answers"] if each["kind"] == kind), none)


def say_phase(name, phase):
    failed = sum(each["failed"] for each in phase["answers"])
    polls = times(phase, "poll")["answered"]
    say(f"{name}: {polls} polls, {times(phase, 'message')['answered']} inventories, {failed} failures, "
        f"{phase['resumedHandshakes']} handshakes resumed, {phase['fullHandshakes']} whole; "
        f"polls p50 {times(phase, 'poll')['p50Ms']} p99 {times(phase, 'poll')['p99Ms']} ms, inventories p50 "
        f"{times(phase, 'message')['p50Ms']} p99 {times(phase, 'message')['p99Ms']} ms; "
        f"{phase['serverCpuS'] / phase['seconds']:.3f} cores")


def check(phase):
    """Everything was asked, answered, and on resumed sessions."""
    polls = times(phase, "poll")["answered"]
    wanted = DEVICES / HOUR * phase["seconds"]
    if any(each["failed"] for each in phase["answers"]):
        raise SystemExit(f"failures: {[each for each in phase['answers'] if each['failed']]}")
    # A server that is kept from its work asks its clients to come less often.
    if polls < 0.95 * wanted:
        raise SystemExit(f"{polls} polls where {wanted:.0f} were wanted: was the machine busy with other things?")
    if phase["fullHandshakes"] > 0 or phase["resumedHandshakes"] < polls:
        raise SystemExit("sessions were not resumed")


def main():
    if len(sys.argv) > 1 and ID not in sys.argv[1:]:
        return
    enter_namespace()
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as own, MillionSite() as site:
        site.begin(pathlib.Path(os.environ.get("MUSTER_BENCH_FOLDER", own)))
        with Step("the identities of those that are played were made"):
            played = site.make_identities()
        phases = play(site, played)
        rounds = [phases[f"round-{i}"] for i in range(ROUNDS)]
        measured = {name: phase for name, phase in phases.items() if name.startswith("round") or name == "polls"}
        for name, phase in measured.items():
            say_phase(name, phase)
        for phase in measured.values():
            check(phase)
        resident = site.say_figures("at the end")
        if metrics_of.value(site, "muster_messages_quarantined_total"):
            raise SystemExit("messages were quarantined")
    value = statistics.median(phase["serverCpuS"] / phase["seconds"] for phase in rounds)
    polls, many = phases["polls"], phases["inventories"]
    poll = polls["serverCpuS"] / times(polls, "poll")["answered"]
    inventory = (many["serverCpuS"] - poll * times(many, "poll")["answered"]) / times(many, "message")["answered"]
    say(f"{DEVICES} devices, {DEVICES / HOUR:.0f} polls/s, {DEVICES / WEEK:.2f} inventories/s: {value:.3f} cores, "
        f"{resident / 1e9:.2f} GB; {poll * 1e3:.2f} ms a poll, {inventory * 1e3:.2f} ms an inventory")
    if DEVICES == GOAL_DEVICES:
        print(f"{ID}\t{value:.3f}\tcores\t\t\t{ROUNDS}")


if __name__ == "__main__":
    main()
