"""A PostgreSQL server for tests: a cluster in a folder of its own, which goes with it.

It runs as an unprivileged user, since PostgreSQL refuses root; over its socket everybody in the test is its superuser.
"""
import ctypes
import datetime
import ipaddress
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

BIN = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
SUPERUSER = "postgres"


def unprivileged():
    """What a command begins with, and what Popen gets, to run as somebody who is not root."""
    if os.geteuid() != 0:
        return [], {}
    try:
        user = pwd.getpwnam("postgres")
        mapped = sum(int(line.split()[2]) for line in pathlib.Path("/proc/self/uid_map").read_text().splitlines())
    except KeyError:
        user, mapped = None, 1
    if user and mapped > user.pw_uid:
        return [], {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    # Root of a namespace in which there is nobody else: a further namespace gives the same user another number.
    return ["unshare", "-U", "--map-user=1000", "--map-group=1000"], {}


def die_with_me():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class PostgresServer:
    def __init__(self, durable=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-postgres-", dir="/tmp"))
        self.data = self.folder / "data"
        self.process = None
        prefix, options = unprivileged()
        self.prefix, self.options = prefix, options
        if "user" in options:
            os.chown(self.folder, options["user"], options["group"])
        # A locale in which words sort as people do it: what relies on the order of bytes has to say so.
        self.run("initdb", "-D", self.data, "-U", SUPERUSER, "--auth=trust", "--no-sync", "-E", "UTF8",
                 "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
        self.configure(listen_addresses="", unix_socket_directories=self.folder, shared_buffers="32MB",
                       max_connections=60, dynamic_shared_memory_type="mmap", log_min_messages="warning",
                       fsync="on" if durable else "off", full_page_writes="on" if durable else "off",
                       autovacuum="on" if durable else "off", max_wal_size="256MB")

    def run(self, program, *words):
        done = subprocess.run([*self.prefix, BIN / program, *words], cwd="/", capture_output=True, text=True,
                              timeout=120, **self.options)
        if done.returncode != 0:
            raise AssertionError(f"{program}: {done.stdout}{done.stderr}")

    def configure(self, **settings):
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
            for name, value in settings.items():
                file.write(f"{name} = '{value}'\n")

    def serve_tls(self, port):
        """Over TCP on the loopback, with TLS and SCRAM only. Returns the file of the CA's certificate."""
        certificates(self.data, self.folder / "ca.pem")
        if "user" in self.options:
            for name in ("server.crt", "server.key"):
                os.chown(self.data / name, self.options["user"], self.options["group"])
        self.configure(listen_addresses="127.0.0.1", port=port, ssl="on", password_encryption="scram-sha-256")
        (self.data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        self.port = port
        os.chmod(self.folder, 0o755)
        return self.folder / "ca.pem"

    port = 5432

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([*self.prefix, BIN / "postgres", "-D", self.data], stdout=log, stderr=log,
                                        cwd="/", start_new_session=True, preexec_fn=die_with_me, **self.options)
        log.close()
        limit = time.monotonic() + 60
        while subprocess.run([BIN / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > limit:
                raise AssertionError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.02)

    def stop(self):
        """As an administrator does: sessions are ended."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)
        self.process = None

    def kill(self):
        """As a power cut does: the server and all its children, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def url(self, database):
        return f"postgresql://{SUPERUSER}@/{database}?host={self.folder}&port={self.port}"

    def psql(self, database, *commands, user=SUPERUSER, check=True):
        words = [word for command in commands for word in ("-c", command)]
        done = subprocess.run([BIN / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port), "-U", user,
                               "-d", database, *words], capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"psql: {commands}: {done.stderr}")
        return done.stdout.strip() if check else done

    def close(self):
        if self.process:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.close()


def certificates(folder, ca_file):
    """A CA, and by it a certificate of localhost with a P-256 key, which SCRAM can be bound to."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def certificate(name, key, issuer, issuer_key, ca):
        now = datetime.datetime.utcnow()
        made = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=30))
                .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
        if not ca:
            made = made.add_extension(x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        return made.sign(issuer_key, hashes.SHA256())

    def common_name(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = common_name(f"database CA {os.urandom(4).hex()}")
    pem = serialization.Encoding.PEM
    ca_file.write_bytes(certificate(authority, ca_key, authority, ca_key, True).public_bytes(pem))
    (folder / "server.crt").write_bytes(certificate(common_name("localhost"), key, authority, ca_key, False).public_bytes(pem))
    secret = folder / "server.key"
    secret.touch(0o600)
    secret.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
