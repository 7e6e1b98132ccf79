"""The class SoftwareFile against dpkg-query, rpm and readelf: which package a file belongs to, and what a program of no
package says of itself."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

from reported import BIN, LONG, output
from test_rpm_roots import build


def software_files(root, folders):
    """Path -> (product, version with its scheme)."""
    done = subprocess.run([BIN / "muster-client", "--inventory", root, folders], capture_output=True, text=True,
                          timeout=300)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    table = next(each for each in json.loads(done.stdout)["rows"] if each["class"] == "SoftwareFile")
    rows = [dict(zip(table["columns"], row)) for row in table["rows"]]
    return {row["Path"]: (row["Product"], row["Version"]) for row in rows}


class OfDpkg(unittest.TestCase):
    def test_a_file_belongs_to_the_package_that_dpkg_query_names(self):
        found = software_files("/", "/usr/bin,/usr/sbin")
        versions = dict(line.split("\t") for line in
                        output("dpkg-query", "-W", "-f", "${Package}\\t${Version}\\n").splitlines())
        seed = int(os.environ.get("MUSTER_SEED", "1"))
        print(f"seed {seed}")
        wanted = sorted(found)
        if not LONG:
            wanted = random.Random(seed).sample(wanted, min(150, len(wanted)))
        owned = 0
        for path in wanted:
            # Under either of its two names, where /bin is a link to /usr/bin.
            said = subprocess.run(["dpkg-query", "-S", path, path.removeprefix("/usr")], capture_output=True, text=True)
            names = {name.split(":")[0] for line in said.stdout.splitlines() if not line.startswith("diversion by")
                     for name in line.split(": ")[0].split(", ")}
            if len(names) > 1:  # one has put its file in the place of the other's; dpkg lists both
                self.assertIn(found[path][0], names, path)
            elif names:
                self.assertEqual(found[path], (*names, f"dpkg {versions[next(iter(names))]}"), path)
            else:
                self.assertNotIn(found[path][0], versions, path)
            owned += bool(names)
        self.assertGreater(owned, 50)


class OfRpm(unittest.TestCase):
    def test_a_file_belongs_to_the_package_that_rpm_names(self):
        with tempfile.TemporaryDirectory(prefix="muster-rpm-") as folder:
            folder = pathlib.Path(folder)
            packages = build(folder, int(os.environ.get("MUSTER_SEED", "1")))
            root = folder / "root"
            rpm = ("rpm", "--root", str(root), "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite")
            root.mkdir()
            output(*rpm, "-i", "--nodeps", *packages)
            (root / "opt/of-nobody").write_text("x")
            found = software_files(root, "/opt")
            files = sorted(str(path)[len(str(root)):] for path in (root / "opt").rglob("*") if path.is_file())
            self.assertGreater(len(files), 5)
            self.assertEqual(sorted(found), files)
            for path in files:
                if path == "/opt/of-nobody":
                    self.assertEqual(found[path], (None, None))
                    continue
                name, epoch, rest = output(*rpm, "-qf", path, "--qf", "%{NAME}\\t%{EPOCH}\\t%{VERSION}-%{RELEASE}"
                                           ).split("\t")
                self.assertEqual(found[path], (name, "rpm " + ("" if epoch == "(none)" else epoch + ":") + rest), path)


class OfNoPackage(unittest.TestCase):
    def test_a_program_names_the_package_that_its_linker_was_told(self):
        with tempfile.TemporaryDirectory(prefix="muster-elf-") as folder:
            source = pathlib.Path(folder, "main.c")
            source.write_text("int main(void) { return 0; }\n")
            place = pathlib.Path(folder, "root/opt")
            place.mkdir(parents=True)
            wanted = {"deb": "dpkg", "rpm": "rpm", "pacman": "dotted"}
            for kind in wanted:
                note = json.dumps({"type": kind, "os": "of-a-test", "name": f"made-{kind}", "version": "1.2-3"})
                output("gcc", "-o", str(place / kind), str(source), "-Xlinker",
                       f"--package-metadata={note}")
                self.assertIn(f"made-{kind}", output("readelf", "-n", str(place / kind)))
            output("gcc", "-o", str(place / "silent"), str(source))
            shutil.copy(place / "deb", place / "stripped")
            output("strip", str(place / "stripped"))
            (place / "cut").write_bytes((place / "deb").read_bytes()[:700])
            found = software_files(f"{folder}/root", "/opt")
            for kind, scheme in wanted.items():
                self.assertEqual(found[f"/opt/{kind}"], (f"made-{kind}", f"{scheme} 1.2-3"))
            self.assertEqual(found["/opt/stripped"], ("made-deb", "dpkg 1.2-3"))
            self.assertEqual((found["/opt/silent"], found["/opt/cut"]), ((None, None), (None, None)))


if __name__ == "__main__":
    unittest.main()
