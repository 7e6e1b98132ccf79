"""The endpoint mapper and the provider's interface behind it, asked by impacket, Samba's rpcclient and curl.

The site has the standard profile: these peers know no other port of a mapper than 135.
"""
import json
import pathlib
import re
import socket
import struct
import subprocess
import unittest
import uuid

from site_under_test import BIN, Site, wait_until

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
PROVIDER = "1b8d4db0-1c1d-4a8c-982d-799a7e00a534"
SAMR = "12345778-1234-abcd-ef00-0123456789ac"
FIRST, LAST = 25000, 25015
RANGE = f"{FIRST}-{LAST}"


class StandardSite(Site):
    """A site on the table's own ports, whose console asks the mapper."""

    def __init__(self):
        super().__init__()
        for name in ("site/musterd.yaml", "client/client.yaml", "operator/context.yaml"):
            file = self.path(name)
            text = file.read_text().replace("profile: unprivileged", "profile: standard")
            text = re.sub(r"127\.0\.0\.1:20(080|443)", lambda port: f"127.0.0.1:{int(port[1])}", text)
            file.write_text(re.sub(r"^api:.*$", "api: rpc://127.0.0.1", text, flags=re.M))
        self.configure("site", rpc__port_range=RANGE)

    def wait_for_site(self):
        def answers():
            if self.processes["site"].poll() is not None:
                raise AssertionError(f"musterd ended: {self.path('site.output').read_text()}")
            return is_open(135)
        wait_until(answers, "the mapper")

    def restart(self):
        self.stop("site")
        self.start("site")
        self.wait_for_site()

    def interface_port(self):
        return [event for event in self.events("site", "host.listening") if event["connection"] == "26 RPC"][-1]["port"]


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(*words, timeout=60):
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout)
    return done.stdout + done.stderr


def impacket(*words):
    return run(PYTHON, HERE / "impacket_mapper.py", "127.0.0.1", "135", *words).strip()


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], capture_output=True, check=True)


def curl(*words):
    done = subprocess.run(["curl", "-sS", "-o", "-", "-w", "\n%{http_code}", *words], capture_output=True, text=True)
    body, _, code = done.stdout.rpartition("\n")
    return int(code or 0), body, done.stderr


class Rpc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = StandardSite()
        cls.site.start_all()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def setUp(self):
        self.port = self.site.interface_port()
        self.ca = str(self.site.path("operator/ca.pem"))

    def as_operator(self):
        folder = self.site.path("operator")
        return ["--cacert", self.ca, "--cert", str(folder / "certificate.pem"), "--key", str(folder / "certificate.key")]

    def as_device(self):
        identity = str(self.site.path("client/identity/identity.pem"))
        return ["--cacert", self.ca, "--cert", identity, "--key", identity]

    def test_1_the_interface_listens_within_the_range(self):
        self.assertTrue(FIRST <= self.port <= LAST, self.port)
        listening = {event["connection"]: event["port"] for event in self.site.events("site", "host.listening")}
        self.assertEqual(listening["26 RPC endpoint mapper/tcp"], 135)

    def test_2_impacket_maps_the_interface_and_nothing_else(self):
        self.assertEqual(impacket("map", PROVIDER, "1.0"), f"ncacn_ip_tcp:127.0.0.1[{self.port}]")
        for uuid, version in ((SAMR, "1.0"), (PROVIDER, "2.0"), (PROVIDER, "1.1")):
            self.assertIn("ept_s_not_registered", impacket("map", uuid, version), (uuid, version))

    def test_3_impacket_registers_nothing(self):
        self.assertIn("access_denied", impacket("insert").lower())
        self.assertEqual(impacket("map", PROVIDER, "1.0"), f"ncacn_ip_tcp:127.0.0.1[{self.port}]")

    def test_4_rpcdump_lists_the_interface(self):
        examples = pathlib.Path("/usr/share/doc/python3-impacket/examples/rpcdump.py")
        out = run(PYTHON, examples, "-port", "135", "127.0.0.1")
        self.assertIn(PROVIDER.upper(), out.upper(), out)
        self.assertIn("muster provider", out)
        self.assertIn(f"ncacn_ip_tcp:127.0.0.1[{self.port}]", out)
        self.assertEqual(out.count("ncacn_ip_tcp:127.0.0.1["), 1, out)

    def test_5_rpcclient_lists_the_interface(self):
        folder = self.site.path("rpcclient")
        folder.mkdir(exist_ok=True)
        settings = folder / "smb.conf"
        settings.write_text("".join(f"{name} directory = {folder}\n" for name in ("private", "lock", "state", "cache", "pid")))
        out = run("rpcclient", "-s", settings, "-U%", "ncacn_ip_tcp:127.0.0.1", "-c", "epmlookup")
        self.assertIn(PROVIDER, out.lower(), out)
        self.assertIn(f"[{self.port}", out)
        self.assertIn("muster provider", out)
        self.assertIn("no more entries", out)
        out = run("rpcclient", "-s", settings, "-U%", "ncacn_ip_tcp:127.0.0.1", "-c", "epmmap samr ncacn_ip_tcp")
        self.assertIn("0x16C9A0D6", out)  # not registered

    def test_6_curl_calls_the_interface_with_an_operators_certificate(self):
        url = f"https://127.0.0.1:{self.port}/api/v1/site"
        code, body, error = curl(*self.as_operator(), url)
        self.assertEqual(code, 200, error)
        self.assertEqual(json.loads(body)["site"], "P01")
        code, body, error = curl(*self.as_operator(), f"https://127.0.0.1:{self.port}/api/v1/devices")
        self.assertEqual((code, [each["name"] for each in json.loads(body)["items"]]), (200, [self.site.host()]), error)

    def test_7_nobody_else_is_answered(self):
        paths = ("/api/v1/site", "/api/v1/devices", "/livez", "/readyz", "/metrics", "/", "/mp/policy")
        for path in paths:
            self.assertIn(curl(*self.as_device(), f"https://127.0.0.1:{self.port}{path}")[0], (403, 404), path)
            self.assertEqual(curl("--cacert", self.ca, f"https://127.0.0.1:{self.port}{path}")[:2], (0, ""), path)
        self.assertEqual(curl(*self.as_device(), f"https://127.0.0.1:{self.port}/api/v1/site")[0], 403)
        self.assertEqual(curl(f"http://127.0.0.1:{self.port}/api/v1/site")[0], 0)

    def forged(self, name, uris, authority=None):
        """A certificate that this site's CA might have issued to somebody, and its key."""
        folder = self.site.path(f"forged-{name}")
        folder.mkdir()
        key, request, leaf, names = (folder / each for each in ("key.pem", "request.pem", "leaf.pem", "names"))
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                request, "-subj", f"/CN={name}")
        names.write_text(f"subjectAltName={','.join(['IP:127.0.0.1', *('URI:' + uri for uri in uris)])}\n"
                         "extendedKeyUsage=clientAuth,serverAuth\nkeyUsage=digitalSignature\n")
        ca, ca_key = authority or (self.site.path("signer/ca.pem"), self.site.path("signer/ca-key.pem"))
        openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-days", "1", "-extfile", names, "-out", leaf)
        return ["--cacert", self.ca, "--cert", str(leaf), "--key", str(key)]

    def test_7_the_certificate_of_another_role_opens_nothing(self):
        url = f"https://127.0.0.1:{self.port}/api/v1/devices"
        self.assertEqual(curl(*self.forged("admin", ["urn:muster:operator:admin"]), url)[0], 200)
        for name, uris in (("dp2", ["urn:muster:site-system:dp2"]), ("stranger", ["urn:muster:device:" + "0" * 32])):
            code, body, _ = curl(*self.forged(name, uris), url)
            self.assertEqual((code, json.loads(body)["type"] != ""), (403, True), name)
        for name, uris in (("nobody", []), ("both", ["urn:muster:operator:admin", "urn:muster:site-system:dp2"]),
                           ("unknown", ["urn:muster:role:provider"])):
            self.assertEqual(curl(*self.forged(name, uris), url)[0], 0, name)
        ca, ca_key = self.site.path("other-ca.pem"), self.site.path("other-ca-key.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                "/CN=Other", "-keyout", ca_key, "-out", ca)
        self.assertEqual(curl(*self.forged("other", ["urn:muster:operator:admin"], (ca, ca_key)), url)[0], 0)

    def test_8_the_console_finds_an_interface_that_moved(self):
        site = self.site
        self.assertIn(site.host(), site.cli("get", "devices"))
        site.stop("site")
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", self.port))
            taken.listen()
            site.start("site")
            site.wait_for_site()
            self.assertNotEqual(site.interface_port(), self.port)
            self.assertEqual(impacket("map", PROVIDER, "1.0"), f"ncacn_ip_tcp:127.0.0.1[{site.interface_port()}]")
            self.assertIn(site.host(), site.cli("get", "devices"))

    def test_9_hostile_bytes_and_idle_connections_leave_the_mapper_answering(self):
        idle = [socket.create_connection(("127.0.0.1", 135), timeout=20) for _ in range(20)]
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + b"\0" * 40, b"\x05\x00\x0b\x03" + b"\xff" * 60,
                        b"\x05\x00\x0b\x03\x10\0\0\0\x48\x00\0\0\1\0\0\0" + b"\xff" * 56, b"\x05" * 6000):
            with socket.create_connection(("127.0.0.1", 135), timeout=20) as connection:
                connection.sendall(garbage)
                connection.shutdown(socket.SHUT_WR)
                while connection_has_more(connection):
                    pass
        self.assertEqual(impacket("map", PROVIDER, "1.0"), f"ncacn_ip_tcp:127.0.0.1[{self.site.interface_port()}]")
        for connection in idle:
            connection.close()


def datagram_call(interface, operation, stub, boot=0):
    """A request of connectionless DCE/RPC (C706 12.5.1), little endian."""
    return struct.pack("<BBBB4s", 4, 0, 0x08, 0, b"\x10\0\0\0") + bytes(16) + interface.bytes_le + \
        uuid.uuid4().bytes_le + struct.pack("<IIIHHHHHBB", boot, 3, 1, operation, 0xffff, 0xffff, len(stub), 0, 0, 0) + stub


def map_stub(interface):
    """ept_map for an interface over TCP."""
    def syntax(name, major):
        return struct.pack("<HB", 19, 13) + uuid.UUID(name).bytes_le + struct.pack("<HHH", major, 2, 0)
    tower = struct.pack("<H", 5) + syntax(interface, 1) + syntax("8a885d04-1ceb-11c9-9fe8-08002b104860", 2) + \
        b"\1\0\x0b\2\0\0\0" + b"\1\0\7\2\0\0\x87" + b"\1\0\x09\4\0\0\0\0\0"
    padding = bytes(-len(tower) % 4)
    return struct.pack("<IIII", 0, 1, len(tower), len(tower)) + tower + padding + bytes(20) + struct.pack("<I", 4)


def capture_file(path, datagrams):
    """What tshark reads: (from port, to port, payload) between two ends of this host."""
    text = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for source, target, payload in datagrams:
        udp = struct.pack(">HHHH", source, target, 8 + len(payload), 0) + payload
        packet = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, *[socket.inet_aton("127.0.0.1")] * 2) + udp
        text += struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet
    path.write_bytes(text)


def connection_has_more(connection):
    try:
        return connection.recv(4096) != b""
    except ConnectionResetError:
        return False


class Datagrams(unittest.TestCase):
    MAPPER = uuid.UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa")

    def ask(self, talker, request):
        talker.send(request)
        return talker.recv(65536)

    def test_tshark_reads_question_and_answer(self):
        with StandardSite() as site, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
            site.configure("site", rpc__mapper_udp=True)
            site.start_site()
            talker.settimeout(20)
            talker.connect(("127.0.0.1", 135))
            question = datagram_call(self.MAPPER, 3, map_stub(PROVIDER))
            answer = self.ask(talker, question)
            refusal = self.ask(talker, datagram_call(self.MAPPER, 0, b""))
            capture = site.path("mapper.pcap")
            own = talker.getsockname()[1]
            capture_file(capture, [(own, 135, question), (135, own, answer), (135, own, refusal)])
            out = run("tshark", "-r", str(capture), "-V")
            self.assertNotIn("Malformed", out)
            self.assertIn("Endpoint Mapper, Map", out)
            self.assertEqual(out.count(f"UUID: {PROVIDER} Version 1.0"), 2, out)
            self.assertIn(f"TCP Port: {site.interface_port()}", out)
            self.assertIn("nca_s_fault_access_denied", out)

    def test_they_are_not_answered_by_default(self):
        with StandardSite() as site, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
            site.start_site()
            talker.settimeout(20)
            talker.connect(("127.0.0.1", 135))
            with self.assertRaises(ConnectionRefusedError):
                self.ask(talker, datagram_call(self.MAPPER, 3, map_stub(PROVIDER)))


class Settings(unittest.TestCase):
    def refused(self, site):
        done = subprocess.run([BIN / "musterd", "--config", site.path("site/musterd.yaml")], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 1)
        return done.stderr

    def test_the_mappers_port_cannot_be_moved(self):
        with StandardSite() as site:
            site.configure("site", **{"ports__26__rpc_endpoint_mapper": "1135"})
            self.assertIn("M1353", self.refused(site))

    def test_a_range_without_a_free_port_is_said_with_its_connection(self):
        with StandardSite() as site:
            site.start("signer")
            site.cli("site", "wait", "signer")
            taken = []
            for port in range(FIRST, LAST + 1):
                taken.append(socket.create_server(("127.0.0.1", port)))
            error = self.refused(site)
            self.assertIn("M1201", error)
            self.assertIn("26 RPC", error)
            for each in taken:
                each.close()

    def test_a_host_without_an_interface_has_no_mapper(self):
        with StandardSite() as site:
            yaml = site.path("site/musterd.yaml")
            yaml.write_text(re.sub(r"^ *- provider\n", "", yaml.read_text(), flags=re.M))
            site.start("signer")
            site.cli("site", "wait", "signer")
            site.start("site")
            wait_until(lambda: is_open(443), "the management point")
            wait_until(lambda: [e for e in site.events("site", "host.listening") if e["port"] == 443], "its event")
            self.assertFalse(is_open(135))


if __name__ == "__main__":
    unittest.main()
