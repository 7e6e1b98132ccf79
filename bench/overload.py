#!/usr/bin/env python3
"""What a site does beyond its capacity: musterd in a control group of 0.2 CPU.

overload.hostile_p99: the ratio of other clients' p99 (poll of a kept connection) beside one client that makes
1,000 requests a second to that without it, the worst of three kinds: polls, the same message, new connections; once
the client has used up what anybody may bring at once after a rest.
overload.goodput: messages taken at ten times what it can take, against what it takes at its best.
overload.revocation: seconds from `muster block` to the first 403 of the device's kept connection at that load.
Prints "id value unit peer peer_version rounds". The control group's period is 10 ms: with the usual 100 ms
a process that has used its 20 ms stands still for 80, and every p99 is that.
"""
import multiprocessing
import os
import pathlib
import socket
import ssl
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/first_site"))
from metrics_of import value  # noqa: E402
from site_under_test import Site, wait_until  # noqa: E402
from spoken_device import HTTPS, SpokenDevice  # noqa: E402

IDS = ("overload.hostile_p99", "overload.goodput", "overload.revocation")
CPU = 0.2
PERIOD_US = 10_000
ROUNDS = 3
SECONDS = 8
LEAD = 12  # in which the hostile client uses up what it may bring at once


class ControlGroup:
    """A folder of the cpu controller, of version 2 or 1; None where there is none to write to."""

    def __init__(self):
        self.folder = None
        for top, second in ((pathlib.Path("/sys/fs/cgroup"), True), (pathlib.Path("/sys/fs/cgroup/cpu"), False)):
            folder = top / f"muster-bench-{os.getpid()}"
            try:
                if second and "cpu" not in (top / "cgroup.subtree_control").read_text().split():
                    continue
                folder.mkdir()
                quota = int(CPU * PERIOD_US)
                if second:
                    (folder / "cpu.max").write_text(f"{quota} {PERIOD_US}")
                else:
                    (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                    (folder / "cpu.cfs_quota_us").write_text(str(quota))
                self.folder = folder
                return
            except OSError:
                continue
        raise SystemExit("no control group with a CPU controller can be made here: run as root")

    def add(self, pid):
        (self.folder / "cgroup.procs").write_text(str(pid))

    def remove(self):
        wait_until(lambda: not (self.folder / "cgroup.procs").read_text(), "the control group is empty", 30)
        self.folder.rmdir()


class Wire:
    """A kept TLS connection that sends requests as they are and reads statuses."""

    def __init__(self, ca, identity=None, source="127.0.0.1", timeout=30):
        context = ssl.create_default_context(cafile=ca)
        if identity:
            context.load_cert_chain(identity)
        raw = socket.create_connection(("127.0.0.1", HTTPS), timeout=timeout, source_address=(source, 0))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname="127.0.0.1")
        self.rest = b""

    def ask(self, request):
        self.socket.sendall(request)
        while b"\r\n\r\n" not in self.rest:
            got = self.socket.recv(65536)
            if not got:
                raise ConnectionError("closed")
            self.rest += got
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        fields = head.lower()
        at = fields.find(b"content-length:")
        status = int(head[9:12])
        size = int(fields[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 and status not in (204, 304) else 0
        while len(self.rest) < size:
            self.rest += self.socket.recv(65536)
        self.rest = self.rest[size:]
        return status

    def close(self):
        self.socket.close()


def poll(path="/mp/policy"):
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(message, kind="status"):
    return (f"POST /mp/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nMuster-Message: {kind}\r\n"
            f"Content-Length: {len(message)}\r\n\r\n").encode() + message


def pace(rate, seconds, work):
    """Calls work() `rate` times a second, late ones at once; how often it did."""
    begun, done = time.monotonic(), 0
    while (now := time.monotonic()) < begun + seconds:
        if done < (now - begun) * rate:
            work()
            done += 1
        else:
            time.sleep(min(0.001, 1 / rate))
    return done


# Others: each polls 10 times a second on its connection.
def others(ca, identities, seconds, out):
    times, failures, lock = [], [0], threading.Lock()

    def one(identity):
        wire = Wire(ca, identity)
        own = []

        def work():
            begun = time.monotonic()
            status = wire.ask(poll())
            if status == 200:
                own.append(time.monotonic() - begun)
            else:
                failures[0] += 1
        pace(10, seconds, work)
        with lock:
            times.extend(own)

    crowd = [threading.Thread(target=one, args=(identity,)) for identity in identities]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    times.sort()
    out.put((times[int(len(times) * 0.99)], statistics.median(times), len(times), failures[0]))


def hostile(kind, ca, identity, message, seconds, out):
    """Tries 1,000 requests a second over 32 connections, each new one for the third kind."""
    counts, lock = {}, threading.Lock()

    def note(what):
        with lock:
            counts[what] = counts.get(what, 0) + 1

    def one():
        wire = None

        def work():
            nonlocal wire
            try:
                if kind == "connections":
                    Wire(ca, source="127.0.0.2", timeout=2).close()
                    return note("connected")
                if wire is None:
                    wire = Wire(ca, identity, source="127.0.0.2", timeout=10)
                note(wire.ask(poll() if kind == "polls" else post(message)))
            except (OSError, ConnectionError):
                wire = None
                note("failed")
        pace(1000 / 32, seconds, work)

    crowd = [threading.Thread(target=one) for _ in range(32)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    out.put(counts)


def senders(ca, jobs, seconds, rate, out):
    """`jobs`: per connection an identity and its messages in order. Goes round them at `rate`, or as fast as answered."""
    counts, lock = {}, threading.Lock()

    def one(identity, requests):
        left = iter(requests)
        own, wire = {}, None

        def work():
            nonlocal wire
            try:
                if wire is None:
                    wire = Wire(ca, identity)
                status = wire.ask(next(left))
            except StopIteration:
                status = "spent"
                time.sleep(0.05)
            except (OSError, ConnectionError):
                wire, status = None, "failed"
            own[status] = own.get(status, 0) + 1
        pace(rate / len(jobs) if rate else 10_000, seconds, work)
        with lock:
            for status, count in own.items():
                counts[status] = counts.get(status, 0) + count

    crowd = [threading.Thread(target=one, args=job) for job in jobs]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    out.put(counts)


def start(work, *arguments):
    out = multiprocessing.Queue()
    process = multiprocessing.Process(target=work, args=(*arguments, out))
    process.start()
    return process, out


def finish(started):
    process, out = started
    answer = out.get(timeout=300)
    process.join()
    return answer


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def bench_hostile(site, ca, honest, enemy):
    worst = 0
    message = enemy.message()
    for kind in ("polls", "message", "connections"):
        ratios = []
        for _ in range(ROUNDS):
            alone = finish(start(others, ca, [each.file for each in honest], SECONDS))
            beside = start(hostile, kind, ca, enemy.file, message, LEAD + SECONDS + 1)
            time.sleep(LEAD)
            crowd = finish(start(others, ca, [each.file for each in honest], SECONDS))
            counts = finish(beside)
            ratios.append(crowd[0] / alone[0])
            say(f"{kind}: p99 {alone[0] * 1000:.1f} ms alone, {crowd[0] * 1000:.1f} beside (medians {alone[1] * 1000:.1f}, "
                f"{crowd[1] * 1000:.1f}), others not answered {alone[3]}, {crowd[3]}; hostile {counts}")
        say(f"{kind}: ratio {statistics.median(ratios):.2f}")
        worst = max(worst, statistics.median(ratios))
    print(f"{IDS[0]}\t{worst:.2f}\tratio\t\t\t{ROUNDS}", flush=True)


def jobs_of(devices, connections, messages):
    """Each connection has a stream of its own, or its messages would overtake each other's."""
    out = []
    for i in range(connections):
        device = devices[i % len(devices)]
        device.stream, device.sequence = os.urandom(16).hex(), 0
        out.append((device.file, [post(device.message()) for _ in range(messages)]))
    return out


def bench_overload(site, ca, devices, victim):
    best = finish(start(senders, ca, jobs_of(devices, 16, 400), SECONDS, 0))
    capacity = best.get(204, 0) / SECONDS
    say(f"capacity {capacity:.0f} messages a second: {best}")
    rate = capacity * 10
    seconds = 2 * SECONDS
    parts = [jobs_of(devices, 32, int(rate * seconds / 64) + 1) for _ in range(2)]
    stop, blocked = threading.Event(), []
    kept = Wire(ca, victim.file)
    load = [start(senders, ca, part, seconds, rate / 2) for part in parts]
    time.sleep(seconds / 2)

    def watch():
        while not stop.is_set():
            if kept.ask(poll()) == 403:
                blocked.append(time.monotonic())
                return
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.monotonic()
    site.cli("block", "device", victim.name)
    watcher.join(30)
    stop.set()
    counts = {}
    for each in load:
        for status, count in finish(each).items():
            counts[status] = counts.get(status, 0) + count
    offered = sum(count for status, count in counts.items() if status != "spent") / seconds
    goodput = counts.get(204, 0) / seconds / capacity
    say(f"offered {offered:.0f} a second ({offered / capacity:.1f} times), taken {counts.get(204, 0) / seconds:.0f}: {counts}")
    if blocked:
        say(f"revoked after {blocked[0] - begun:.2f} s")
    say(f"stretch {value(site, 'muster_admission_stretch_ratio')}, resident "
        f"{value(site, 'process_resident_memory_bytes') / 2**20:.0f} MiB")
    if offered < 8 * capacity:
        return say("no figure: the generator did not outrun the site ten times; this machine has too little left for it")
    print(f"{IDS[1]}\t{goodput:.2f}\tratio\t\t\t1")
    if blocked:
        print(f"{IDS[2]}\t{blocked[0] - begun:.2f}\ts\t\t\t1", flush=True)


def main():
    if len(sys.argv) > 1 and not set(IDS) & set(sys.argv[1:]):
        return
    wanted = set(sys.argv[1:]) or set(IDS)
    group = ControlGroup()
    site = Site()
    try:
        site.start_all()
        site.stop("client")
        devices = [SpokenDevice(site, f"device{i}") for i in range(10)]
        for each in devices:
            wait_until(lambda: each.poll() == 200, "its policy")
        # All of the load comes from few identities: at overload the limit is the site's, not theirs.
        ca = str(site.path("operator/ca.pem"))
        group.add(site.processes["site"].pid)
        if IDS[0] in wanted:
            bench_hostile(site, ca, devices[:8], devices[8])
        if wanted & set(IDS[1:]):
            site.stop("site")
            # A connection that waits offers nothing: with a second's wait ten times the load takes a thousand.
            site.configure("site", http__device_rate=1000000, http__longest_wait="PT0.05S")
            site.start("site")
            site.wait_for_site()
            site.cli("login")
            group.add(site.processes["site"].pid)
            bench_overload(site, ca, devices[:9], devices[9])
    finally:
        site.close()
        group.remove()


if __name__ == "__main__":
    main()
