"""Copies of files that an operator asks for: versions at the site, and what no client ever sends."""
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

from site_under_test import Site, wait_until


class FileCollections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        # The state folder is private, so what everybody may read is elsewhere.
        cls.open_folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-files-"))
        cls.addClassCleanup(shutil.rmtree, cls.open_folder, True)
        cls.open_folder.chmod(0o755)
        cls.site.start_all()

    def write(self, name, content, mode=0o644):
        path = self.open_folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def apply(self, name, paths, more="", ok=True):
        file = self.site.path("files.yaml")
        file.write_text(f"apiVersion: muster/v1\nkind: FileCollection\nmetadata: {{name: {name}}}\n"
                        f"spec: {{paths: {json.dumps([str(path) for path in paths])}{more}}}\n")
        return self.site.cli("apply", "-f", str(file), ok=ok)

    def files(self):
        """[path, size, number], newest first."""
        return [(each["path"], each["size"], each["number"])
                for each in self.site.json("get", "files", self.site.host())]

    def paths(self):
        return [path for path, _, _ in self.files()]

    def read(self, number):
        out = self.site.path("read")
        self.site.cli("file", self.site.host(), str(number), "-o", str(out))
        return out.read_bytes()

    def look(self):
        """The client looks at all of its files, after its newest policy."""
        self.site.client_cli("trigger", "policy")
        self.site.client_cli("trigger", "files")

    def test_1_a_file_arrives_and_its_bytes_are_read_with_an_entry_in_the_audit(self):
        content = b"listen 80\n\x00\xff binary too\n"
        path = self.write("web.conf", content)
        self.write("web.txt", b"not asked for")
        self.apply("web", [self.open_folder / "*.conf"])
        self.site.client_cli("trigger", "policy")
        wait_until(self.files, "the file")
        self.assertEqual([each[:2] for each in self.files()], [(str(path), len(content))])
        self.assertEqual(self.read(self.files()[0][2]), content)
        entry = next(e for e in self.site.json("get", "audit") if e["kind"] == "CollectedFile")
        self.assertEqual(entry["action"], "read")
        self.assertIn(str(path), entry["name"])
        wide = self.site.cli("get", "files", self.site.host(), "-o", "wide")
        self.assertIn(hashlib.sha256(content).hexdigest(), wide)
        self.assertRegex(self.site.cli("get", "policy", self.site.host()), r"file collection +files-web version 1, signed")

    def test_2_only_changes_are_sent_and_five_versions_stay(self):
        for number in range(6):
            self.write("web.conf", b"version %d" % number)
            self.look()
            wait_until(lambda: self.read(self.files()[0][2]) == b"version %d" % number, f"version {number}")
        self.assertEqual([self.read(number) for _, _, number in self.files()],
                         [b"version %d" % number for number in (5, 4, 3, 2, 1)])
        sent = len(self.site.events("client", "files.reported"))
        self.look()
        # The next change is the next message: the look before it sent nothing.
        self.write("web.conf", b"version 6")
        self.look()
        wait_until(lambda: self.read(self.files()[0][2]) == b"version 6", "the next version")
        self.assertEqual(len(self.site.events("client", "files.reported")), sent + 1)
        # Nor is it sent again after a restart of the client.
        self.site.kill("client")
        self.site.start("client")
        wait_until(lambda: self.site.client_cli("policy", ok=False).returncode == 0, "the client")
        self.write("more.conf", b"more")
        wait_until(lambda: self.look() or "more.conf" in self.paths()[0], "the new file")
        self.assertEqual([path for path in self.paths() if path.endswith("web.conf")],
                         [str(self.open_folder / "web.conf")] * 5)

    def test_3_what_is_private_goes_only_by_its_name_and_the_clients_own_key_never(self):
        private = self.write("private.conf", b"secret", 0o600)
        left_out = self.write("sub/marked.conf", b"marked")
        self.write("sub/skpswi.dat", b"")
        key = self.site.path("client/identity")
        self.assertTrue(key.exists())
        refused = self.apply("pattern", [self.open_folder / "*.key"], ", restricted: true", ok=False)
        self.assertIn("M1337", refused.stderr)
        self.apply("marked", [self.open_folder / "sub/*.conf"])
        self.look()

        def told(number):
            return [line["text"] for line in self.site.events("client", "files.left.out") if line["error"] == number]
        wait_until(lambda: told(2484), "the private file is left out")
        self.assertIn(str(private), told(2484)[0])
        own = [path for path in ([key] if key.is_file() else sorted(key.rglob("*"))) if path.is_file()]
        self.apply("private", [private, *own], ", restricted: true")
        self.site.client_cli("trigger", "policy")
        wait_until(lambda: str(private) in self.paths(), "the private file, by its name")
        wait_until(lambda: told(2485), "the client's own files stay")
        self.assertEqual([path for path in self.paths() if path.startswith(str(self.site.state))], [])
        self.assertNotIn(str(left_out), self.paths())

    def test_4_the_day_has_a_limit(self):
        self.write("large.conf", os.urandom(60_000))
        self.write("larger.conf", os.urandom(65_000))
        self.write("largest.conf", os.urandom(64_000))
        self.look()
        wait_until(lambda: self.look() or any("large" in path for path in self.paths()), "the first of them")
        self.look()
        self.site.client_cli("status")
        sizes = sum(size for _, size, _ in self.files())
        self.assertLessEqual(sizes, 128 << 10)
        self.assertLess(len([path for path in self.paths() if "large" in path]), 3)

    def test_5_a_path_that_the_site_server_put_there_is_not_followed(self):
        site = self.site
        wanted = self.write("wanted", b"wanted")
        site.stop("client")
        site.stop("site")
        with sqlite3.connect(site.path("site/site.db"), timeout=20) as database:
            version, document = database.execute(
                "SELECT version, bytes FROM catalogue_document WHERE role = 'files-web' "
                "ORDER BY version DESC LIMIT 1").fetchone()
            spec = json.loads(document)["signed"]["targets"]["files/web/spec.json"]["custom"]["muster"]["spec"]
            canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            evil = canonical.replace("/*.conf", "/wanted")
            self.assertNotEqual(evil, canonical)
            # All that can be made without the operator's key is right: the hash of the spec too.
            forged = document.decode().replace("/*.conf", "/wanted")
            forged = forged.replace(hashlib.sha256(canonical.encode()).hexdigest(),
                                    hashlib.sha256(evil.encode()).hexdigest())
            forged = forged.replace(f'"length":{len(canonical.encode())}', f'"length":{len(evil.encode())}')
            database.execute("UPDATE catalogue_document SET bytes = ?, sha256 = ? WHERE role = 'files-web' "
                             "AND version = ?", (forged.encode(), hashlib.sha256(forged.encode()).digest(), version))
        site.start("site")
        site.wait_for_site()
        site.start("client")
        told = wait_until(lambda: next((e for e in site.events("client", "policy.part.refused")
                                        if "files-web" in e["text"]), None), "the refusal in the client's log")
        self.assertIn("bad-signature", told["text"])
        self.look()
        self.assertNotIn(str(wanted), self.paths())

    def test_6_errors_say_what_is_missing(self):
        for words, says in ((("get", "files"), "name the device"), (("get", "files", "nobody"), "M2200"),
                            (("file", self.site.host(), "999999"), "M2200"),
                            (("file", self.site.host(), "x"), "M2200")):
            done = self.site.cli(*words, ok=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(says, done.stderr)
        self.assertEqual(self.site.json("get", "quarantine"), [])

    def test_7_a_deleted_device_takes_its_files_along(self):
        self.site.stop("client")
        self.site.cli("delete", "device", self.site.host())
        with sqlite3.connect(self.site.path("site/site.db"), timeout=20) as database:
            self.assertEqual(database.execute("SELECT COUNT(*) FROM collected_file").fetchone(), (0,))


if __name__ == "__main__":
    unittest.main()
