"""Classes that an operator declares: their rows arrive, and no client runs a command that no operator signed."""
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from site_under_test import BIN, Site, wait_until

LICENCE = """apiVersion: muster/v1
kind: InventoryClass
metadata: {{name: licences}}
spec:
  class: Licence
  sentence: A licence that an application has written down.
  columns:
    - {{name: Product, sentence: What is licensed., from: product}}
    - {{name: Seats, type: Integer, sentence: How many may use it., from: seats}}
    - {{name: Version, type: Version, sentence: For which version., from: version}}
{more}  files: {{paths: ["{root}/licences/*.ini"]}}
  format: {{ini: {{rowPerSection: true}}}}
"""

SHAPE = """apiVersion: muster/v1
kind: InventoryClass
metadata: {{name: shapes}}
spec:
  class: Shape
  sentence: What a command says.
  columns:
    - {{name: Name, kind: Unique, sentence: Its name.}}
    - {{name: Sides, type: Integer, sentence: How many sides it has.}}
  command: {{argv: [/bin/sh, -c, "echo ran >> {root}/ran; echo square 4; echo noise >&2; echo triangle 3"]}}
  format: {{lines: {{pattern: "{{Name}} {{Sides}}"}}}}
"""

COLLECTION = """apiVersion: muster/v1
kind: Collection
metadata: {name: with-triangles}
spec: {rules: [{query: "Shape | where Name == 'triangle' and Sides == 3"}]}
"""


class InventoryClasses(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        # What the machine's own administrator says is trusted only where nobody else could write it.
        if os.getuid() == 0 and os.access("/var/lib", os.W_OK):
            cls.local = pathlib.Path(tempfile.mkdtemp(prefix="muster-test-classes-", dir="/var/lib"))
            cls.addClassCleanup(shutil.rmtree, cls.local, True)
            cls.site.configure("client", inventory__local_classes=str(cls.local))
        cls.site.start_all()
        cls.site.path("licences").mkdir()
        cls.site.path("licences/one.ini").write_text("[a]\nproduct = Editor\nseats = 12\nversion = 1.10\n")
        cls.site.path("licences/two.ini").write_text("[b]\nproduct = Compiler\nseats = many\n")
        # What lies behind a link is somebody else's, and never read for it.
        cls.site.path("secret").write_text("[s]\nproduct = Secret\n")
        cls.site.path("licences/link.ini").symlink_to(cls.site.path("secret"))

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def apply(self, text, ok=True):
        file = self.site.path("objects.yaml")
        file.write_text(text)
        return self.site.cli("apply", "-f", str(file), ok=ok)

    def licence(self, more=""):
        return LICENCE.format(root=self.site.path(), more=more)

    def rows(self, query):
        return [row[1:] for row in self.site.json("query", query)["rows"]]  # the first column is the device

    def trigger(self, cycle):
        done = subprocess.run([BIN / "muster-client", "--state", self.site.path("client"), "trigger", cycle],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def wait_for_rows(self, query, rows):
        def there():
            done = self.site.cli("query", query, "-o", "json", ok=False)
            return done.returncode == 0 and sorted((row[1:] for row in json.loads(done.stdout)["rows"]), key=str) == sorted(rows, key=str)
        wait_until(there, f"{query}: {rows}; it says {self.site.cli('query', query, ok=False).stdout}; "
                          f"{self.site.log('client')[-3:]}")

    def test_1_rows_of_files_and_of_a_command_arrive_and_a_collection_follows_them(self):
        # One apply: the collection asks for a class that is declared beside it.
        self.apply(COLLECTION + "---\n" + self.licence() + "---\n" + SHAPE.format(root=self.site.path()))
        self.trigger("policy")
        self.wait_for_rows("Licence | project Product, Seats", [["Editor", 12], ["Compiler", None]])
        self.wait_for_rows("Shape | project Name, Sides", [["square", 4], ["triangle", 3]])
        self.assertEqual(self.rows("Licence | where Version > v\"1.9\" | project Product"), [["Editor"]])
        wait_until(lambda: next(c for c in self.site.json("get", "collections")
                                if c["metadata"]["name"] == "with-triangles")["status"]["members"] == 1, "the member")
        self.assertIn("Licence: 2 rows", self.site.cli("describe", "device", self.site.host()))
        listed = {c["metadata"]["name"]: c["spec"]["class"] for c in self.site.json("get", "inventory-classes")}
        self.assertEqual(listed, {"licences": "Licence", "shapes": "Shape"})
        self.assertEqual(self.site.cli("diff", "-f", str(self.site.path("objects.yaml"))), "")

    def test_2_an_export_is_what_was_applied(self):
        self.site.cli("export", "-o", str(self.site.path("copy")))
        self.assertEqual(self.site.cli("diff", "-f", str(self.site.path("copy"))), "")
        self.assertIn("unchanged", self.site.cli("apply", "-f", str(self.site.path("copy"))))

    def test_3_a_changed_file_is_a_small_delta(self):
        before = len(self.site.events("client", "inventory.reported"))
        self.site.path("licences/two.ini").write_text("[b]\nproduct = Compiler\nseats = 3\n")
        self.trigger("inventory")
        self.wait_for_rows("Licence | project Product, Seats", [["Editor", 12], ["Compiler", 3]])
        reports = self.site.events("client", "inventory.reported")[before:]
        self.assertEqual([r["full"] for r in reports], [False])

    def test_4_columns_are_added_and_never_changed(self):
        refused = self.apply(self.licence().replace("Seats, type: Integer", "Seats, type: Text"), ok=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("class-changed", refused.stderr)
        reports = len(self.site.events("client", "inventory.reported"))
        self.site.path("licences/one.ini").write_text("[a]\nproduct = Editor\nseats = 12\nversion = 1.10\nowner = Ada\n")
        self.apply(self.licence("    - {name: Owner, sentence: Who has it., from: owner}\n"))
        self.trigger("policy")
        self.wait_for_rows("Licence | where Owner == 'Ada' | project Product", [["Editor"]])
        self.assertFalse(any(r["full"] for r in self.site.events("client", "inventory.reported")[reports:]))

    def test_4b_the_machines_own_administrator_says_where_the_rows_are(self):
        if not hasattr(type(self), "local"):
            self.skipTest("no folder here is root's alone")
        own = self.licence("    - {name: Owner, sentence: Who has it., from: owner}\n")
        self.site.path("own").mkdir()
        self.site.path("own/mine.ini").write_text("[m]\nproduct = Local\nseats = 1\n")
        (self.local / "licences.yaml").write_text(own.replace("/licences/*.ini", "/own/*.ini"))
        # Of a class that the site does not know there are no rows: one of them would be refused with all others.
        (self.local / "other.yaml").write_text(own.replace("class: Licence", "class: Other"))
        self.trigger("policy")
        self.wait_for_rows("Licence | project Product, Seats", [["Local", 1]])
        told = [line["error"] for line in self.site.events("client", "inventory.local.refused")]
        self.assertEqual(told, [2487])
        (self.local / "licences.yaml").unlink()
        self.trigger("policy")
        self.wait_for_rows("Licence | project Product, Seats", [["Editor", 12], ["Compiler", 3]])
        self.assertEqual(self.site.json("get", "quarantine"), [])

    def test_5_a_class_that_a_collection_asks_for_stays(self):
        refused = self.site.cli("delete", "inventory-class", "shapes", ok=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("collection with-triangles", refused.stderr)

    def test_6_the_rows_of_a_deleted_class_go(self):
        self.site.cli("delete", "inventory-class", "licences")
        wait_until(lambda: "no class 'Licence'" in self.site.cli("query", "Licence", ok=False).stderr, "its end")
        self.trigger("policy")
        device = self.site.host()
        wait_until(lambda: "Licence" not in self.site.cli("describe", "device", device), "its rows")
        reports = self.site.events("client", "inventory.reported")
        wait_until(lambda: self.site.events("client", "inventory.reported")[-1]["full"], f"all the others: {reports}")
        self.wait_for_rows("Shape | project Name", [["square"], ["triangle"]])
        self.assertEqual(self.site.json("get", "quarantine"), [])

    def test_7_a_command_that_the_site_server_put_there_never_runs(self):
        site = self.site
        site.stop("client")
        site.stop("site")
        with sqlite3.connect(site.path("site/site.db"), timeout=20) as database:
            version, document = database.execute(
                "SELECT version, bytes FROM catalogue_document WHERE role = 'class-shapes' "
                "ORDER BY version DESC LIMIT 1").fetchone()
            spec = json.loads(document)["signed"]["targets"]["classes/shapes/spec.json"]["custom"]["muster"]["spec"]
            forged = document.decode().replace("echo ran >> ", "echo EVIL >> ")
            self.assertNotEqual(forged, document.decode())
            # All that can be made without the operator's key is right: the hash of the spec too.
            canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            evil = canonical.replace("echo ran >> ", "echo EVIL >> ")
            forged = forged.replace(hashlib.sha256(canonical.encode()).hexdigest(),
                                    hashlib.sha256(evil.encode()).hexdigest())
            forged = forged.replace(f'"length":{len(canonical.encode())}', f'"length":{len(evil.encode())}')
            database.execute("UPDATE catalogue_document SET bytes = ?, sha256 = ? WHERE role = 'class-shapes' "
                             "AND version = ?", (forged.encode(), hashlib.sha256(forged.encode()).digest(), version))
        site.path("ran").unlink()
        site.start("site")
        site.wait_for_site()
        site.start("client")
        told = wait_until(lambda: next((e for e in site.events("client", "policy.part.refused")
                                        if "class-shapes" in e["text"]), None), "the refusal in the client's log")
        self.assertIn("bad-signature", told["text"])
        wait_until(lambda: any(m["statusId"] == 11800 and "class-shapes" in m["detail"]
                               for m in site.json("get", "status-messages")), "the refusal at the site")
        # What the operator signed is followed as before.
        site.path("ran").unlink(missing_ok=True)
        self.trigger("inventory")
        wait_until(lambda: site.path("ran").exists(), "the operator's command")
        self.assertEqual(sorted(self.rows("Shape | project Name")), [["square"], ["triangle"]])
        self.assertNotIn("EVIL", site.path("ran").read_text())
        site.stop("client")
        # After a restart nothing but the forged document is named, and the rows go.
        site.start("client")
        wait_until(lambda: self.rows("Shape") == [], "its rows to go")
        self.assertNotIn("EVIL", site.path("ran").read_text())


if __name__ == "__main__":
    unittest.main()
