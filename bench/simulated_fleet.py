#!/usr/bin/env python3
"""nudge.round_trip_19000, storm.reconnect_19000: a fleet of virtual clients that hold their requests.

The round trip is from the operator's command until every client has looked and its next request is on its way.
Back means that the management point, stopped in order and started, holds a request of every client again.
MUSTER_BENCH_CLIENTS says another number than 19,000; figures of other numbers are printed as notes only.
Prints "id value unit peer peer_version rounds".
"""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/first_site"))
from site_under_test import BIN, Site, enter_namespace, wait_until  # noqa: E402

GOAL_CLIENTS = 19_000
CLIENTS = int(os.environ.get("MUSTER_BENCH_CLIENTS", GOAL_CLIENTS))
ROUNDS = 3
IDS = ("nudge.round_trip_19000", "storm.reconnect_19000")


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) * 1024


def start_site(site):
    """The default's four fifths of 24,000 connections may wait for nudges; polls come hourly, as in the field."""
    file = site.path("site/musterd.yaml")
    file.write_text(re.sub(r"policy\.poll_interval: .*", "policy.poll_interval: PT1H", file.read_text()))
    site.start_site()


def simulate(site, events, *words):
    scenario = site.path("scenario.yaml")
    scenario.write_text(f"name: bench\nclients: {CLIENTS}\nlasts: {events[-1]['at']}\n"
                        f"powerOnOver: PT{max(CLIENTS // 150, 1)}S\nevents: {json.dumps(events)}\n")
    return subprocess.Popen(
        [BIN / "muster-simulate", "--scenario", scenario, "--state", site.path("fleet"), "--management-point",
         "https://127.0.0.1:20443", "--sources", "127.1.0.1", "--server", site.path("site"), "--database",
         site.path("site"), "--result", site.path("result.json"), *words],
        env={**os.environ, "MUSTER_STATE": str(site.state)}, stdout=sys.stderr, stderr=sys.stderr)


def finish(site, process):
    if process.wait() != 0:
        raise SystemExit("the simulation failed")
    return {phase["name"]: phase for phase in json.loads(site.path("result.json").read_text())["phases"]}


def times(phase, kind):
    return next(each for each in phase["answers"] if each["kind"] == kind)


def measure(site):
    site.cli_long("token", "create", "--count", str(CLIENTS), "--output", str(site.path("tokens")))
    trigger = [str(BIN / "muster"), "trigger", "--collection", "all-systems", "policy"]
    flags = [site.path(f"restart-{i}") for i in range(ROUNDS)]
    # Time for the inventories behind the enrolment: what is measured is a fleet at rest.
    events = [{"at": "PT60S", "do": "mark", "name": "rest", "whenConnected": True}]
    for i in range(ROUNDS):
        events.append({"at": f"PT{70 + 15 * i}S", "do": "run", "name": f"nudge-{i}", "whenConnected": True, "command": trigger})
    for i, flag in enumerate(flags):
        at = 70 + 15 * ROUNDS + 10 * i
        events.append({"at": f"PT{at}S", "do": "run", "name": f"restart-{i}", "whenConnected": True, "command": ["touch", str(flag)]})
        events.append({"at": f"PT{at + 9}S", "do": "mark", "name": f"back-{i}", "whenConnected": True})
    process = simulate(site, events, "--tokens", site.path("tokens"))
    held, fresh = [], None
    for flag in flags:
        wait_until(lambda: flag.exists() or process.poll() is not None, "all are connected", 3600)
        # A server that was just started, with and without the connections.
        if fresh is not None:
            held.append((resident(site.processes["site"].pid) - fresh) / CLIENTS)
        site.stop("site")
        site.start("site")
        site.wait_for_site()
        fresh = resident(site.processes["site"].pid)
    return finish(site, process), statistics.median(held)


def main():
    wanted = sys.argv[1:]
    if wanted and not set(wanted) & set(IDS):
        return
    enter_namespace()
    with BenchSite() as site:
        start_site(site)
        phases, bytes_each = measure(site)
    rounds = [times(phases[f"nudge-{i}"], "round") for i in range(ROUNDS)]
    for each in rounds:
        if each["answered"] != CLIENTS:
            raise SystemExit(f"{each['answered']} of {CLIENTS} clients answered")
    storms = [phases[f"restart-{i}"] for i in range(ROUNDS)]
    back = []
    for i, phase in enumerate(storms):
        after = phase.get("connectedAfterS", 0)
        back.append(after if after > 0 else phase["seconds"] + phases[f"back-{i}"].get("connectedAfterS", 0))
    round_trip = statistics.median(each["longestMs"] for each in rounds) / 1000
    print(f"{CLIENTS} clients: round trips {[each['longestMs'] / 1000 for each in rounds]} s, p99 "
          f"{[each['p99Ms'] / 1000 for each in rounds]} s; {bytes_each:.0f} bytes of the server for each connection; "
          f"back after {back} s, handshakes p99 {[times(phase, 'handshake')['p99Ms'] for phase in storms]} ms", file=sys.stderr)
    if CLIENTS != GOAL_CLIENTS:
        return
    print(f"{IDS[0]}\t{round_trip:.2f}\ts\t\t\t{ROUNDS}")
    print(f"{IDS[1]}\t{statistics.median(back):.1f}\ts\t\t\t{ROUNDS}")


class BenchSite(Site):
    """Making thousands of tokens takes longer than a test waits."""

    def cli_long(self, *words):
        subprocess.run([BIN / "muster", *words], env={**os.environ, "MUSTER_STATE": str(self.state)}, check=True,
                       stdout=sys.stderr)


if __name__ == "__main__":
    main()
