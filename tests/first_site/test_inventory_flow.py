"""Inventory after the first: a delta of what changed, a resync where the site's rows are not the client's."""
import re
import sqlite3
import unittest

from site_under_test import Site, wait_until


class InventoryFlow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.site.start_all()
        cls.count = cls.software()
        assert cls.count > 10, cls.count

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    @classmethod
    def software(cls):
        text = cls.site.cli("query", "InstalledSoftware | summarize count()", "-o", "csv")
        numbers = re.findall(r"\d+", text)
        return int(numbers[-1]) if numbers else 0

    def restart_client_with(self, change):
        self.site.start_client_with_packages(change(open("/var/lib/dpkg/status", encoding="utf-8").read()))

    @staticmethod
    def without_dash_and_with_two_more(status):
        packages = [p for p in status.split("\n\n") if not p.startswith("Package: dash\n")]
        for name in ("zzz-first", "zzz-second"):
            packages.insert(-1, f"Package: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0-1\n"
                                f"Maintainer: nobody <a@b>\nDescription: made for a test")
        return "\n\n".join(packages)

    def names(self, pattern):
        answer = self.site.json("query", f"InstalledSoftware | where Name {pattern} | project Name")
        return sorted(row[-1] for row in answer["rows"])

    def test_1_a_delta_carries_the_difference_alone(self):
        before = len(self.site.events("client", "inventory.reported"))
        self.restart_client_with(self.without_dash_and_with_two_more)
        wait_until(lambda: self.software() == self.count + 1, "the changed count")
        self.assertEqual(self.names("startswith 'zzz-'"), ["zzz-first", "zzz-second"])
        self.assertEqual(self.names("== 'dash'"), [])
        reports = self.site.events("client", "inventory.reported")
        self.assertEqual(len(reports), before + 1)
        self.assertFalse(reports[-1]["full"])
        self.assertLessEqual(reports[-1]["rows"], 4)
        database = sqlite3.connect(self.site.path("site/site.db"))
        kind, added, removed = database.execute("SELECT kind, length(added), length(removed) FROM inventory_log "
                                                "ORDER BY sequence DESC").fetchone()
        self.assertEqual(kind, "delta")
        self.assertLess(added + removed, 200)

    def test_2_a_delta_on_other_rows_is_not_applied_but_followed_by_all_of_them(self):
        site = self.site
        site.stop("client")
        site.stop("site")
        database = sqlite3.connect(site.path("site/site.db"))
        with database:  # the site has other rows, as with a database from a backup
            database.execute("UPDATE device SET inventory_digest = "
                             "replace(replace(inventory_digest, '1', '2'), 'a', 'b')")
        database.close()
        site.start("site")
        site.wait_for_site()
        before = len(site.events("client", "inventory.reported"))
        self.restart_client_with(lambda status: status)
        wait_until(lambda: [e for e in site.events("client", "inventory.reported")[before:] if e["full"]],
                   "a full report on demand")
        wait_until(lambda: self.software() == self.count, "the machine's own count again")
        self.assertEqual(self.names("== 'dash'"), ["dash"])
        self.assertTrue(site.events("site", "inventory.resync"))


if __name__ == "__main__":
    unittest.main()
