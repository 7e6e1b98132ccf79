"""Hostile input to every listener of a site: refused with a clear error, process alive, memory bounded.

Listeners: 20080 (HTTP), 20443 (HTTPS of management and distribution point), 28443 (provider) and the
signer's socket. Between the attacks the site keeps answering a good request.
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import socket
import ssl
import struct
import subprocess
import time
import unittest
import uuid

from site_under_test import Site, wait_until

PORTS = {20080: False, 20443: True, 28443: True}  # port: whether it speaks TLS
HEADER_TIMEOUT = 2  # seconds, set below; the default is 10


def zstd_zeros(size):
    """A frame of RLE blocks (RFC 8878): four bytes unpack to 128 KiB of zeros."""
    out = bytearray(b"\x28\xb5\x2f\xfd" + bytes([0x00, 0x38]))  # no size given, a window of 128 KiB
    block = 128 << 10
    while size > 0:
        part = min(size, block)
        size -= part
        out += struct.pack("<I", part << 3 | 1 << 1 | (size == 0))[:3] + b"\0"
    return bytes(out)


class HostileInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        yaml = cls.site.path("site/musterd.yaml")
        yaml.write_text(yaml.read_text() + f"  http.header_timeout: PT{HEADER_TIMEOUT}S\n")
        cls.site.start_all()
        cls.identity = str(cls.site.path("client/identity/identity.pem"))
        cls.site.stop("client")  # its identity is used here
        cls.pids = {name: cls.site.processes[name].pid for name in ("site", "signer")}
        cls.before = {name: cls.usage(pid) for name, pid in cls.pids.items()}

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    @staticmethod
    def usage(pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) >> 10

    def tearDown(self):
        """After each attack: the same processes, they answer, and their memory has a bound."""
        for name, pid in self.pids.items():
            self.assertIsNone(self.site.processes[name].poll(), f"{name} died")
            grown = self.usage(pid) - self.before[name]
            self.assertLess(grown, 192, f"{name} grew by {grown} MiB")
        self.assertEqual(self.ask(20080, b"GET /catalogue/1.root.json HTTP/1.1\r\nHost: a\r\n\r\n")[0], 200)

    def connect(self, port, certificate=None, seconds=20, source="127.0.0.1"):
        plain = socket.create_connection(("127.0.0.1", port), timeout=seconds, source_address=(source, 0))
        if not PORTS[port]:
            return plain
        context = ssl.create_default_context(cafile=self.site.path("operator/ca.pem"))
        if certificate:
            key = certificate.replace("certificate.pem", "certificate.key")
            context.load_cert_chain(certificate, key)
        return context.wrap_socket(plain, server_hostname="localhost")

    def read_answer(self, connection):
        data = b""
        try:
            while part := connection.recv(65536):
                data += part
                head, gap, body = data.partition(b"\r\n\r\n")
                if gap and data.startswith(b"HTTP/1.1 204"):
                    break
                length = re.search(rb"(?i)content-length: (\d+)", head)
                if gap and length and len(body) >= int(length.group(1)):
                    break
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass
        found = re.match(rb"HTTP/1\.1 (\d+) ", data)
        return (int(found.group(1)) if found else 0), data

    def ask(self, port, request, certificate=None, source="127.0.0.1"):
        with self.connect(port, certificate, source=source) as connection:
            try:
                connection.sendall(request)
            except (ConnectionError, ssl.SSLError):
                pass  # refused while it was still being sent: the answer is there all the same
            return self.read_answer(connection)

    def on_every_port(self, request, codes):
        for port in PORTS:
            code, answer = self.ask(port, request)
            self.assertIn(code, codes, f"port {port}: {request[:80]!r}: {answer[:200]!r}")
            self.assertIn(b"\r\n\r\n", answer)

    def test_over_long_heads_are_refused(self):
        self.on_every_port(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", (414,))
        self.on_every_port(b"GET " + b"/" * 70000, (414,))
        self.on_every_port(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"b" * 20000 + b"\r\n\r\n", (431,))
        self.on_every_port(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n", (431,))

    def test_forms_of_request_smuggling_are_refused(self):
        for fields in [b"Content-Length: 3\r\nTransfer-Encoding: chunked", b"Content-Length: 3\r\nContent-Length: 3",
                       b"Content-Length: +3", b"Content-Length: 0x3", b"Transfer-Encoding: xchunked",
                       b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding : chunked", b" Content-Length: 3",
                       b"X: a\n b", b"X: a\0b", b"Content-Length: 99999999999999999999999"]:
            self.on_every_port(b"POST /mp/messages HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n\r\nabc", (400, 413))

    def test_paths_that_climb_are_refused(self):
        secret = b"catalogue.key"
        for path in [b"/content/../operator/" + secret, b"/content/%2e%2e/operator/" + secret,
                     b"/content/..%2foperator%2f" + secret, b"/content/%252e%252e/" + secret, b"/content//../../site.db",
                     b"/content/" + b"0" * 32 + b"/..", b"/catalogue/..", b"/catalogue/../site.db", b"/\\..\\site.db",
                     b"/catalogue/%00", b"http://b/catalogue/timestamp.json", b"//etc/passwd"]:
            self.on_every_port(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n", (400, 403, 404))

    def test_truncated_requests_end_when_their_peer_goes(self):
        whole = b"POST /mp/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nabc"
        for port in PORTS:
            for length in (1, 4, 17, 30, len(whole)):
                with self.connect(port) as connection:
                    connection.sendall(whole[:length])

    def test_slow_heads_are_cut_off(self):
        for port in PORTS:
            with self.connect(port) as connection:
                connection.sendall(b"GET / HT")
                start = time.monotonic()
                code, _ = self.read_answer(connection)
                self.assertEqual(code, 408, port)
                self.assertLess(time.monotonic() - start, HEADER_TIMEOUT * 4)

    def test_hundreds_of_slow_peers_do_not_keep_others_waiting(self):
        crowd = [socket.create_connection(("127.0.0.1", port)) for port in PORTS for _ in range(300)]
        try:
            for each in crowd:
                try:
                    each.sendall(b"G")
                except ConnectionError:
                    pass  # an address opens only so many at once
            for port in PORTS:
                request = b"GET /none HTTP/1.1\r\nHost: a\r\n\r\n"
                self.assertNotEqual(self.ask(port, request, source="127.0.0.2")[0], 0)
        finally:
            for each in crowd:
                each.close()
        files = f"/proc/{self.pids['site']}/fd"
        wait_until(lambda: len(os.listdir(files)) < 200, "the connections' end")

    def test_what_is_no_tls_ends_on_a_tls_port(self):
        for port in (20443, 28443):
            for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"A" * 70000, b"\0" * 5,
                         b"\x16\x03\x01\x00\x04\x01\x00\xff\xff"):
                with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                    try:
                        connection.sendall(junk)
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(4096):
                            pass
                    except OSError:
                        pass  # the server has hung up, which is what is wanted

    def test_an_old_protocol_or_a_foreign_certificate_ends_the_handshake(self):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        for port in (20443, 28443):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                old.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=20))
        stranger = str(self.site.path("stranger.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", stranger, "-out", stranger + ".crt", "-days", "1", "-subj", "/CN=x", "-addext",
                        "subjectAltName=URI:urn:muster:operator:admin"], check=True, capture_output=True)
        with open(stranger, "a") as file:
            file.write(open(stranger + ".crt").read())
        for port in (20443, 28443):
            try:
                code, _ = self.ask(port, b"GET /api/v1/devices HTTP/1.1\r\nHost: a\r\n\r\n", stranger)
            except (ssl.SSLError, ConnectionError):
                code = 0  # the usual case: no handshake
            self.assertEqual(code, 0, port)

    def post(self, port, path, body, certificate, kind="application/json"):
        head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        code, answer = self.ask(port, head + body, certificate)
        return code, answer.partition(b"\r\n\r\n")[2]

    def test_documents_of_operators_are_bounded(self):
        operator = str(self.site.path("operator/certificate.pem"))
        deep = b'{"query":' + b"[" * 100000 + b"]" * 100000 + b"}"
        code, answer = self.post(28443, "/api/v1/query", deep, operator)
        self.assertEqual(code, 413 if code == 413 else 400, answer)
        deep = b'{"query":' + b"[" * 5000 + b"]" * 5000 + b"}"
        code, answer = self.post(28443, "/api/v1/query", deep, operator)
        self.assertEqual(code, 400, answer)
        self.assertIn(b"title", answer)
        query = "Device | where " + "(" * 2000 + "Name == 'a'" + ")" * 2000
        code, answer = self.post(28443, "/api/v1/query", json.dumps({"query": query}).encode(), operator)
        self.assertEqual(code, 400, answer[:200])
        code, answer = self.post(28443, "/api/v1/query", b'{"query": "\xff\xfe"}', operator)
        self.assertEqual(code, 400, answer)
        code, answer = self.post(28443, "/api/v1/packages", b"[" * 3000, operator)
        self.assertEqual(code, 400, answer)

    def test_objects_as_files_are_bounded(self):
        file = self.site.path("hostile.yaml")
        bombs = {"a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)): "alias",
            "[" * 20000: "", "a: " * 20000: "", "kind: Package\n" + "x: " + "y" * (64 << 20): "", "\0\1\2": ""}
        for text, word in bombs.items():
            file.write_text(text)
            done = self.site.cli("apply", "-f", str(file), ok=False)
            self.assertGreater(done.returncode, 0)
            self.assertIn(str(file), done.stderr)
            self.assertIn(word, done.stderr)
            self.assertLess(len(done.stderr), 4000)

    def envelope(self, body, sequence, stream=None, encoding="zstd", size=None, kind="status", spoil=None):
        """An envelope as the client writes it, signed with the client's key by openssl."""
        der = subprocess.run(["openssl", "x509", "-in", self.identity, "-outform", "der"], capture_output=True).stdout
        text = subprocess.run(["openssl", "x509", "-noout", "-text"], input=der, capture_output=True).stdout.decode() or \
            subprocess.run(["openssl", "x509", "-noout", "-text", "-in", self.identity], capture_output=True,
                           text=True).stdout
        header = {"sender": re.search(r"urn:muster:device:([0-9a-f]{32})", text).group(1),
                  "stream": stream or uuid.uuid4().hex, "sequence": sequence, "type": kind,
                  "sent": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                  "bodySha256": hashlib.sha256(body).hexdigest(), "bodyEncoding": encoding,
                  "bodySize": len(body) if size is None else size, "certificateSha256": hashlib.sha256(der).hexdigest()}
        if spoil:
            spoil(header)
        lines = b"muster-envelope/1\n" + json.dumps(header, separators=(",", ":")).encode()
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.identity], input=lines,
                                   capture_output=True, check=True).stdout
        return lines + b"\n" + base64.b64encode(signature) + b"\n" + body

    def send(self, message):
        return self.post(20443, "/mp/messages", message, self.identity, "application/vnd.muster.envelope")

    def test_messages_that_lie_are_refused_at_the_door(self):
        good = b'{"format":1,"at":"2026-01-01T00:00:00Z","statusId":1,"topic":0,"state":0}'
        self.assertEqual(self.send(self.envelope(good, 1, encoding="identity"))[0], 204)
        message = self.envelope(good, 1, encoding="identity")
        for spoilt in [message[:-1], message[:60], message[:-1] + b"x", b"", b"\n\n\n\n", message.replace(b"/1", b"/2", 1),
                       message.replace(b'"status"', b'"inventory"', 1), b"muster-envelope/1\n" + b"{" * 2000,
                       self.envelope(good, 1, size=(64 << 20) + 1),
                       self.envelope(good, -1, encoding="identity"), self.envelope(good, 1, encoding="gzip"),
                       self.envelope(good, 1, stream="../../etc/passwd", encoding="identity")]:
            code, answer = self.send(spoilt)
            self.assertEqual(code, 400, (spoilt[:100], answer))
            self.assertIn(b"title", answer)
        stranger = lambda header: header.update(sender="0" * 32)
        self.assertEqual(self.send(self.envelope(good, 1, encoding="identity", spoil=stranger))[0], 403)
        self.assertEqual(self.send(self.envelope(b"x" * (9 << 20), 1, encoding="identity"))[0], 413)

    def test_bombs_are_quarantined_with_their_reason(self):
        before = len(self.site.json("get", "quarantine"))
        for body, size in [(zstd_zeros(1 << 30), 1000), (zstd_zeros(1 << 30), 64 << 20), (zstd_zeros(64 << 20), 64 << 20),
                           (b"not zstd at all", 100), (b"\x28\xb5\x2f\xfd\xff\xff\xff\xff", 1 << 20)]:
            code, answer = self.send(self.envelope(body, 1, size=size))
            self.assertEqual(code, 204, answer)  # durable first; what is in it is judged behind the door
        deep = b"[" * 60000
        self.assertEqual(self.send(self.envelope(deep, 1, encoding="identity", kind="inventory"))[0], 204)
        quarantine = wait_until(lambda: (found := self.site.json("get", "quarantine"))[before + 5:] and found,
                                "six quarantined messages")
        self.assertEqual(len(quarantine), before + 6)
        self.assertTrue(all(each["reason"] for each in quarantine), quarantine)

    def test_the_signer_bounds_its_frames(self):
        def frame(document):
            return struct.pack(">I", len(document)) + document
        for junk in [b"", b"\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\xffabc", frame(b""), frame(b"{}"), frame(b"[" * 100000),
                     frame(b'{"requests":[]}'), frame(b'{"requests":[{"ask":"give-key"}]}'), frame(b"\xff" * 1000),
                     frame(json.dumps({"requests": [{"ask": "public"}] * 5000}).encode()),
                     struct.pack(">I", 1000) + b"{"]:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(20)
                connection.connect(str(self.site.path("signer/signer.sock")))
                try:
                    connection.sendall(junk)
                    connection.shutdown(socket.SHUT_WR)
                    answer = b""
                    while part := connection.recv(65536):
                        answer += part
                except ConnectionError:
                    answer = b""
                if answer:
                    self.assertIn(b"refused", answer, junk[:50])
                    self.assertNotIn(b"PRIVATE", answer)
        code = self.site.cli("token", "create", ok=False).returncode
        self.assertEqual(code, 0)


if __name__ == "__main__":
    unittest.main()
