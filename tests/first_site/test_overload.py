"""A site with more requests than it can take: what is put off, in which order, and who notices.

Counts and orders alone: how fast this machine is says nothing here. bench/overload.py measures.
"""
import json
import math
import re
import ssl
import threading
import time
import unittest
from datetime import datetime

from metrics_of import ask, families, token_of, value
from site_under_test import Site, wait_until
from spoken_device import SpokenDevice


def seconds_of(line):
    return datetime.fromisoformat(line["time"].replace("Z", "+00:00")).timestamp()


def is_answered(connection):
    connection.sock.settimeout(0)
    try:
        connection.sock.recv(1)
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except OSError:
        pass
    return True


class Overload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        # Eight requests at once; a body of at most half of that is an inventory's.
        cls.site.configure("site", http__queue=8, http__device_rate=20, http__connections_per_address=400)
        cls.site.configure("client", retry__first="PT0.2S", retry__longest="PT6S")
        cls.site.start_all()
        cls.honest = SpokenDevice(cls.site, "honest")
        cls.other = SpokenDevice(cls.site, "other")
        wait_until(lambda: cls.honest.poll() == 200 and cls.other.poll() == 200, "their policies")

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def open(self, device):
        connection = device.connect()
        self.addCleanup(connection.close)
        return connection

    def fill(self, kind, places):
        """Takes so many places of this class with requests whose bodies do not come."""
        held = []
        self.addCleanup(lambda: [each.close() for each in held])
        present = lambda: value(self.site, "muster_admission_requests_present", **{"class": kind})

        def taken():
            if len(held) < places:
                held.append(self.other.hold_place(kind))
            # On a busy machine one may be put off for that alone: it is answered, and asks again.
            for each in [each for each in held if is_answered(each)]:
                each.close()
                held.remove(each)
            return len(held) == places and present() >= places
        wait_until(taken, "the places are taken", 60)
        return held

    def test_1_the_last_class_is_put_off_first_and_a_revocation_never(self):
        held = self.fill("inventory", 4)
        connection = self.open(self.honest)
        code, headers = self.honest.send(connection, "inventory")
        self.assertEqual(code, 503)
        self.assertGreaterEqual(int(headers["Retry-After"]), 60)
        # The connection stays, and what matters more is taken.
        self.assertEqual(self.honest.send(connection, "status")[0], 204)
        self.assertEqual(self.honest.ask(connection)[0], 200)
        refused = value(self.site, "muster_admission_requests_total", **{"class": "inventory", "outcome": "refused"})
        self.assertGreaterEqual(refused, 1)
        # Clients that are told to come again are not told the same time.
        waits = {int(self.honest.send(connection, "inventory")[1]["Retry-After"]) for _ in range(4)}
        self.assertGreaterEqual(len(waits), 3)
        victim = SpokenDevice(self.site, "victim")
        kept = self.open(victim)
        wait_until(lambda: victim.ask(kept)[0] == 200, "its policy")
        self.site.cli("block", "device", "victim")
        self.assertEqual(victim.ask(kept)[0], 403)
        for each in held:
            each.close()
        inventory = self.honest.message("inventory", b"{}")
        wait_until(lambda: self.honest.send(connection, "inventory", inventory)[0] == 204, "room again", 10)

    def test_2_a_message_is_not_let_in_as_what_it_is_not(self):
        connection = self.open(self.honest)
        message = self.honest.message("inventory", b"{}")
        code, _ = self.honest.send(connection, "status", message)
        self.assertEqual(code, 400)

    def test_3_one_client_beyond_its_rate_waits_and_others_do_not(self):
        hostile = SpokenDevice(self.site, "hostile")
        wait_until(lambda: hostile.poll() == 200, "its policy")
        stop, answers, lock = threading.Event(), {}, threading.Lock()

        def storm():
            connection = self.open(hostile)
            while not stop.is_set():
                code, headers = hostile.ask(connection)
                if code == 429:
                    self.assertTrue(headers["Retry-After"])
                with lock:
                    answers[code] = answers.get(code, 0) + 1

        begun = time.monotonic()
        crowd = [threading.Thread(target=storm) for _ in range(8)]
        for each in crowd:
            each.start()
        try:
            wait_until(lambda: answers.get(429, 0) >= 8, "its first refusals", 30)
            connection = self.open(self.honest)
            self.assertEqual({self.honest.ask(connection)[0] for _ in range(50)}, {200})
            self.assertEqual(self.honest.send(connection, "status")[0], 204)
        finally:
            stop.set()
            for each in crowd:
                each.join()
        passed = time.monotonic() - begun
        self.assertLessEqual(answers[200], 200 + 20 * passed + 1)  # ten seconds' worth, and the rate
        # A refusal takes two seconds, so eight connections get no more than that.
        self.assertLessEqual(answers[429], 8 * math.ceil(passed / 2 + 1))
        self.assertGreaterEqual(value(self.site, "muster_admission_client_refusals_total"), answers[429])

    def test_4_the_client_waits_as_it_was_asked_and_then_delivers(self):
        self.site.client_cli("trigger", "inventory")
        wait_until(lambda: self.site.events("client", "inventory.reported"), "its first inventory")
        held = self.fill("inventory", 4)
        kept_status = self.fill("status", 2)
        own = lambda: next(each for each in self.site.json("get", "devices") if each["name"] == self.site.host())
        seen = own()["lastSeen"]
        failures = lambda: self.site.events("client", "outbox.send.failed")
        before = len(failures())
        self.site.client_cli("trigger", "heartbeat")
        put_off = wait_until(lambda: failures()[before:], "a put-off heartbeat", 20)[0]
        self.assertIn("1919", json.dumps(put_off))
        self.site.client_cli("trigger", "policy")
        wait_until(lambda: self.site.events("client", "policy.poll.stretched"), "a stretched poll", 20)
        # Now there is room. The next try was to come after a fifth of a second; the site asked for more, and what
        # is sent meanwhile waits with it.
        for each in held + kept_status:
            each.close()
        self.site.client_cli("trigger", "heartbeat")
        delivered = wait_until(lambda: (last := own()["lastSeen"]) != seen and last, "the heartbeat in the end", 40)
        # Six seconds from when it was sent; its refusal took two of them.
        self.assertGreaterEqual(seconds_of({"time": delivered}) - seconds_of(put_off), 3.5)


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.site.start_all()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_nobody_reads_them_without_token_or_operators_certificate(self):
        token = token_of(self.site)
        self.assertEqual(self.site.path("site/metrics/token").stat().st_mode & 0o777, 0o600)
        stranger = ask(self.site)
        self.assertEqual(stranger[0], 403)
        self.assertEqual(ask(self.site, "/nothing")[2], stranger[2])  # a stranger learns nothing
        for wrong in (token[:-1], token + "0", "0" * 64, token.upper() if token != token.upper() else "x"):
            self.assertEqual(ask(self.site, token=wrong)[0], 403, wrong)
        device = (self.site.path("client/identity/identity.pem"),)
        self.assertEqual(ask(self.site, identity=device)[0], 403)
        self.assertEqual(ask(self.site, token=token)[0], 200)
        operator = [self.site.path("operator", name) for name in ("certificate.pem", "certificate.key")]
        self.assertEqual(ask(self.site, identity=operator)[0], 200)
        # The token opens this page and nothing else, and is in no log.
        self.assertEqual(ask(self.site, "/api/v1/devices", token=token)[0], 403)
        self.assertNotIn(token, self.site.path("site/musterd.log").read_text())
        self.assertNotIn(token, ask(self.site, token=token)[2])

    def test_prometheus_reads_them(self):
        wait_until(lambda: value(self.site, "muster_fleet_rows") > 0, "the inventory")
        read = families(self.site)
        names = [family["name"] for family in read]
        self.assertEqual(len(names), len(set(names)))
        for family in read:
            self.assertTrue(family["help"], family["name"])
            self.assertIn(family["kind"], ("counter", "gauge", "histogram"))
            self.assertRegex(family["name"], r"^(muster|process)_[a-z_]+$")
        self.assertIn("text/plain; version=0.0.4", ask(self.site, token=token_of(self.site))[1]["Content-Type"])
        at_least = {"muster_http_connections_total": 2, "muster_policy_headers_made_total": 1,
                    "muster_signer_calls_total": 3, "muster_messages_taken_total": 1, "muster_fleet_devices": 1,
                    "muster_fleet_rows": 100, "muster_inbox_appended_bytes_total": 1000,
                    "muster_collection_membership_changes_total": 1,
                    "muster_fact_visible_duration_seconds_count": 1, "process_resident_memory_bytes": 1e6,
                    "process_open_fds": 10, "process_cpu_seconds_total": 0.01, "process_start_time_seconds": 1.6e9}
        for name, least in at_least.items():
            self.assertGreaterEqual(value(self.site, name), least, name)
        polls = value(self.site, "muster_http_requests_total", route="/mp/policy")
        self.assertGreaterEqual(polls, 1)
        messages = value(self.site, "muster_admission_requests_total", outcome="admitted", **{"class": "inventory"})
        self.assertGreaterEqual(messages, 1)
        for kind in ("read", "write"):
            done = value(self.site, "muster_database_transactions_total", kind=kind, outcome="done")
            counted = value(self.site, "muster_database_transaction_duration_seconds_count", kind=kind)
            self.assertGreaterEqual(done, 1)
            self.assertGreaterEqual(counted, done)

    def test_counters_rise_with_what_they_count_and_labels_come_from_no_request(self):
        before = value(self.site, "muster_http_requests_total", route="none")
        lines = len(ask(self.site, token=token_of(self.site))[2].splitlines())
        for i in range(40):
            self.assertEqual(ask(self.site, f"/made-up/{i}")[0], 403)
        self.assertEqual(value(self.site, "muster_http_requests_total", route="none"), before + 40)
        text = ask(self.site, token=token_of(self.site))[2]
        self.assertNotIn("made-up", text)
        self.assertEqual(len(text.splitlines()), lines)
        self.assertIsNone(re.search(r"[0-9a-f]{32}", text))  # no device, no hash, no secret
        self.assertTrue(json.dumps(text))


if __name__ == "__main__":
    unittest.main()
