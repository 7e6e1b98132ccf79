"""The fallback status point (13): what strangers can do with it, and a client whose management point is away for a day.

Also here: a locator point's answers that somebody alters, repeats or swaps on their way are refused by the client.
"""
import calendar
import http.client
import http.server
import json
import os
import pathlib
import re
import socket
import sqlite3
import struct
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request
import uuid

from relay import Relay
from site_under_test import Site, wait_until

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
POINT = "http://127.0.0.1:20080"


def message(**changes):
    out = {"format": 1, "id": uuid.uuid4().hex, "client": uuid.uuid4().hex, "name": "forged-01",
           "at": "2026-01-01T00:00:00Z", "topic": 800, "state": 315, "cause": 2400}
    out.update(changes)
    return json.dumps({key: value for key, value in out.items() if value is not None}).encode()


class Stranger:
    """One kept connection of one address, a bare socket: ten thousand messages shall take seconds."""
    def __init__(self, address="127.0.0.1"):
        self.address, self.connection = address, None

    def post(self, body):
        head = (f"POST /fallback/messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        if self.connection is None:
            self.connection = socket.create_connection(("127.0.0.1", 20080), timeout=20,
                                                       source_address=(self.address, 0))
        answer = b""
        try:
            self.connection.sendall(head + body)
            while b"\r\n\r\n" not in answer or len(answer) < self.size(answer):
                part = self.connection.recv(65536)
                if not part:
                    break
                answer += part
        except ConnectionError:
            pass
        if not answer or re.search(rb"(?i)\r\nconnection: close", answer):
            self.close()
        # Nothing: the address opens connections faster than it may.
        return int(answer[9:12] or 0)

    @staticmethod
    def size(answer):
        head = answer.partition(b"\r\n\r\n")[0]
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        return len(head) + 4 + (int(length.group(1)) if length else 0)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def __del__(self):
        self.close()


class Strangers(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        yaml = self.site.path("site/musterd.yaml")
        yaml.write_text(yaml.read_text() + "  fallback.address_messages: 100\n  fallback.site_messages: 150\n")
        self.site.start_all()

    def kept(self):
        return self.site.json("get", "fallback-messages")

    def handed_on(self):
        """What the point has counted as gone to the site: pairs of minute and number behind its position."""
        state = self.site.path("site/fallback/position").read_bytes()[10:]
        return sum(struct.unpack(">QQ", state[at:at + 16])[1] for at in range(0, len(state), 16))

    def backlog(self):
        return json.loads(self.site.cli("site", "show", "-o", "json"))["inboxBacklogBytes"]

    def test_ten_thousand_forged_replayed_and_oversized_messages(self):
        devices = self.site.json("get", "devices")
        status = len(self.site.json("get", "status-messages"))
        real = json.dumps(devices)
        identity = re.search(r'"id": ?"([0-9a-f]{32})"', real).group(1)
        good = message(client=identity, name="the-real-one")
        stranger = Stranger()
        codes = {}
        for number in range(10000):
            body = (message() if number % 4 == 0 else good if number % 4 == 1 else
                    b"x" * 2000 if number % 4 == 2 else message(name="n" * 500))
            code = stranger.post(body)
            codes[code] = codes.get(code, 0) + 1
        self.assertLessEqual({204, 413, 429}, set(codes), codes)
        self.assertLessEqual(set(codes), {0, 204, 400, 413, 429}, codes)
        self.assertLessEqual(codes[204], 102, codes)  # the quota, and what grows anew in some seconds
        self.assertGreater(codes[429] + codes.get(0, 0), 7000, codes)
        # Another address is served all the same, up to what the site takes in an hour.
        other = Stranger("127.0.0.2")
        taken = sum(other.post(message()) == 204 for _ in range(150))
        self.assertLessEqual(taken, 102)
        third = Stranger("127.0.0.3")
        taken += sum(third.post(message()) == 204 for _ in range(90))
        self.assertGreater(taken, 180)
        wait_until(lambda: self.site.events("site", "fallback.share.used"), "the site's share is used")
        wait_until(lambda: self.handed_on() == 150 and self.backlog() == 0, "the site took its share")
        kept = self.kept()
        self.assertLessEqual(len(kept), 150)
        self.assertGreater(len(kept), 100)
        self.assertEqual(len({each["id"] for each in kept}), len(kept))
        self.assertEqual(sum(each["claimed"]["name"] == "the-real-one" for each in kept), 1)  # replays are one
        # Nothing of it is trusted: devices, their states and status messages are what they were.
        of_time = ("lastSeen", "lastContact", "connectedSince")
        unchanged = lambda list: [{k: v for k, v in each.items() if k not in of_time} for each in list]
        self.assertEqual(unchanged(self.site.json("get", "devices")), unchanged(devices))
        self.assertEqual(len(self.site.json("get", "status-messages")), status)
        self.assertEqual(self.site.json("get", "quarantine"), [])
        # A restart gives no new share.
        self.site.stop("site")
        self.site.start("site")
        self.site.wait_for_site()
        self.assertEqual(Stranger("127.0.0.4").post(message(name="after-restart")), 204)
        wait_until(lambda: len(self.site.events("site", "fallback.share.used")) == 2, "it is used still")
        wait_until(lambda: self.backlog() == 0, "an empty inbox")
        self.assertEqual((self.handed_on(), len(self.kept())), (150, len(kept)))

    def test_hostile_documents_are_refused(self):
        good = json.loads(message())
        bad = [b"", b"{}", b"[]", b"null", b"{" * 500, b"\xff" * 100, b'{"format":1}', message(extra="x"), message(format=2),
               message(id="x"), message(id="0" * 31), message(client="../../x"), message(name=""), message(name="a" * 64),
               message(name="a\u001b[31m"), message(name="<script>"), message(name="a b"), message(topic=801),
               message(topic=800, state=999), message(topic=1000, state=100), message(state=-1), message(cause=10000),
               message(cause="x"), message(at="yesterday"), message(site="p1"), message(id=None), message(name=None),
               json.dumps(good).encode()[:-1], json.dumps(good).encode() * 2]
        stranger = Stranger("127.0.0.7")
        for body in bad:
            self.assertEqual(stranger.post(body), 400, body)
        self.assertEqual(stranger.post(b"x" * 1025), 413)
        self.assertEqual(stranger.post(message()), 204)
        for method in ("GET", "PUT", "DELETE"):  # write-only
            connection = http.client.HTTPConnection("127.0.0.1", 20080, timeout=20)
            connection.request(method, "/fallback/messages")
            self.assertEqual(connection.getresponse().status, 403)
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--interface", "127.0.0.8", "-H",
                               "Content-Type: application/json", "-d", message(name="by-curl").decode(),
                               f"{POINT}/fallback/messages"], capture_output=True)
        self.assertEqual(done.stdout, b"204")
        wait_until(lambda: any(e["claimed"]["name"] == "by-curl" for e in self.kept()), "curl's message")
        self.assertIn("the client got no certificate", self.site.cli("get", "fallback-messages"))


class DayAway(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.clock = self.site.path("clock")
        self.set_clock(0)
        self.environment = dict(LD_PRELOAD=str(FAKETIME), FAKETIME_TIMESTAMP_FILE=str(self.clock),
                                FAKETIME_NO_CACHE="1", DONT_FAKE_MONOTONIC="1")

    def set_clock(self, hours):
        aside = self.clock.with_suffix(".new")
        aside.write_text(f"+{hours * 3600}\n")
        aside.rename(self.clock)

    def cli(self, *words):
        return self.site.cli(*words, env=self.environment)

    def json(self, kind):
        return json.loads(self.cli("get", kind, "-o", "json"))

    def start(self, *names):
        os.environ.update(self.environment)
        try:
            for name in names:
                self.site.start(name)
        finally:
            for variable in self.environment:
                del os.environ[variable]

    def test_a_day_without_a_management_point(self):
        yaml = self.site.path("site/musterd.yaml")
        wire = Relay()  # the only way to the only management point that the site lists
        yaml.write_text(yaml.read_text() + "  heartbeat.interval: PT1H\n  inventory.interval: PT6H\n"
                        f"  management_points: https://127.0.0.1:{wire.port}\n")
        self.start("signer")
        self.site.cli("site", "wait", "signer")
        self.start("site")
        self.site.wait_for_site()
        self.site.cli("login")
        self.site.cli("token", "create", "--output", str(self.site.path("client/token")))
        config = self.site.path("client/client.yaml")
        text = re.sub(r"(?m)^managementPoint: .*$", f"managementPoint: https://127.0.0.1:{wire.port}", config.read_text())
        text = re.sub(r"(?m)^fallbackStatusPoint: .*\n", "", text) + "  retry.longest: PT5M\n"
        config.write_text(f"fallbackStatusPoint: {POINT}\n" + text)
        self.start("client")
        self.site.cli("site", "wait", "device", self.site.host())

        # A deployment whose time comes while nobody is there to hear of it.
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 6 * 3600))
        first = pathlib.Path(__file__).resolve().parents[2] / "examples/first/first.yaml"
        text = re.sub(r"(start|deadline): now", rf"\g<1>: {later}", first.read_text()).replace("source: ", f"source: {first.parent}/")
        self.site.path("later.yaml").write_text(text)
        self.site.cli("apply", "-f", str(self.site.path("later.yaml")))
        wait_until(lambda: self.site.events("client", "software.status"), "the client knows of the deployment")
        before = len(self.site.json("get", "status-messages"))

        port = wire.port
        wire.close()
        for hour in range(1, 25):
            self.set_clock(hour)
            wait_until(lambda: self.polls_failed_at(hour), f"a failed poll in hour {hour}", 30)
        ended = wait_until(lambda: [e for e in self.site.events("client", "software.status")
                                    if "succe" in e["text"].lower()], "the program ran while nobody heard of it")
        self.assertEqual(len(ended), 1)
        # Within these seconds of real time the site's own certificate was not renewed, so its database is asked.
        with sqlite3.connect(f"file:{self.site.path('site/site.db')}?mode=ro", uri=True) as database:
            claims = database.execute("SELECT state FROM fallback_message WHERE topic = 1000").fetchall()
            heard = database.execute("SELECT count(*) FROM status_message").fetchone()[0]
        self.assertEqual(set(claims), {(2,)})
        self.assertGreaterEqual(len(claims), 12)
        self.assertLessEqual(len(claims), 26)
        self.assertEqual(heard, before)

        # The management point returns; with it everything that waited, once.
        self.site.stop("site")
        self.start("site")
        self.site.wait_for_site()
        wire = Relay(port=port)
        self.addCleanup(wire.close)
        self.set_clock(25)
        self.cli("login")
        wait_until(lambda: any(e["statusId"] == 10008 for e in self.json("status-messages")), "what waited")
        wait_until(lambda: any(e["topic"] == 1000 and e["state"] == 1 for e in self.json("fallback-messages")),
                   "contact again")
        messages = self.json("status-messages")
        for status in (10005, 10008):
            self.assertEqual(sum(e["statusId"] == status for e in messages), 1, messages)
        told = len([e for e in self.site.events("client", "software.status")])
        self.assertEqual(len(messages), told)

    def polls_failed_at(self, hour):
        limit = time.time() + hour * 3600 - 60
        for event in reversed(self.site.events("client", "policy.poll.failed")):
            stamp = calendar.timegm(time.strptime(event["time"][:19], "%Y-%m-%dT%H:%M:%S"))
            return stamp > limit
        return False


class BadAnswers(unittest.TestCase):
    """Somebody between client and locator point."""
    def test_altered_replayed_and_swapped_answers_are_refused(self):
        site = Site()
        self.addCleanup(site.close)
        site.start_site()
        boundary = site.path("all.yaml")
        boundary.write_text("apiVersion: muster/v1\nkind: Boundary\nmetadata: {name: all}\nspec: {subnet: 127.0.0.0/8}\n")
        site.cli("apply", "-f", str(boundary))
        site.cli("token", "create", "--output", str(site.path("client/token")))
        kept = []

        class Between(http.server.BaseHTTPRequestHandler):
            trick = "altered"

            def log_message(self, *unused):
                pass

            def do_GET(self):
                path = self.path
                if path.startswith("/locator") and Between.trick == "swapped":
                    path = path + "&addresses=10.7.0.1" if "addresses" not in path else re.sub(r"addresses=[^&]*", "addresses=10.7.0.1", path)
                try:
                    body = urllib.request.urlopen(POINT + path).read()
                except urllib.error.HTTPError as refusal:
                    self.send_error(refusal.code)
                    return
                if path.startswith("/locator"):
                    kept.append(body)
                    if Between.trick == "altered":
                        body = body.replace(b"https://127.0.0.1", b"https://127.0.0.9")
                    if Between.trick == "replayed":
                        body = kept[0]
                    if Between.trick == "another":
                        body = urllib.request.urlopen(f"{POINT}/public/management-points").read()
                    if Between.trick == "stranger":
                        body = re.sub(rb"^(\S+ \S+ )[0-9a-f]{64}", rb"\g<1>" + b"0" * 64, body)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        config = site.path("client/client.yaml")
        config.write_text(f"state: {site.path('client')}\ntokenFile: token\nsiteCode: AUTO\n"
                          f"serverLocatorPoints: ['http://127.0.0.1:{server.server_port}']\n"
                          "settings: {assignment.retry: PT1S, retry.first: PT0.5S, retry.longest: PT1S}\n")
        site.start("client")
        for trick, error in [("altered", 1501), ("replayed", 2411), ("swapped", 2412), ("another", 1503),
                             ("stranger", 1502)]:
            Between.trick = trick
            wait_until(lambda: any(e["error"] == error for e in site.events("client", "client.unmanaged")), trick)
            self.assertFalse(site.events("client", "client.assigned"), trick)
        Between.trick = "none"
        wait_until(lambda: site.events("client", "client.enrolled"), "the truth is taken")


if __name__ == "__main__":
    unittest.main()
