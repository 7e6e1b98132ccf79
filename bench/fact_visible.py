#!/usr/bin/env python3
"""fleet.visible_p99_of_patches: from a client's message about its inventory until collections and queries know of it.

2,000 virtual clients beside 1,000 collections of their packages. First all of them are patched at once, then three
times at half the pace at which that went. The pace is what the simulator can play on the core that it has, about
200 machines a second, not what the site can take: fleet.visible_p99 at half of the site's own load wants messages
that were made before. The times are the server's own (muster_fact_visible_duration_seconds), from the message as the management point received it, before it
was acknowledged; the figure is the bound under which 99 of 100 lie, so it is never too small. Simulator and server
share this machine. MUSTER_BENCH_CLIENTS says another number of clients, which is printed as a note only.
Prints "id value unit peer peer_version rounds".
"""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/first_site"))
from metrics_of import families  # noqa: E402
from site_under_test import BIN, Site, enter_namespace, wait_until  # noqa: E402

ID = "fleet.visible_p99_of_patches"
GOAL_CLIENTS = 2000
CLIENTS = int(os.environ.get("MUSTER_BENCH_CLIENTS", GOAL_CLIENTS))
COLLECTIONS = 1000
ROUNDS = 3
GOAL = 0.99
NAME = "muster_fact_visible_duration_seconds"


def buckets(site):
    """How many were visible within so many seconds."""
    family = next(each for each in families(site) if each["name"] == NAME)
    return {float(sample["labels"]["le"]): sample["value"] for sample in family["samples"]
            if sample["name"] == f"{NAME}_bucket"}


def visible(site):
    return max(buckets(site).values())


def bound(before, after, share):
    total = max(after.values()) - max(before.values())
    return min(le for le in after if after[le] - before[le] >= share * total)


def collections(names):
    """Rules for each name in turn: who has it older than some version."""
    def rule(i):
        query = f"InstalledSoftware | where Name == '{names[i % len(names)]}' and Version < v'{1 + i // len(names)}'"
        return {"apiVersion": "muster/v1", "kind": "Collection", "metadata": {"name": f"rule-{i}"},
                "spec": {"limitedTo": "all-systems", "rules": [{"query": query}]}}
    return "---\n".join(json.dumps(rule(i)) + "\n" for i in range(COLLECTIONS))


class Fleet:
    def __init__(self, site):
        self.site, self.enrolled = site, False

    def simulate(self, events, lasts, power_on):
        scenario = self.site.path("scenario.yaml")
        scenario.write_text(f"name: bench\nclients: {CLIENTS}\nlasts: {lasts}\npowerOnOver: {power_on}\nevents: {json.dumps(events)}\n")
        words = [] if self.enrolled else ["--tokens", self.site.path("tokens")]
        self.enrolled = True
        return subprocess.Popen(
            [BIN / "muster-simulate", "--scenario", scenario, "--state", self.site.path("fleet"), "--management-point",
             "https://127.0.0.1:20443", "--sources", "127.1.0.1", "--result", self.site.path("result.json"), *words],
            env={**os.environ, "MUSTER_STATE": str(self.site.state)}, stdout=sys.stderr, stderr=sys.stderr)

    def phases(self, process):
        if process.wait() != 0:
            raise SystemExit("the simulation failed")
        return {each["name"]: each for each in json.loads(self.site.path("result.json").read_text())["phases"]}


def patched(site, fleet, over):
    """Seconds from the first message of a patch until all are visible, their number, and the buckets around it."""
    flag = site.path(f"patch-{time.monotonic_ns()}")
    process = fleet.simulate(
        [{"at": "PT11S", "do": "run", "name": "ready", "whenConnected": True, "command": ["touch", str(flag)]},
         {"at": "PT13S", "do": "patch", "name": "patch", "over": f"PT{over}S"}], f"PT{15 + over}S", "PT10S")
    wait_until(lambda: flag.exists() or process.poll() is not None, "all are connected", 600)
    before = buckets(site)
    start, count = None, max(before.values())
    while process.poll() is None:
        now = visible(site)
        if now > count:
            start = start or time.monotonic()
            count, last = now, time.monotonic()
        time.sleep(0.1)
    fleet.phases(process)
    after = buckets(site)
    return last - start, max(after.values()) - max(before.values()), before, after


def measure(site):
    file = site.path("site/musterd.yaml")
    file.write_text(re.sub(r"policy\.poll_interval: .*", "policy.poll_interval: PT1H", file.read_text()))
    site.start_site()
    fleet = Fleet(site)
    subprocess.run([BIN / "muster", "token", "create", "--count", str(CLIENTS), "--output", str(site.path("tokens"))],
                   env={**os.environ, "MUSTER_STATE": str(site.state)}, check=True, stdout=sys.stderr)
    fleet.phases(fleet.simulate([{"at": "PT5S", "do": "mark", "name": "in", "whenConnected": True}], "PT20S", "PT15S"))
    rows = site.cli("query", "InstalledSoftware | distinct Name", "-o", "csv").splitlines()[1:]
    names = [name for name in rows if re.fullmatch(r"[A-Za-z0-9.+_-]+", name)]
    rules = site.path("rules.yaml")
    rules.write_text(collections(sorted(names)))
    site.cli("apply", "-f", str(rules))

    seconds, count, _, _ = patched(site, fleet, 1)
    full = count / seconds
    over = round(2 * CLIENTS / full + 0.5)
    values = []
    for _ in range(ROUNDS):
        seconds, count, before, after = patched(site, fleet, over)
        values.append(bound(before, after, GOAL) * 1000)
        print(f"{count:.0f} messages in {seconds:.1f} s, {full:.0f} a second at full pace: half within "
              f"{bound(before, after, 0.5) * 1000:.0f} ms, 99 of 100 within {values[-1]:.0f} ms", file=sys.stderr)
    return values


def main():
    if sys.argv[1:] and ID not in sys.argv[1:]:
        return
    enter_namespace()
    with Site() as site:
        values = measure(site)
    if CLIENTS == GOAL_CLIENTS:
        print(f"{ID}\t{statistics.median(values):.0f}\tms\t\t\t{ROUNDS}")


if __name__ == "__main__":
    main()
