#!/usr/bin/env python3
"""fleet.visible_p99: from the acknowledged message of a client about its inventory until collections and queries know.

200 devices with the 300 rows of real packages each, beside 1,000 collections that ask for their packages. Every
message is a signed difference of 14 rows that were replaced by newer ones or by older ones, so that each moves its
device in and out of collections; all were made before, and go over kept connections. First they come as fast as they
are answered, then three times at half of that pace. The times are the server's own
(muster_fact_visible_duration_seconds), from the message as the management point got it, which is before it was
acknowledged; the figure is the bound of the histogram under which 99 of 100 lie, so it is never too small.
Senders and server share this machine. Prints "id value unit peer peer_version rounds".
"""
import concurrent.futures
import json
import pathlib
import re
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench/ingest"), str(ROOT / "tests/first_site")]
from ingest import IngestSite, packed  # noqa: E402
from machines import Machines, make_network_card  # noqa: E402
from metrics_of import families  # noqa: E402
from site_under_test import enter_namespace, wait_until  # noqa: E402
from spoken_device import SpokenDevice  # noqa: E402

ID = "fleet.visible_p99"
DEVICES, PACKAGES, COLLECTIONS = 200, 270, 1000
CHANGED_ROWS = 14
AT_ONCE, SECONDS, ROUNDS = 8, 15, 3
GOAL = 0.99
NAME = "muster_fact_visible_duration_seconds"


def buckets(site):
    """How many were visible within so many seconds."""
    family = next(each for each in families(site) if each["name"] == NAME)
    return {float(sample["labels"]["le"]): sample["value"] for sample in family["samples"]
            if sample["name"] == f"{NAME}_bucket"}


def bound(before, after, share):
    total = max(after.values()) - max(before.values())
    return min(le for le in after if after[le] - before[le] >= share * total)


def collection(i, name, version):
    """Who has it older than that version."""
    query = f"InstalledSoftware | where Name == '{name}' and Version < v'{version}'"
    return {"apiVersion": "muster/v1", "kind": "Collection", "metadata": {"name": f"rule-{i}"},
            "spec": {"limitedTo": "all-systems", "rules": [{"query": query}]}}


class Reports:
    """What each device says of itself in two states, and the way from one to the other."""

    def __init__(self, text):
        self.report = json.loads(text)
        self.software = next(each for each in self.report["rows"] if each["class"] == "InstalledSoftware")
        self.device = next(each for each in self.report["rows"] if each["class"] == "Device")
        version = self.software["columns"].index("Version")
        # Neighbours change together, and not all devices change the same.
        rows = self.software["rows"]
        self.newer = [row[:version] + [newer(row[version])] + row[version + 1:] for row in rows]

    def names(self):
        """Of packages, with their newer version."""
        at = [self.software["columns"].index(name) for name in ("Name", "Version")]
        return [(new[at[0]], new[at[1]].split(" ", 1)[1]) for new in self.newer]

    def changed(self, device):
        first = device * CHANGED_ROWS % len(self.newer)
        return [(first + i) % len(self.newer) for i in range(CHANGED_ROWS)]

    def whole(self, device, name, is_newer):
        rows = list(self.software["rows"])
        for i in self.changed(device) if is_newer else ():
            rows[i] = self.newer[i]
        named = [name if column == "Name" else value
                 for column, value in zip(self.device["columns"], self.device["rows"][0])]
        classes = [{**each, "rows": rows} if each is self.software else
                   {**each, "rows": [named]} if each is self.device else each for each in self.report["rows"]]
        return json.dumps({**self.report, "rows": classes}).encode()

    def difference(self, device, base, digest, to_newer):
        old, new = self.software["rows"], self.newer
        gone, come = ([rows[i] for i in self.changed(device)] for rows in ((old, new) if to_newer else (new, old)))
        columns = {"class": "InstalledSoftware", "columns": self.software["columns"]}
        return json.dumps({**self.report, "kind": "delta", "base": base, "digest": digest,
                           "removed": [{**columns, "rows": gone}], "rows": [{**columns, "rows": come}]}).encode()


def newer(version):
    """One that is greater in every scheme."""
    return version + ".1"


class Sender:
    """A device with a kept connection and its messages as they go over it."""

    def __init__(self, spoken):
        self.spoken, self.waiting, self.base = spoken, [], None
        self.connection = spoken.connect()
        if spoken.ask(self.connection)[0] != 200:
            raise SystemExit("a poll was refused")

    def request(self, body):
        message = self.spoken.message("inventory", body, packed(body))
        return (b"POST /mp/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vnd.muster.envelope\r\n"
                b"Muster-Message: inventory\r\nContent-Length: %d\r\n\r\n" % len(message)) + message

    def send(self, request):
        self.connection.sock.sendall(request)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.connection.sock.recv(4096)
        if not answer.startswith(b"HTTP/1.1 204"):
            raise SystemExit(f"a message was answered {answer[:60]}")


def digests(site, senders):
    """Of what the site has of each device."""
    return [site.one("SELECT inventory_digest FROM device WHERE device_id = ?", bytes.fromhex(each.spoken.id))
            for each in senders]


def tell_both_states(site, senders, reports):
    """So that the site's digests of both are known; then all are in the newer one."""
    out = []
    for is_newer in (False, True):
        for i, each in enumerate(senders):
            each.send(each.request(reports.whole(i, each.spoken.name, is_newer)))
        count = len(senders)
        wait_until(lambda: max(buckets(site).values()) >= count * (len(out) + 1), "all inventories are visible", 60)
        out.append(digests(site, senders))
    return out


def make(senders, reports, known, count, is_newer):
    """So many differences of each device, there and back; whether the last one leads to the newer state."""
    for _ in range(count):
        for i, each in enumerate(senders):
            base, digest = known[is_newer][i], known[not is_newer][i]
            each.waiting.append(each.request(reports.difference(i, base, digest, not is_newer)))
        is_newer = not is_newer
    return is_newer


def play(site, senders, count, pace):
    """Sends `count` of each, `pace` in a second or as fast as they are answered; seconds until all are visible."""
    before = max(buckets(site).values())
    start = time.monotonic()

    def lane(first):
        mine = senders[first::AT_ONCE]
        for i in range(count):
            for j, each in enumerate(mine):
                if pace:
                    due = start + ((i * len(mine) + j) * AT_ONCE + first) / pace
                    time.sleep(max(due - time.monotonic(), 0))
                each.send(each.waiting.pop(0))

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lane, range(AT_ONCE)))
    wait_until(lambda: max(buckets(site).values()) >= before + count * len(senders), "all are visible", 60)
    return time.monotonic() - start


def measure(site, report):
    site.begin()
    reports = Reports(report)
    names = [(name, version) for name, version in reports.names() if re.fullmatch(r"[A-Za-z0-9.+_-]+", name)]
    rules = site.path("rules.yaml")
    rules.write_text("---\n".join(json.dumps(collection(i, *names[i % len(names)])) + "\n" for i in range(COLLECTIONS)))
    site.cli("apply", "-f", str(rules))
    senders = [Sender(each) for each in site.enrolled(range(1, DEVICES + 1))]
    known = tell_both_states(site, senders, reports)

    count = 20
    is_newer = make(senders, reports, known, count, True)
    full = count * DEVICES / play(site, senders, count, None)
    half = full / 2
    count = round(half * SECONDS / DEVICES)
    values = []
    for _ in range(ROUNDS):
        is_newer = make(senders, reports, known, count, is_newer)
        before = buckets(site)
        seconds = play(site, senders, count, half)
        after = buckets(site)
        values.append(bound(before, after, GOAL) * 1000)
        print(f"{count * DEVICES} messages in {seconds:.1f} s, {full:.0f} a second at full pace: half within "
              f"{bound(before, after, 0.5) * 1000:.0f} ms, 99 of 100 within {values[-1]:.0f} ms, all within "
              f"{bound(before, after, 1) * 1000:.0f} ms", file=sys.stderr)
    site.check()
    return values


def main():
    if sys.argv[1:] and ID not in sys.argv[1:]:
        return
    enter_namespace()
    make_network_card()
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder, IngestSite() as site:
        report = Machines(pathlib.Path(folder), PACKAGES).report(1, 0.0)
        values = measure(site, report)
    print(f"{ID}\t{statistics.median(values):.0f}\tms\t\t\t{ROUNDS}")


if __name__ == "__main__":
    main()
