"""Machines with as many packages as wanted, which real agents look at: a folder of dpkg in place of this host's.

The packages are this host's, some of them a second time under another name until there are enough. Of a machine's
packages some have a version of their own, as no two machines of a fleet are at the same point; the rest are what
all others have. Name and network card are of the machine as well.
"""
import json
import pathlib
import random
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/first_site"))
from site_under_test import BIN  # noqa: E402

# In a mount namespace of its own, with its own name: $1 is the name, $2 stands for dpkg's folder, $3 for $4.
AS_MACHINE = """hostname "$1" && mount --bind "$2" /var/lib/dpkg || exit 1
if [ -n "$3" ]; then mount --bind "$3" "$4" || exit 1; fi
shift 4
exec "$@" """


class Machines:
    def __init__(self, folder, packages):
        self.packages = packages
        self.dpkg = folder / f"dpkg-{packages}"
        for each in ("info", "updates", "triggers"):
            (self.dpkg / each).mkdir(parents=True)
        (self.dpkg / "info/format").write_text("1\n")
        self.stanzas = self.taken(packages)
        (self.dpkg / "status").write_text("\n\n".join(self.stanzas) + "\n\n", encoding="utf-8")
        names = subprocess.run(["dpkg-query", f"--admindir={self.dpkg}", "-W", "-f", "${binary:Package}\n"],
                               check=True, capture_output=True, text=True).stdout.split()
        if len(names) != packages:
            raise SystemExit(f"dpkg sees {len(names)} packages, {packages} were wanted")
        for name in names:  # an agent that asks for the date of an installation finds one
            (self.dpkg / f"info/{name}.list").touch()

    @staticmethod
    def taken(packages):
        status = pathlib.Path("/var/lib/dpkg/status").read_text(encoding="utf-8").strip()
        own = [each for each in status.split("\n\n") if "\nStatus: install ok installed\n" in each]
        out = own[:packages]
        for each in own:
            if len(out) == packages:
                return out
            out.append(re.sub(r"^Package: (\S+)", r"Package: \1-second", each, count=1))
        if len(out) < packages:
            raise SystemExit(f"this host has {len(own)} packages, too few to make {packages} of them")
        return out

    def become(self, number, share):
        """The next command finds machine `number`; `share` of its packages have versions that no other has."""
        stanzas = list(self.stanzas)
        for place in random.Random(number).sample(range(self.packages), int(share * self.packages)):
            stanzas[place] = re.sub(r"^(Version: \S+)", rf"\1+m{number}", stanzas[place], count=1, flags=re.M)
        (self.dpkg / "status").write_text("\n\n".join(stanzas) + "\n\n", encoding="utf-8")
        card = "02:4d:" + ":".join(f"{number >> shift & 255:02x}" for shift in (24, 16, 8, 0))
        subprocess.run(["ip", "link", "set", "eth0", "address", card], check=True)

    def command(self, number, words, instead=("", "")):
        """What runs on the machine that this host has become. `instead`: a file and the one that it stands for."""
        return ["unshare", "-m", "-u", "sh", "-c", AS_MACHINE, "sh", f"pc-{number}", str(self.dpkg),
                *map(str, instead), *map(str, words)]

    def report(self, number, share):
        """The body of the message that the client would send of this machine."""
        self.become(number, share)
        return subprocess.run(self.command(number, [BIN / "muster-client", "--inventory", "/"]), check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def make_network_card():
    subprocess.run(["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other"], check=True)
    subprocess.run(["ip", "address", "add", "10.77.0.2/24", "dev", "eth0"], check=True)
    subprocess.run(["ip", "link", "set", "eth0", "up"], check=True)


def relational(report):
    """The rows of a report as (class, instance, version, details): what a table with a row per instance has."""
    out = []
    for number, each in enumerate(json.loads(report)["rows"]):
        version = each["columns"].index("Version") if "Version" in each["columns"] else None
        seen = {}
        for row in each["rows"]:
            texts = ["" if value is None else str(value).replace("\t", " ").replace("\n", " ") for value in row]
            name = texts[0]
            seen[name] = seen.get(name, 0) + 1
            instance = name if seen[name] == 1 else f"{name}#{seen[name]}"
            details = "|".join(text for place, text in enumerate(texts) if place not in (0, version))
            out.append((number, instance, "" if version is None else texts[version], details))
    return out
