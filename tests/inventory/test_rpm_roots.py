"""On roots whose rpm database is filled by rpmbuild and rpm, in the long form by dnf too, from packages that the test
makes."""
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from reported import LONG, inventory, output

SPEC = """Name: {name}
Version: {version}
Release: {release}
{epoch}Summary: {name} for a test
License: GPLv3+
Group: {group}
{vendor}{arch}
%description
A package of a test.
{sub}%install
mkdir -p %{{buildroot}}/opt/{name}
head -c {size} /dev/zero > %{{buildroot}}/opt/{name}/data
%files
/opt/{name}
"""
SUB = """%package -n {name}-doc
Summary: its words
Epoch: 7
%description -n {name}-doc
Words.
%files -n {name}-doc
"""
QUERY = "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\t%{VENDOR}\\t%{PACKAGER}\\t%{GROUP}\\t%{SOURCERPM}" \
        "\\t%{SIZE}\\t%{LONGSIZE}\\n"


def build(folder, seed):
    """Some hand-picked packages and some by the seed; returns the package files."""
    shuffle = random.Random(seed)
    packages = [dict(name="plain", version="1.0", release="1", epoch="", vendor="", arch="", group="Unspecified",
                     sub="", size=1),
                dict(name="with-dashes-and+plus", version="2.0~rc1^git5", release="3.el9", epoch="Epoch: 2\n",
                     vendor="Vendor: Gr\u00fcn & S\u00f6hne\n", arch="BuildArch: noarch\n", group="System/Base",
                     sub=SUB.format(name="with-dashes-and+plus"), size=123456)]
    for number in range(30 if LONG else 4):
        packages.append(dict(
            name=f"random{number}", version=".".join(str(shuffle.randrange(10**shuffle.randrange(1, 7)))
                                                      for _ in range(shuffle.randrange(1, 4))),
            release=f"{shuffle.randrange(99)}{shuffle.choice(['', '.fc40', '~beta', '^1'])}",
            epoch=shuffle.choice(["", "Epoch: 0\n", f"Epoch: {shuffle.randrange(1, 2**31)}\n"]),
            vendor=shuffle.choice(["", "Vendor: Some Vendor\n"]), arch=shuffle.choice(["", "BuildArch: noarch\n"]),
            group=shuffle.choice(["Unspecified", "Applications/Text"]), sub="", size=shuffle.randrange(100000)))
    for package in packages:
        (folder / f"{package['name']}.spec").write_text(SPEC.format(**package))
    for spec in sorted(folder.glob("*.spec")):
        output("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}", "--define", "packager A. Packager <a@b.c>",
               "--define", "debug_package %{nil}", str(spec))
    return sorted(str(path) for path in folder.glob("RPMS/*/*.rpm"))


class RpmRoots(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-rpm-"))
        seed = int(os.environ.get("MUSTER_SEED", "1"))
        print(f"seed {seed}")
        cls.packages = build(cls.folder, seed)
        cls.root = cls.folder / "root"
        (cls.root / "etc").mkdir(parents=True)
        (cls.root / "etc/os-release").write_text("ID=fedora\nVERSION_ID=40\n")
        cls.fill()

    @classmethod
    def fill(cls):
        cls.rpm("-i", "--nodeps", *cls.packages)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def rpm(cls, *words):
        return output("rpm", "--root", str(cls.root), "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite", *words)

    def expected(self):
        def none(text):
            return "" if text == "(none)" else text
        out = []
        for line in self.rpm("-qa", "--qf", QUERY).splitlines():
            name, epoch, version, release, arch, vendor, packager, group, source, size, longsize = map(none, line.split("\t"))
            if name == "gpg-pubkey":
                continue
            out.append((name, "rpm " + (f"{epoch}:" if epoch else "") + f"{version}-{release}", arch, vendor or packager,
                        source.rsplit("-", 2)[0], "" if group == "Unspecified" else group,
                        (int(longsize or size) + 1023) // 1024, "rpm"))
        return sorted(out)

    def found(self, root=None):
        columns = ("Name", "Version", "Architecture", "Publisher", "Source", "Section", "InstalledSizeKB",
                   "PackageManager")
        return sorted(tuple(row.get(column, "") for column in columns)
                      for row in inventory(str(root or self.root))["InstalledSoftware"])

    def test_every_field_is_what_rpm_says(self):
        expected = self.expected()
        self.assertGreaterEqual(len(expected), 7)
        self.assertEqual(self.found(), expected)

    def test_package_urls_name_the_distribution_and_the_epoch(self):
        urls = {row["Name"]: row["Purl"] for row in inventory(str(self.root))["InstalledSoftware"]}
        self.assertEqual(urls["with-dashes-and+plus"],
                         "pkg:rpm/fedora/with-dashes-and%2Bplus@2.0~rc1%5Egit5-3.el9?arch=noarch&distro=fedora-40&epoch=2")

    def test_reading_leaves_nothing_behind(self):
        def state():
            return sorted((str(path), path.stat().st_mtime_ns, path.stat().st_size)
                          for path in self.root.rglob("*") if path.is_file())
        before = state()
        self.found()
        self.assertEqual(state(), before)

    def test_the_newer_place_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder, "usr/lib/sysimage/rpm")
            place.parent.mkdir(parents=True)
            shutil.copytree(self.root / "var/lib/rpm", place)
            self.assertEqual(self.found(folder), self.expected())

    def test_what_stands_only_in_the_write_ahead_log_is_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder, "var/lib/rpm")
            shutil.copytree(self.root / "var/lib/rpm", place)
            writer = sqlite3.connect(place / "rpmdb.sqlite", isolation_level=None)
            writer.execute("PRAGMA journal_mode = WAL")
            writer.execute("PRAGMA wal_autocheckpoint = 0")
            writer.execute("DELETE FROM Packages WHERE hnum = (SELECT max(hnum) FROM Packages)")
            self.assertGreater((place / "rpmdb.sqlite-wal").stat().st_size, 0)
            self.assertEqual(len(self.found(folder)), len(self.expected()) - 1)
            writer.close()

    def damaged(self, change):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder, "var/lib/rpm")
            shutil.copytree(self.root / "var/lib/rpm", place)
            change(place)
            done = subprocess.run([os.path.join(os.environ.get("MUSTER_BIN", "build/release/bin"), "muster-client"),
                                   "--inventory", folder], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0)
            return done

    def test_a_damaged_database_is_an_error_and_not_half_a_list(self):
        def cut(place):
            file = place / "rpmdb.sqlite"
            os.truncate(file, file.stat().st_size // 2)

        def break_header(place):
            database = sqlite3.connect(place / "rpmdb.sqlite")
            with database:
                database.execute("UPDATE Packages SET blob = substr(blob, 1, 200) WHERE hnum = 1")
            database.close()

        def replace(place):
            (place / "rpmdb.sqlite").write_bytes(b"no database" * 1000)
        for change in (cut, break_header, replace):
            done = self.damaged(change)
            self.assertIn("InstalledSoftware", done.stderr, change.__name__)
            self.assertNotIn('"InstalledSoftware"', done.stdout, change.__name__)

    def test_an_older_form_is_named_with_its_remedy(self):
        def older(place):
            (place / "rpmdb.sqlite").rename(place / "Packages")
        done = self.damaged(older)
        self.assertIn("/var/lib/rpm/Packages", done.stderr)
        self.assertIn("rebuilddb", done.stderr)

    def test_a_link_out_of_the_root_is_not_followed(self):
        def link(place):
            shutil.move(place / "rpmdb.sqlite", self.folder / "elsewhere.sqlite")
            (place / "rpmdb.sqlite").symlink_to(self.folder / "elsewhere.sqlite")
        self.assertNotIn("with-dashes", self.damaged(link).stdout)


@unittest.skipUnless(LONG, "wants dnf and createrepo_c, which nothing else needs: MUSTER_LONG=yes")
class RootsOfDnf(RpmRoots):
    @classmethod
    def dnf(cls, *words):
        # dnf takes the form of the database from rpm's macros alone; no repository but ours is known to it.
        (cls.folder / ".rpmmacros").write_text("%_db_backend sqlite\n%_dbpath /var/lib/rpm\n")
        subprocess.run(["dnf", "-q", "-y", f"--installroot={cls.root}", "--releasever=40", "--disablerepo=*",
                        f"--repofrompath=made,file://{cls.folder}/RPMS", "--enablerepo=made", "--nogpgcheck",
                        f"--setopt=reposdir={cls.folder}/none", f"--setopt=cachedir={cls.folder}/cache",
                        f"--setopt=logdir={cls.folder}", *words], check=True, timeout=600, capture_output=True,
                       env={**os.environ, "HOME": str(cls.folder), "LC_ALL": "C.UTF-8"})

    @classmethod
    def fill(cls):
        output("createrepo_c", "-q", f"{cls.folder}/RPMS")
        names = [output("rpm", "-qp", "--qf", "%{NAME}", path) for path in cls.packages]
        cls.dnf("install", *names)
        # What was there and went again is no row.
        cls.dnf("remove", "random0")

    def test_what_dnf_removed_is_not_reported(self):
        names = [row[0] for row in self.found()]
        self.assertIn("plain", names)
        self.assertNotIn("random0", names)


if __name__ == "__main__":
    unittest.main()
