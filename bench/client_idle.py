#!/usr/bin/env python3
"""client.idle_rss, client.idle_pss, client.idle_private: the client's memory when it has enrolled, followed its
policy, sent its first full inventory and waits, one TLS connection to the management point held.

Read from /proc/PID/smaps_rollup; the programs' files are written to disk before, so that pages of a file that was
just built do not count as private dirty ones. Prints "id value unit peer peer_version rounds".
"""
import os
import pathlib
import re
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/first_site"))
from site_under_test import Site, enter_namespace, wait_until  # noqa: E402

ROUNDS = 3
QUIET_SECONDS = 10
IDS = {"client.idle_rss": "Rss", "client.idle_pss": "Pss", "client.idle_private": "Private_Dirty"}


def memory(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return {key: int(re.search(rf"^{key}:\s+(\d+) kB", text, re.M).group(1)) / 1024 for key in IDS.values()}


def connections(pid):
    """Established TCP connections of the process."""
    inodes = set()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        if found := re.match(r"socket:\[(\d+)\]", os.readlink(entry)):
            inodes.add(found.group(1))
    rows = [line.split() for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return sum(1 for row in rows if row[3] == "01" and row[9] in inodes)


def one_round():
    with Site() as site:
        # Polls come hourly, as in the field: a trial's are closer than connections are kept.
        file = site.path("site/musterd.yaml")
        file.write_text(re.sub(r"policy\.poll_interval: .*", "policy.poll_interval: PT1H", file.read_text()))
        site.start_all()
        pid = site.processes["client"].pid
        wait_until(lambda: site.events("client", "inventory.reported"), "the first inventory")
        # The others are kept for a minute, for what may follow.
        wait_until(lambda: connections(pid) == 1, "the client holds one connection alone", 120)
        time.sleep(QUIET_SECONDS)  # a bench: what is measured is that nothing happens
        if connections(pid) != 1:
            raise SystemExit(f"the client holds {connections(pid)} connections")
        return memory(pid)


def main():
    wanted = sys.argv[1:]
    if wanted and not set(wanted) & set(IDS):
        return
    enter_namespace()
    os.sync()
    rounds = [one_round() for _ in range(ROUNDS)]
    for name, key in IDS.items():
        print(f"{name}\t{statistics.median(each[key] for each in rounds):.2f}\tMB\t\t\t{ROUNDS}")


if __name__ == "__main__":
    main()
