"""Five clients of one site, each a machine of its own: a root file system, a host name and a network of its own.

The roots are overlays over this machine's, changed where machines differ; with MUSTER_LONG=yes two of them are fresh
debootstrap roots instead, one download of packages for both. The fifth is a Debian root whose package database is
rpm's. The last two come to the site from one address.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from relay import Relay
from site_under_test import BIN, ROOT, Site, die_with_me, wait_until

LONG = os.environ.get("MUSTER_LONG") == "yes"
MIRROR = [os.environ["MUSTER_DEBIAN_MIRROR"]] if "MUSTER_DEBIAN_MIRROR" in os.environ else []
HTTPS = 20443
SPEC = """Name: agent-of-a-test
Version: 3.1
Release: {number}
Summary: a package
License: GPLv3+
BuildArch: noarch
%description
A package of a test.
%files
"""


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **options).stdout


class Machine:
    """A network namespace with one link to the site's, a root of its own and a host name."""
    def __init__(self, folder, number, base="/"):
        self.name, self.folder = f"lab-{number}", folder / f"m{number}"
        self.address, self.router, self.link = f"10.{number}.0.5", f"10.{number}.0.1", f"f{number}"
        self.root = self.folder / "root"
        for part in ("upper", "work", "root"):
            (self.folder / part).mkdir(parents=True)
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "1000"], preexec_fn=die_with_me)
        wait_until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != os.readlink("/proc/self/ns/net"), "a namespace")
        run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.holder.pid)
        run("ip", "addr", "add", f"{self.router}/16", "dev", self.link)
        run("ip", "link", "set", self.link, "up")
        for words in (["link", "set", "lo", "up"], ["addr", "add", f"{self.address}/16", "dev", "eth0"],
                      ["link", "set", "eth0", "up"], ["route", "add", "default", "via", self.router]):
            run("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "ip", *words)
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir={base},upperdir={self.folder}/upper,workdir={self.folder}/work", self.root)
        self.process = None
        self.put_client()

    def put_client(self):
        """The program and the libraries that it needs, whatever the root has."""
        place = self.root / "opt/muster"
        place.mkdir(parents=True)
        shutil.copy(BIN / "muster-client", place)
        for line in run("ldd", BIN / "muster-client").splitlines():
            path = next((word for word in line.split() if word.startswith("/")), None)
            if path and not (self.root / path[1:]).exists():
                (self.root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, self.root / path[1:])
        (self.root / "var/lib/muster-client").mkdir(parents=True)
        (self.root / "etc/hostname").write_text(self.name + "\n")

    def write(self, path, text):
        (self.root / path).write_text(text)

    def inside(self, *words):
        """A command of this machine: its network, host name, mounts and root."""
        script = (f'hostname {self.name}; mount -t proc proc {self.root}/proc; mount --rbind /sys {self.root}/sys; '
                  f'mount --rbind /dev {self.root}/dev; exec chroot {self.root} "$@"')
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "unshare", "-m", "-u", "sh", "-c", script, "sh", *words]

    def client(self, *words):
        return self.inside("/opt/muster/muster-client", *words)

    def start(self, site, management_point):
        site.cli("token", "create", "--output", str(self.root / "var/lib/muster-client/token"))
        self.write("var/lib/muster-client/client.yaml",
                   f"state: .\nmanagementPoint: {management_point}\ntokenFile: token\n"
                   "settings:\n  program.user: nobody\n  retry.first: PT0.5S\n  retry.longest: PT2S\n")
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(self.client("--config", "/var/lib/muster-client/client.yaml"), stdout=output,
                                            stderr=output, preexec_fn=die_with_me)

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
            self.process = None

    def close(self):
        subprocess.run(["umount", "-l", self.root], capture_output=True)
        subprocess.run(["ip", "link", "del", self.link], capture_output=True)
        self.holder.kill()
        self.holder.wait()


def without_packages(machine, count):
    """A package database of its own: the last `count` packages were never installed here."""
    stanzas = (machine.root / "var/lib/dpkg/status").read_text(encoding="utf-8").strip("\n").split("\n\n")
    machine.write("var/lib/dpkg/status", "\n\n".join(stanzas[:-count]) + "\n\n")


def make_rpm_database(machine, folder):
    """The packages of this root are rpm's: what dpkg knew is gone."""
    (folder / "agent.spec").write_text(SPEC.format(number=5))
    run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}", folder / "agent.spec")
    shutil.rmtree(machine.root / "var/lib/dpkg")
    run("rpm", "--root", machine.root, "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite", "-i", "--nodeps",
        *folder.glob("RPMS/*/*.rpm"))


def software_of(machine):
    """What the machine's own tool says is installed."""
    if (machine.root / "var/lib/dpkg/status").exists():
        lines = run("dpkg-query", f"--admindir={machine.root}/var/lib/dpkg", "-W", "-f", "${db:Status-Status} ${Package}\\n")
        return sorted(line.split()[1] for line in lines.splitlines() if line.startswith("installed "))
    return sorted(run("rpm", "--root", machine.root, "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite", "-qa",
                      "--qf", "%{NAME}\\n").split())


def collection(name, query):
    return {"apiVersion": "muster/v1", "kind": "Collection", "metadata": {"name": name},
            "spec": {"limitedTo": "all-systems", "rules": [{"query": query}]}}


def deployment(name, of):
    return {"apiVersion": "muster/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"package": "hello", "program": "install", "collection": of, "purpose": "required", "start": "now",
                     "deadline": "now"}}


@unittest.skipUnless(os.geteuid() == 0, "machines need root")
class FiveClients(unittest.TestCase):
    def setUp(self):
        self.before = {path: pathlib.Path(path).read_text() for path in ("/proc/mounts",)}
        self.site = Site(address="10.1.0.1")
        self.machines = []
        self.router = None
        self.addCleanup(self.leave_nothing)
        # Another file system than the roots lie on may hold the lower one, never the upper.
        self.lab = self.site.path("lab")
        self.lab.mkdir()

    def leave_nothing(self):
        # The site's address is that of a machine's link: nobody is left that waits for it.
        for machine in self.machines:
            machine.stop()
        for machine in self.machines:
            machine.close()
        if self.router:
            self.router.close()
        self.site.close()
        self.assertEqual(pathlib.Path("/proc/mounts").read_text(), self.before["/proc/mounts"])
        self.assertFalse([line for line in run("ip", "-o", "link").splitlines() if ": f" in line])
        self.assertFalse(self.site.state.exists())

    def machine(self, number, base="/"):
        self.machines.append(Machine(self.lab, number, base))
        return self.machines[-1]

    def fresh_root(self):
        """One debootstrap root, below two machines; the archive lies outside of the tests' own network."""
        folder = self.lab / "debian"
        run("nsenter", "--net=/proc/self/fd/9", "debootstrap", "--variant=minbase", "bookworm", folder, *MIRROR, pass_fds=(9,))
        return folder

    def start_site(self):
        yaml = self.site.path("site/musterd.yaml")
        text = re.sub(r"(?m)^address: .*$", "address: 0.0.0.0", yaml.read_text())
        yaml.write_text(text)
        self.site.start_site()

    def rows_of(self, device, name, column):
        answer = self.site.json("query", f'{name} | join kind=inner (Device | where Name == "{device}") on Device')
        columns = [each["name"] if isinstance(each, dict) else each for each in answer["columns"]]
        return [row[columns.index(column)] for row in answer["rows"]]

    def test_each_is_itself_and_gets_what_is_meant_for_it(self):
        site = self.site
        base = self.fresh_root() if LONG else "/"
        for number in range(1, 6):
            self.machine(number, base if number in (1, 4) else "/")
        self.start_site()
        for number, machine in enumerate(self.machines[:4], 1):
            without_packages(machine, number)
        make_rpm_database(self.machines[4], self.lab)
        # The site sees the address of the router alone.
        self.router = Relay("0.0.0.0", to=HTTPS, source="127.0.0.9")
        for machine in self.machines:
            hidden = machine in self.machines[3:]
            machine.start(site, f"https://10.1.0.1:{self.router.port if hidden else HTTPS}")
        names = {machine.name for machine in self.machines}
        wait_until(lambda: {d["name"] for d in site.json("get", "devices") if d["state"] == "active"} >= names, "five devices", 120)
        wait_until(lambda: all(d.get("inventoryAt") for d in site.json("get", "devices")), "five inventories", 120)
        self.assertEqual(len({d["id"] for d in site.json("get", "devices")}), 5)

        package, _, _ = (ROOT / "examples/first/first.yaml").read_text().split("---\n")
        site.path("package.yaml").write_text(package.replace("./hello", str(ROOT / "examples/first/hello")))
        site.cli("apply", "-f", str(site.path("package.yaml")))
        objects = [collection("by-rpm", 'InstalledSoftware | where PackageManager == "rpm"'),
                   collection("by-dpkg", 'InstalledSoftware | where PackageManager == "dpkg"'),
                   deployment("for-rpm", "by-rpm"), deployment("for-dpkg", "by-dpkg")]
        site.path("objects.yaml").write_text("---\n".join(json.dumps(each) + "\n" for each in objects))
        site.cli("apply", "-f", str(site.path("objects.yaml")))
        for machine in self.machines:
            with self.subTest(machine.name):
                self.assertEqual(sorted(self.rows_of(machine.name, "InstalledSoftware", "Name")), software_of(machine))
                self.assertIn(machine.address, self.rows_of(machine.name, "IPAddress", "Address"))
                own, other = ("for-rpm", "for-dpkg") if machine is self.machines[4] else ("for-dpkg", "for-rpm")
                site.cli("explain", machine.name, own, "--watch")
                self.assertIn("not", site.cli("explain", machine.name, other, ok=False).stdout)
                listed = subprocess.run(machine.client("--state", "/var/lib/muster-client", "software", "list"),
                                        capture_output=True, text=True).stdout
                self.assertIn(own, listed)
                self.assertNotIn(other, listed)
        members = {name: site.json("get", "collection", name)[0]["status"]["members"] for name in ("by-rpm", "by-dpkg")}
        self.assertEqual(members, {"by-rpm": 1, "by-dpkg": 4})
        self.explains_where_a_machine_is_and_that_it_is_silent()

    def explains_where_a_machine_is_and_that_it_is_silent(self):
        site, (one, two) = self.site, self.machines[:2]
        objects = [{"apiVersion": "muster/v1", "kind": "Boundary", "metadata": {"name": "lab"}, "spec": {"subnet": "10.1.0.0/16"}},
                   deployment("later", "by-dpkg") | {"spec": deployment("later", "by-dpkg")["spec"] |
                                                     {"start": "2199-01-01T00:00:00Z", "deadline": "2199-01-01T00:00:00Z"}}]
        site.path("more.yaml").write_text("---\n".join(json.dumps(each) + "\n" for each in objects))
        site.cli("apply", "-f", str(site.path("more.yaml")))

        def step(machine, name):
            steps = site.json("explain", machine.name, "later")["steps"]
            return next((each for each in steps if each["step"] == name), {})
        self.assertIn(f"{one.address} is in boundary lab (10.1.0.0/16) of site P01", step(one, "boundary")["cause"])
        self.assertIn(f"no boundary holds {two.address}", step(two, "boundary")["cause"])
        contact = "client reaches its management point"
        wait_until(lambda: step(two, contact)["state"] == "done", "the second machine polls")
        two.stop()
        wait_until(lambda: "silent since" in step(two, contact).get("cause", ""), "its silence")
        self.assertEqual(step(two, contact)["state"], "waiting")
        self.assertEqual(step(two, "its time has come")["state"], "not reached")
        self.assertEqual(step(one, contact)["state"], "done")


if __name__ == "__main__":
    unittest.main()
