"""PostgreSQL with a row per instance in one indexed table: one upsert of arrays per device, by libpq."""
import ctypes
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/postgres"))
from postgres_server import PostgresServer  # noqa: E402

TABLE = """CREATE TABLE inventory (device integer, class smallint, instance text, version text, details text,
                                   PRIMARY KEY (device, class, instance));
           CREATE INDEX ON inventory (class, instance, version)"""
UPSERT = b"""INSERT INTO inventory SELECT $1::integer, * FROM unnest($2::smallint[], $3::text[], $4::text[], $5::text[])
             ON CONFLICT (device, class, instance)
             DO UPDATE SET version = excluded.version, details = excluded.details"""
TUPLES, DONE = 2, 1


def array(texts):
    quoted = ",".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return ("{" + quoted + "}").encode()


def parameters(device, rows):
    """What one execution gets, made before the clock runs."""
    classes, instances, versions, details = zip(*rows)
    return [str(device).encode(), ("{" + ",".join(map(str, classes)) + "}").encode(), array(instances), array(versions),
            array(details)]


class PostgresTable:
    def __init__(self):
        self.server = PostgresServer(durable=True)
        self.server.configure(shared_buffers="512MB", max_wal_size="4GB", jit="off")
        self.pq = ctypes.CDLL("libpq.so.5")
        for name, kind in (("PQconnectdb", ctypes.c_void_p), ("PQexec", ctypes.c_void_p),
                           ("PQprepare", ctypes.c_void_p), ("PQexecPrepared", ctypes.c_void_p),
                           ("PQgetvalue", ctypes.c_char_p), ("PQerrorMessage", ctypes.c_char_p)):
            getattr(self.pq, name).restype = kind

    def __enter__(self):
        self.server.__enter__()
        try:
            self.connection = ctypes.c_void_p(self.pq.PQconnectdb(self.server.url("postgres").encode()))
            for command in TABLE.split(";"):
                self.ask(command)
            self.check(self.pq.PQprepare(self.connection, b"upsert", UPSERT, 0, None))
        except BaseException:
            self.server.close()
            raise
        return self

    def __exit__(self, *unused):
        self.pq.PQfinish(self.connection)
        self.server.close()

    def roots(self):
        return [self.server.process.pid]

    def check(self, result):
        result = ctypes.c_void_p(result)
        if self.pq.PQresultStatus(result) not in (DONE, TUPLES):
            raise SystemExit(f"PostgreSQL: {self.pq.PQerrorMessage(self.connection).decode()}")
        return result

    def ask(self, sql):
        result = self.check(self.pq.PQexec(self.connection, sql.encode()))
        text = self.pq.PQgetvalue(result, 0, 0) if self.pq.PQntuples(result) else b""
        self.pq.PQclear(result)
        return text.decode()

    def upsert(self, given):
        values = (ctypes.c_char_p * len(given))(*given)
        result = self.check(self.pq.PQexecPrepared(self.connection, b"upsert", len(given), values, None, None, 0))
        self.pq.PQclear(result)
