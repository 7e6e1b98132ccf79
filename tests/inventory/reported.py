"""What muster-client would report of a system, as rows with names."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("MUSTER_BIN", ROOT / "build/release/bin"))
TREES = ROOT / "tests/client/trees"
LONG = os.environ.get("MUSTER_LONG") == "yes"


def inventory(root="/"):
    """Class name -> list of {column: value}; versions without their scheme, absent values left out."""
    done = subprocess.run([BIN / "muster-client", "--inventory", root], capture_output=True, timeout=120)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"muster-client --inventory {root}: {done.returncode} {done.stderr.decode()}")
    return {each["class"]: [{column: value for column, value in zip(each["columns"], row) if value is not None}
                            for row in each["rows"]] for each in json.loads(done.stdout)["rows"]}


def output(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=1200,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}, **more).stdout


def clean(text):
    """A tool's text as the model keeps it: nothing where it is empty."""
    text = " ".join((text or "").split())
    return text or None


def check_dpkg(test, root):
    """Every field of every package, against dpkg-query."""
    fields = ("db:Status-Status", "Package", "Version", "Architecture", "Maintainer", "source:Package", "Section",
              "Installed-Size")
    said = output("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f",
                  "\\t".join("${%s}" % field for field in fields) + "\\n")
    expected = sorted(tuple(line.split("\t")[1:]) for line in said.splitlines() if line.startswith("installed\t"))
    rows = [row for row in inventory(root)["InstalledSoftware"] if row["PackageManager"] == "dpkg"]
    columns = ("Name", "Version", "Architecture", "Publisher", "Source", "Section", "InstalledSizeKB")
    found = sorted(tuple(str(row.get(column, "")).removeprefix("dpkg " if column == "Version" else "")
                         for column in columns) for row in rows)
    test.assertGreater(len(expected), 50)
    test.assertEqual(found, expected)


def check_services(test, root):
    """Name and state of each service that is no alias, against systemctl on the same files."""
    said = json.loads(output("systemctl", f"--root={root}", "list-unit-files", "--type=service", "-o", "json"))
    expected = {each["unit_file"]: each["state"] for each in said if each["state"] != "alias"}
    found = {row["Name"]: row["State"] for row in inventory(root)["Service"]}
    test.assertGreater(len(expected), 3)
    test.assertEqual(found, expected)


def check_accounts(test, root):
    """Each account against passwd and group as Python's own parser splits them, and passwd --status."""
    def entries(name):
        return [line.split(":") for line in pathlib.Path(f"{root}/etc/{name}").read_text().splitlines()]
    groups = entries("group")
    names = {entry[2]: entry[0] for entry in reversed(groups)}
    status = {line.split()[0]: line.split()[1] for line in output("passwd", "--root", root, "-S", "-a").splitlines()
              } if root != "/" else {line.split()[0]: line.split()[1] for line in output("passwd", "-S", "-a").splitlines()}
    expected = [{key: value for key, value in {
        "Name": entry[0], "Uid": int(entry[2]), "PrimaryGroup": names.get(entry[3], entry[3]),
        "Groups": ",".join(sorted({group[0] for group in groups if entry[0] in group[3].split(",")})),
        "FullName": clean(entry[4].split(",")[0]), "Home": entry[5], "Shell": entry[6],
        "Locked": int(status[entry[0]] == "L")}.items() if value not in ("", None)} for entry in entries("passwd")]
    found = [{key: value for key, value in row.items() if key != "Expires"} for row in inventory(root)["UserAccount"]]
    test.assertGreater(len(expected), 5)
    test.assertEqual(found, expected)
