#!/usr/bin/env python3
"""ingest.*: what a full inventory costs the server, beside OCS Inventory's and beside tables of instances.

ingest.new_vs_ocs_server: CPU-seconds for a new machine's inventory of 1,700 packages, over the OCS server's. Each
machine is looked at by both agents; a twentieth of its packages have versions that no other machine has, all else is
known to both servers. Ours comes over a new connection with its handshake, of an enrolled device; theirs is the whole
contact of its real agent, over plain HTTP.
ingest.unchanged_vs_ocs: the same where nothing has changed. Our real client, told to do so, polls its policy, looks
at its inventory, which it does not send, and sends a heartbeat; OCS' real agent makes its contact again.
ingest.full_vs_postgres_upsert, ingest.full_vs_sqlite_upsert: full inventories of about 300 rows that devices new to
all three send on kept connections, per CPU-second, over those that a table with a row per instance takes: one upsert
of arrays per device in PostgreSQL, a transaction of 20 devices in SQLite, both as durable as usual. The peers are given
rows that somebody has decoded already. Lines with # say the same for 1,700 packages and for other shares.

A server's CPU is that of its processes from before the first message until it is at rest with all rows in. Wants the
Debian packages ocsinventory-server, ocsinventory-agent, mariadb-server, apache2 and postgresql-15, a source of
packages for apt, and root. Prints "id value unit peer peer_version rounds".
"""
import concurrent.futures
import ctypes
import os
import pathlib
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench/ingest"), str(ROOT / "tests/first_site")]
import metrics_of  # noqa: E402
from machines import Machines, make_network_card, relational  # noqa: E402
from ocs_server import OcsServer, schema_in, unpack_schema, wanted_packages  # noqa: E402
from postgres_table import PostgresTable, parameters  # noqa: E402
from process_tree import cpu_seconds, settled_cpu_seconds  # noqa: E402
from site_under_test import BIN, Site, die_with_me, enter_namespace, wait_until  # noqa: E402
from spoken_device import SpokenDevice  # noqa: E402

ROUNDS = 3
PACKAGES = 1700
OWN_SHARE = 0.05
OCS_IDS = ("ingest.new_vs_ocs_server", "ingest.unchanged_vs_ocs")
TABLE_IDS = ("ingest.full_vs_postgres_upsert", "ingest.full_vs_sqlite_upsert")
ALL_IDS = OCS_IDS + TABLE_IDS
FOLDER_NAME = "MUSTER_BENCH_INGEST_FOLDER"
MACHINES, OCS_MACHINES, CYCLES = 20, 2, 50  # of a round
ROWS, DEVICES, LARGE_DEVICES = 300, 200, 40
SENDERS = 8


def note(text):
    print(f"# {text}", flush=True)


def packed(body):
    """As the client packs it: zstd at level 1."""
    library = ctypes.CDLL("libzstd.so.1")
    for name in ("ZSTD_compressBound", "ZSTD_compress"):
        getattr(library, name).restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(library.ZSTD_compressBound(ctypes.c_size_t(len(body))))
    size = library.ZSTD_compress(out, ctypes.c_size_t(len(out)), body, ctypes.c_size_t(len(body)), 1)
    return out.raw[:size]


class IngestSite(Site):
    """A site whose server's figures and database can be read without asking it: an answer is work too."""

    def begin(self):
        # Polls between those that the bench asks for would be counted.
        file = self.path("site/musterd.yaml")
        file.write_text(re.sub(r"policy\.poll_interval: .*", "policy.poll_interval: PT1H", file.read_text()))
        self.start_site()
        self.expected = 0

    def roots(self):
        return [self.processes[name].pid for name in ("site", "signer")]

    def one(self, question, *values):
        database = sqlite3.connect(f"file:{self.path('site/site.db')}?mode=ro", uri=True)
        try:
            return database.execute(question, values).fetchone()[0]
        finally:
            database.close()

    def enrolled(self, numbers):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda number: SpokenDevice(self, f"pc-{number}"), numbers))

    def take(self, devices, reports, kept):
        """CPU-seconds for these inventories, each of the device beside it."""
        messages = [device.message("inventory", body, packed(body)) for device, body in zip(devices, reports)]
        connections = [device.connect() for device in devices]
        if kept:
            for device, connection in zip(devices, connections):
                if device.ask(connection)[0] != 200:
                    raise SystemExit("a poll was refused")
        self.expected += len(devices)
        start = settled_cpu_seconds(self.roots())

        def send(each):
            device, connection, message = each
            status = device.send(connection, "inventory", message)[0]
            if status != 204:
                raise SystemExit(f"a message was answered {status}")

        with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(send, zip(devices, connections, messages)))
        wait_until(lambda: self.one("SELECT count(*) FROM device WHERE inventory_digest IS NOT NULL") >= self.expected,
                   "all inventories are in the database")
        used = settled_cpu_seconds(self.roots()) - start
        for connection in connections:
            connection.close()
        self.check()
        return used

    def check(self):
        """Nothing was refused, and the index has what the database has."""
        if metrics_of.value(self, "muster_messages_quarantined_total"):
            raise SystemExit("messages were quarantined")
        rows = self.one("SELECT sum(inventory_count) FROM device")
        wait_until(lambda: metrics_of.value(self, "muster_fleet_rows") == rows, "the fleet index has all rows")

    def start_client(self, machines, number):
        """The real client, on the machine that this host has become."""
        self.cli("token", "create", "--output", str(self.path("client/token")))
        with open(self.path("client.output"), "ab") as output:
            self.processes["client"] = subprocess.Popen(
                machines.command(number, [BIN / "muster-client", "--config", self.path("client/client.yaml")]),
                stdout=output, stderr=output, cwd=self.state, preexec_fn=die_with_me)
        self.expected += 1
        wait_until(lambda: self.one("SELECT count(*) FROM device WHERE inventory_digest IS NOT NULL") >= self.expected,
                   "the client's inventory")
        self.client_device = self.one("SELECT device_id FROM device WHERE name = ?", f"pc-{number}")

    def messages(self):
        return self.one("SELECT sum(sequence) FROM stream_position WHERE sender = ?", self.client_device)

    def unchanged(self, cycles):
        """CPU-seconds of so many cycles of a client that finds nothing new."""
        reported = len(self.events("client", "inventory.reported"))
        looked = len(self.events("client", "inventory.unchanged"))
        start = settled_cpu_seconds(self.roots())
        for cycle in range(cycles):
            before = self.messages()
            for each in ("policy", "inventory", "heartbeat"):
                self.client_cli("trigger", each)
            wait_until(lambda: self.messages() == before + 1, "the heartbeat")
        used = settled_cpu_seconds(self.roots()) - start
        if len(self.events("client", "inventory.reported")) != reported:
            raise SystemExit("the client's inventory had changed")
        if len(self.events("client", "inventory.unchanged")) < looked + cycles:
            raise SystemExit("the client has not looked at its inventory each time")
        return used


def spent(roots, work):
    start = settled_cpu_seconds(roots)
    work()
    return settled_cpu_seconds(roots) - start


class Numbers:
    """Of machines: none comes twice."""

    def __init__(self):
        self.last = 0

    def take(self, count):
        self.last += count
        return range(self.last - count + 1, self.last + 1)


def shown(values, unit, scale=1):
    return f"{', '.join(f'{value * scale:.4g}' for value in values)} {unit}"


def version(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                          check=True).stdout


def new_with_muster(site, machines, numbers, share):
    reports = [machines.report(number, share) for number in numbers]
    return site.take(site.enrolled(numbers), reports, kept=False) / len(numbers)


def contact_with_ocs(ocs, machines, numbers, share):
    """CPU-seconds of the server per contact, one after the other."""
    used = 0
    for number in numbers:
        machines.become(number, share)
        used += spent(ocs.roots(), lambda: ocs.inventory(machines, number))
    return used / len(numbers)


def beside_ocs(folder, schema, numbers):
    machines = Machines(folder, PACKAGES)
    ours, theirs, ours_same, theirs_same = [], [], [], []
    with IngestSite() as site, OcsServer(folder, schema) as ocs:
        site.begin()
        first = numbers.take(1)
        new_with_muster(site, machines, first, 0)
        contact_with_ocs(ocs, machines, first, 0)
        client = numbers.take(1)[0]
        for _ in range(ROUNDS):
            ours.append(new_with_muster(site, machines, numbers.take(MACHINES), OWN_SHARE))
            fresh = numbers.take(OCS_MACHINES)
            theirs.append(contact_with_ocs(ocs, machines, fresh, OWN_SHARE))
            machines.become(client, OWN_SHARE)
            if "client" not in site.processes:
                site.start_client(machines, client)
                site.unchanged(1)
            ours_same.append(site.unchanged(CYCLES) / CYCLES)
            theirs_same.append(contact_with_ocs(ocs, machines, fresh, OWN_SHARE))
        note(f"new, {OWN_SHARE:.0%} of the packages its own: muster {shown(ours, 'ms', 1000)}; OCS {shown(theirs, 's')}")
        note(f"unchanged: muster {shown(ours_same, 'ms', 1000)}; OCS {shown(theirs_same, 's')}")
        for share in (0, 1):
            mine = new_with_muster(site, machines, numbers.take(MACHINES), share)
            other = contact_with_ocs(ocs, machines, numbers.take(1), share)
            note(f"new, {share:.0%} its own: muster {mine * 1000:.4g} ms; OCS {other:.4g} s; {mine / other:.5f}")
    for name, mine, other in zip(OCS_IDS, (ours, ours_same), (theirs, theirs_same)):
        ratio = statistics.median(a / b for a, b in zip(mine, other))
        print(f"{name}\t{ratio:.5f}\tratio\tocsinventory-server\t{version('ocsinventory-server')}\t{ROUNDS}", flush=True)


def with_postgres(table, reports, numbers):
    given = [parameters(number, relational(report)) for number, report in zip(numbers, reports)]

    def work():
        for each in given:
            table.upsert(each)
    feeder = cpu_seconds([os.getpid()])
    used = spent(table.roots(), work)
    return used, cpu_seconds([os.getpid()]) - feeder


def with_sqlite(folder, reports, numbers):
    file = folder / "rows"
    with open(file, "w", encoding="utf-8") as out:
        for number, report in zip(numbers, reports):
            for row in relational(report):
                out.write("\t".join(map(str, (number, *row))) + "\n")
    return float(subprocess.run([BIN / "bench_ingest_sqlite", folder / "peer.sqlite", file], check=True,
                                stdout=subprocess.PIPE, text=True).stdout)


def round_of_tables(site, table, folder, machines, fresh):
    """CPU-seconds per inventory: ours, PostgreSQL's, SQLite's."""
    reports = [machines.report(number, OWN_SHARE) for number in fresh]
    ours = site.take(site.enrolled(fresh), reports, kept=True)
    postgres, feeder = with_postgres(table, reports, fresh)
    lite = with_sqlite(folder, reports, fresh)
    rows = statistics.mean(len(relational(report)) for report in reports)
    note(f"{len(fresh)} inventories of {rows:.0f} rows: per CPU-second musterd {len(fresh) / ours:.0f}, PostgreSQL "
         f"{len(fresh) / postgres:.0f} ({feeder:.2f} s of the program that feeds it are not counted), "
         f"SQLite {len(fresh) / lite:.0f}")
    return ours, postgres, lite


def beside_tables(folder, numbers):
    large = Machines(folder, PACKAGES)
    few = 20
    others = len(relational(Machines(folder, few).report(numbers.take(1)[0], 0))) - few
    usual = Machines(folder, max(ROWS - others, 100))
    figures, large_figures = [], []
    with IngestSite() as site, PostgresTable() as table:
        site.begin()
        for machines in (usual, large):  # what all machines have is known afterwards
            round_of_tables(site, table, folder, machines, numbers.take(5))
        for _ in range(ROUNDS):
            figures.append(round_of_tables(site, table, folder, usual, numbers.take(DEVICES)))
            large_figures.append(round_of_tables(site, table, folder, large, numbers.take(LARGE_DEVICES)))
        release = table.ask("SHOW server_version").split()[0]
    lite = sqlite3.sqlite_version
    for name, peer, peer_version, place in zip(TABLE_IDS, ("PostgreSQL", "SQLite"), (release, lite), (1, 2)):
        ratio = statistics.median(each[place] / each[0] for each in figures)
        beside = statistics.median(each[place] / each[0] for each in large_figures)
        note(f"{name} with {PACKAGES} packages: {beside:.2f}")
        print(f"{name}\t{ratio:.2f}\tratio\t{peer}\t{peer_version}\t{ROUNDS}", flush=True)


def measure(wanted, folder):
    make_network_card()
    numbers = Numbers()
    if wanted & set(OCS_IDS):
        beside_ocs(folder / "ocs", schema_in(folder), numbers)
    if wanted & set(TABLE_IDS):
        beside_tables(folder / "tables", numbers)


def main():
    wanted = set(sys.argv[1:] or ALL_IDS) & set(ALL_IDS)
    if not wanted:
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if FOLDER_NAME in os.environ:
        enter_namespace()
        return measure(wanted, pathlib.Path(os.environ[FOLDER_NAME]))
    if missing := wanted_packages() if wanted & set(OCS_IDS) else []:
        raise SystemExit(f"wants the Debian packages {' '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        if wanted & set(OCS_IDS):  # the namespace has no network
            unpack_schema(pathlib.Path(folder))
        worker = subprocess.Popen([sys.executable, __file__, *sys.argv[1:]], env={**os.environ, FOLDER_NAME: folder})
        try:
            code = worker.wait()
        except BaseException:
            worker.terminate()  # which stops its servers
            worker.wait()
            raise
    sys.exit(code)


if __name__ == "__main__":
    main()
