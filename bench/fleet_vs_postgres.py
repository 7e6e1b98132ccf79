#!/usr/bin/env python3
"""fleet.rules20_vs_postgres, fleet.rules1000_vs_postgres, fleet.incremental_vs_postgres, fleet.disk_vs_postgres: the
fleet index beside PostgreSQL, one indexed table per class, cached.

The same devices (MUSTER_DEVICES, 100,000) with the same rows in both, the same questions as queries and as SQL; every
answer is compared, and one that differs ends the bench. Figures are CPU seconds of the process that answers: of ours, and
of the server's one backend, which gets no parallel workers. PostgreSQL has seen each question once before it counts.
"rules": who satisfies each of 20 fixed and of MUSTER_RULES (1,000) generated rules. "incremental": 100 devices got other
versions of about 7 packages, three times; which rules do they satisfy now (for PostgreSQL the rules asked of these devices alone). "disk": the tables with their indexes over the whole site database
of the same devices, their log of changes included.
Prints "id value unit peer peer_version rounds".
"""
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/postgres"))
from postgres_server import BIN, SUPERUSER, PostgresServer  # noqa: E402

PROGRAM = ROOT / "build/release/bin/bench_fleet_compare"
DURABLE = ROOT / "build/release/bin/bench_fleet_durable"
RATIOS = ["fleet.rules20_vs_postgres", "fleet.rules1000_vs_postgres", "fleet.incremental_vs_postgres"]
DISK = "fleet.disk_vs_postgres"
IDS = [*RATIOS, DISK]
ROUNDS = 3
# Beside one on the device in each table. What a rule names first comes first.
INDEXES = {"InstalledSoftware": ['"Name", "VersionKey", device'], "Device": ['"Kind"', '"Model"', '"Manufacturer"'],
           "OperatingSystem": ['"VersionIdKey"', '"Name"'], "LogicalDisk": ['"FreeMB"', '"Name", "FreeMB"'],
           "Service": ['"Name", "State", device'], "UserAccount": ['"Name"'], "IPAddress": ['"Network"'],
           "PhysicalMemory": ['"CapacityMB"']}
SOFTWARE_EXTRA = ['"Publisher"', '"InstalledSizeKB"']


def ours(*words):
    return subprocess.run([PROGRAM, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def bytes_a_device(devices):
    """Of the site database that has the same devices."""
    said = subprocess.run([DURABLE], check=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                          env={**os.environ, "MUSTER_DEVICES": str(devices), "MUSTER_RULES": "0"}).stderr
    return sum(float(size) for size in re.findall(r"^\w+: ([0-9.]+) bytes/device$", said, re.M))


class Session:
    """One backend, asked through psql, and the CPU seconds that it has used."""

    def __init__(self, server):
        self.psql = subprocess.Popen([BIN / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", server.folder, "-p", str(server.port),
                                      "-U", SUPERUSER, "-d", "postgres"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask("SET max_parallel_workers_per_gather = 0")
        self.ask("SET work_mem = '256MB'")
        self.pid = int(self.ask("SELECT pg_backend_pid()")[0])

    def ask(self, sql):
        self.psql.stdin.write(f"{sql};\n\\echo <end>\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline()) != "<end>\n":
            if not line:
                raise AssertionError(f"psql ended at {sql[:200]}")
            lines.append(line.rstrip("\n"))
        return lines

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(server, session):
    tables = {}
    for line in ours("tables").splitlines():
        table, column, kind = line.split()
        columns = tables.setdefault(table, [])
        columns.append(f'"{column}" {"text" if kind == "version" else kind}')
        if kind == "version":
            columns.append(f'"{column}Key" bytea')
    for table, columns in tables.items():
        session.ask(f'CREATE UNLOGGED TABLE "{table}" (device integer, {", ".join(columns)})')
        with subprocess.Popen([PROGRAM, "rows", table], stdout=subprocess.PIPE) as rows:
            subprocess.run([BIN / "psql", "-Xq", "-h", server.folder, "-p", str(server.port), "-U", SUPERUSER, "-d", "postgres",
                            "-c", f'COPY "{table}" FROM STDIN'], stdin=rows.stdout, check=True)
        extra = SOFTWARE_EXTRA if table == "InstalledSoftware" else []
        for index in ["device", *INDEXES.get(table, []), *extra]:
            session.ask(f'CREATE INDEX ON "{table}" ({index})')
        session.ask(f'VACUUM ANALYZE "{table}"')
        print(f"{table} is loaded", file=sys.stderr)
    return sum(int(session.ask(f"SELECT pg_total_relation_size('\"{table}\"')")[0]) for table in tables)


def answers(session, rules, only=""):
    return [tuple(map(int, session.ask("SELECT count(*), coalesce(sum(d), 0) FROM (SELECT DISTINCT d FROM "
                                       f"({rule}) each {only}) all_of_them")[0].split("|"))) for rule in rules]


def timed(session, rounds, work):
    work()
    out = []
    for _ in range(rounds):
        start = session.cpu()
        work()
        out.append(session.cpu() - start)
    return statistics.median(out)


def change(session, rules, lines):
    """CPU seconds until the changed devices have their new rows and their answers to the rules."""
    lines = [line.split("\t") for line in lines.splitlines()]
    named = ", ".join(sorted({line[0] for line in lines}))
    session.ask("TRUNCATE changed")
    for line in lines:
        texts = ", ".join("NULL" if text == "\\N" else "'" + text.replace("\\\\x", "\\x") + "'" for text in line)
        session.ask(f"INSERT INTO changed VALUES ({texts})")
    # Only what is other than before is work, as it is for ours.
    before = f'SELECT * FROM "InstalledSoftware" WHERE device IN ({named})'
    session.ask(f"CREATE TEMP TABLE removed AS {before} EXCEPT ALL TABLE changed")
    session.ask(f"CREATE TEMP TABLE added AS TABLE changed EXCEPT ALL {before}")
    start = session.cpu()
    session.ask('DELETE FROM "InstalledSoftware" s USING removed r WHERE s.device = r.device AND s."Name" = r."Name" '
                'AND s."VersionKey" = r."VersionKey"')
    session.ask('INSERT INTO "InstalledSoftware" TABLE added')
    answers(session, rules, f"WHERE d IN ({named})")
    used = session.cpu() - start
    session.ask("DROP TABLE removed, added")
    return used


def main():
    if (named := sys.argv[1:]) and not set(named) & set(IDS):
        return
    lines = ours("measure").splitlines()
    own, expected = {}, {}
    for line in lines:
        key, *rest = line.split()
        if key == "answer":
            expected.setdefault(rest[0], []).append((int(rest[2]), int(rest[3])))
        else:
            own.setdefault(key, []).append(float(rest[0]))
    own = {key: statistics.median(values) for key, values in own.items()}
    server = PostgresServer()
    server.configure(shared_buffers="6GB", maintenance_work_mem="1GB", jit="off", max_wal_size="4GB")
    with server:
        session = Session(server)
        size = load(server, session)
        peer = {}
        for kind in ["fixed", "generated"]:
            rules = ours("rules", kind).splitlines()
            found = answers(session, rules)
            assert found == expected[kind], [(rule, a, b) for rule, a, b in zip(rules, found, expected[kind]) if a != b][:3]
            peer[kind] = timed(session, ROUNDS, lambda: answers(session, rules))
        version = session.ask("SHOW server_version")[0].split()[0]
        # What the changed devices have becomes part of the work, as it is of ours.
        session.ask('CREATE TEMP TABLE changed (LIKE "InstalledSoftware")')
        peer["incremental"] = statistics.median(change(session, rules, ours("changes", str(round)))
                                                for round in range(ROUNDS))
        found = answers(session, rules)
        assert found == expected["changed"], "the changed devices' memberships differ"
    devices = int(os.environ.get("MUSTER_DEVICES", "100000"))
    print(f"peer {peer}, own {own}, relational form {size / devices:.0f} bytes a device", file=sys.stderr)
    print(f"{DISK}\t{size / devices / bytes_a_device(devices):.1f}\tratio\tPostgreSQL\t{version}\t1", flush=True)
    for key, part in zip(RATIOS, ["fixed", "generated", "incremental"]):
        mine = own[part if part == "incremental" else f"rules.{part}"]
        print(f"{key}\t{peer[part] / mine:.1f}\tratio\tPostgreSQL\t{version}\t{ROUNDS}", flush=True)


if __name__ == "__main__":
    main()
