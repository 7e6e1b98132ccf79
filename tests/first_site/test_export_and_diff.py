"""export, diff, apply with --prune and --dry-run=server, on objects that have every field."""
import copy
import fcntl
import hashlib
import json
import os
import pathlib
import re
import resource
import subprocess
import unittest

from site_under_test import BIN, ROOT, Site, die_with_me, wait_until

SAMPLES = ROOT / "tests/contract/samples"
SECOND = "second-device"
ONE_SPELLING = {"metadata.name", "apiVersion", "kind", "spec.purpose"}


def start_second_device(site):
    """A client under another host name and with a state folder of its own."""
    folder = site.path("client2")
    folder.mkdir(mode=0o700)
    config = site.path("client/client.yaml").read_text().replace(str(site.path("client")), str(folder))
    (folder / "client.yaml").write_text(config)
    site.cli("token", "create", "--output", str(folder / "token"))
    output = open(site.path("client2.output"), "ab")
    site.processes["client2"] = subprocess.Popen(
        ["unshare", "-u", "sh", "-c", 'hostname "$1" && exec "$2" --config "$3"', "sh", SECOND,
         str(BIN / "muster-client"), str(folder / "client.yaml")],
        stdout=output, stderr=output, cwd=site.state, preexec_fn=die_with_me)
    output.close()
    site.cli("site", "wait", "device", SECOND)


def start_site_with_two_devices():
    site = Site()
    site.start_all()
    start_second_device(site)
    return site


def samples(site, kind):
    text = (SAMPLES / f"{kind}.json").read_text()
    both = json.loads(text.replace("device-one", site.host()).replace("device-two", SECOND))
    return both["first"], both["second"]


def mutations(first, second, path="", whole=None, put=None):
    """Each place where the samples differ: its path, and the first sample with the second's value there."""
    if isinstance(first, dict):
        for key, value in first.items():
            yield from mutations(value, second[key], f"{path}.{key}" if path else key, whole,
                                 lambda document, new, key=key: follow(document, path).__setitem__(key, new))
    elif isinstance(first, list):
        for i, value in enumerate(first):
            yield from mutations(value, second[i], f"{path}[{i}]", whole,
                                 lambda document, new, i=i: follow(document, path).__setitem__(i, new))
    elif path not in ONE_SPELLING:
        document = copy.deepcopy(whole)
        put(document, second)
        yield path, document


def follow(document, path):
    for part in path.replace("[", ".[").split(".") if path else []:
        document = document[int(part[1:-1])] if part.startswith("[") else document[part]
    return document


def tree(folder):
    return {str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode & 0o111)
            for path in sorted(folder.rglob("*")) if path.is_file()}


def write_objects(folder, *objects):
    folder.mkdir(exist_ok=True)
    for i, each in enumerate(objects):
        (folder / f"{i}.json").write_text(json.dumps(each))
    return folder


def collection(name, rules, **spec):
    return {"apiVersion": "muster/v1", "kind": "Collection", "metadata": {"name": name}, "spec": {**spec, "rules": rules}}


def boundary(name, subnet):
    return {"apiVersion": "muster/v1", "kind": "Boundary", "metadata": {"name": name}, "spec": {"subnet": subnet}}


def write_source(folder, text):
    folder.mkdir(parents=True)
    (folder / "install.sh").write_text(f"#!/bin/sh\necho {text}\n")
    (folder / "install.sh").chmod(0o755)
    (folder / "data").mkdir()
    (folder / "data/objects.yaml").write_text("not: an object\n")


def write_everything(site, folder):
    """All samples and what they name."""
    folder.mkdir()
    everything = [samples(site, kind.stem)[0] for kind in sorted(SAMPLES.glob("*.json"))]
    programs = [{"name": f"program-{n}", "argv": ["true"]} for n in ("one", "two")]
    for n in ("one", "two"):
        write_source(folder / f"sample-{n}", f"sample {n}")
        everything.append(collection(f"limit-{n}", [{"query": "Device"}]))
        everything.append({"apiVersion": "muster/v1", "kind": "Package", "metadata": {"name": f"package-{n}"},
                           "spec": {"version": "1.0", "source": "sample-one", "programs": programs}})
        everything.append({"apiVersion": "muster/v1", "kind": "Package", "metadata": {"name": f"base-{n}"},
                           "spec": {"version": "1.0", "source": "sample-two",
                                    "programs": [{"name": f"prepare-{each}", "argv": ["true"]} for each in ("one", "two")]}})
        everything.append({"apiVersion": "muster/v1", "kind": "Deployment", "metadata": {"name": f"other-{n}"},
                           "spec": {"package": "package-one", "program": "program-one", "collection": "limit-one",
                                    "purpose": "available", "start": "2027-01-01T12:00:00Z"}})
    # The worst order: what is named stands behind what names it.
    everything.sort(key=lambda each: ("Deployment", "Collection", "Package").index(each["kind"])
                    if each["kind"] in ("Deployment", "Collection", "Package") else 0)
    return write_objects(folder, *everything)


class ExportAndDiff(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = start_site_with_two_devices()
        cls.files = write_everything(cls.site, cls.site.path("files"))
        cls.site.cli("apply", "-f", str(cls.files))

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def diff(self, *paths, more=()):
        words = [word for path in paths for word in ("-f", str(path))]
        return self.site.cli("diff", *words, *more, ok=False)

    def test_1_after_apply_nothing_differs_and_applying_again_changes_nothing(self):
        done = self.diff(self.files)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        serials = {(kind, o["metadata"]["name"]): o["metadata"]["serial"]
                   for kind in ("packages", "collections", "deployments", "boundaries", "inventory-classes",
                                "file-collections")
                   for o in self.site.json("get", kind)}
        again = self.site.cli("apply", "-f", str(self.files)).splitlines()
        self.assertEqual(len(again), len(serials))
        self.assertTrue(all(line.endswith(" unchanged") for line in again), again)
        for (kind, name), serial in serials.items():
            self.assertEqual(self.site.json("get", kind, name)[0]["metadata"]["serial"], serial)

    def test_2_a_change_of_each_field_of_each_kind_is_told_and_nothing_else(self):
        told = 0
        for file in sorted(SAMPLES.glob("*.json")):
            first, second = samples(self.site, file.stem)
            for path, document in mutations(first, second, whole=first):
                changed = self.files / "changed.yaml"  # beside the sources; not one of the files
                changed.write_text(json.dumps(document))
                with self.subTest(kind=file.stem, path=path):
                    done = self.diff(changed, more=("--take-over", "-o", "json"))
                    if re.fullmatch(r"spec\.(class|columns\[\d\]\.(name|type|kind))", path):
                        # Rows that devices have reported keep their meaning.
                        self.assertEqual(done.returncode, 2)
                        self.assertIn("class-changed", done.stderr)
                        told += 1
                        changed.unlink()
                        continue
                    self.assertEqual(done.returncode, 1, done.stderr)
                    (item,) = json.loads(done.stdout)["items"]
                    self.assertEqual((item["kind"], item["name"], item["action"]), (file.stem, "sample", "changed"))
                    if path == "spec.source":  # the folder's name is the operator's own; its content counts
                        self.assertEqual([c["path"] for c in item["changes"]], ["content.install.sh"])
                    elif path.endswith(".command"):
                        (change,) = item["changes"]
                        self.assertEqual(change["path"], path.replace(".command", ".argv[2]"))
                    else:
                        self.assertEqual(item["changes"], [{"path": path, "before": follow(first, path),
                                                            "after": follow(second, path)}])
                    told += 1
                changed.unlink()
        self.assertGreater(told, 20)

    def test_3_diff_says_it_in_words_and_errors_are_neither_same_nor_different(self):
        file = self.site.path("one.json")
        file.write_text(json.dumps(collection("limit-one", [{"query": "Device"}, {"device": SECOND}])))
        done = self.diff(file)
        self.assertEqual((done.returncode, done.stdout),
                         (1, 'changed collection limit-one\n  spec.rules[1]: (absent) -> {"device":"%s"}\n' % SECOND))
        file.write_text(json.dumps(collection("new-one", [])))
        done = self.diff(file)
        self.assertEqual((done.returncode, done.stdout), (1, "created collection new-one\n"))
        file.write_text(json.dumps(collection("limit-one", [{"query": "Nonsense"}])))
        done = self.diff(file)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("Nonsense", done.stderr)
        self.assertEqual(self.diff(self.site.path("nowhere.yaml")).returncode, 2)
        self.assertEqual(self.site.cli("diff", ok=False).returncode, 2)

    def test_4_an_export_of_everything_makes_an_empty_site_the_same(self):
        out = self.site.path("export")
        self.site.cli("export", "-o", str(out))
        printed = self.site.cli("export")
        self.assertNotIn("serial", printed)
        refused = self.site.cli("export", "-o", str(out), ok=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("M2505", refused.stderr)
        before = tree(out)
        self.assertIn("content/sample/install.sh", before)
        self.assertEqual(before["content/sample/install.sh"][1], 0o111)
        self.site.cli("export", "-o", str(out), "--replace")
        self.assertEqual(tree(out), before)
        self.assertEqual(self.diff(out).returncode, 0)
        # What was printed names no content: that stays as the site has it.
        self.site.path("printed.yaml").write_text(printed)
        self.assertEqual(self.diff(self.site.path("printed.yaml")).returncode, 0)
        kept = pathlib.Path(str(self.site.state) + "-export")
        out.rename(kept)
        self.site.close()
        try:
            type(self).site = start_site_with_two_devices()
            self.site.cli("apply", "-f", str(kept))
            again = self.site.path("export")
            self.site.cli("export", "-o", str(again))
            self.assertEqual(tree(again), before)
            self.assertEqual(self.site.cli("export"), printed)
        finally:
            subprocess.run(["rm", "-rf", str(kept)], check=True)


class ExportOfContent(unittest.TestCase):
    """Content on its way from the site to an operator's disk, and what stays there of a command that fails."""
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        cls.site.start_site()
        source = cls.site.path("big/source")
        source.mkdir(parents=True)
        with (source / "large").open("wb") as file:
            file.truncate(96 << 20)
        (source / "small").write_text("small\n")
        package = {"apiVersion": "muster/v1", "kind": "Package", "metadata": {"name": "big"},
                   "spec": {"version": "1", "source": "source", "programs": [{"name": "run", "argv": ["true"]}]}}
        cls.site.cli("apply", "-f", str(write_objects(cls.site.path("big"), package)))

    def export(self, *words):
        """With less memory than the content has bytes."""
        limit = lambda: resource.setrlimit(resource.RLIMIT_DATA, (80 << 20, 80 << 20))
        return subprocess.run([BIN / "muster", "export", "-o", str(self.site.path("out")), *words], preexec_fn=limit,
                              env={**os.environ, "MUSTER_STATE": str(self.site.state)}, capture_output=True, text=True)

    def test_1_content_larger_than_memory_is_exported(self):
        done = self.export()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.site.path("out/content/big/large").stat().st_size, 96 << 20)
        self.assertEqual(self.site.path("out/content/big/small").read_text(), "small\n")

    def test_2_a_failed_export_leaves_the_former_one_as_it_was(self):
        out = self.site.path("out")
        (out / "mine.txt").write_text("mine")
        before = tree(out)
        digest = hashlib.sha256(b"small\n").hexdigest()
        (kept,) = [path for path in self.site.path("site").rglob(digest) if path.is_file()]
        aside = self.site.path("aside")
        kept.rename(aside)
        self.assertNotEqual(self.export("--replace").returncode, 0)
        self.assertEqual(tree(out), before)
        aside.rename(kept)
        done = self.export("--replace")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(tree(out), before)
        self.assertEqual(sorted(path.name for path in out.iterdir()), [".muster-export", "content", "mine.txt", "packages"])

    def test_3_only_what_an_export_made_is_replaced(self):
        other = self.site.path("other")
        (other / "content").mkdir(parents=True)
        (other / "content/precious").write_text("precious")
        done = self.site.cli("export", "-o", str(other), "--replace", ok=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("M2505", done.stderr)
        self.assertIn(".muster-export", done.stderr)
        self.assertEqual([path.name for path in other.rglob("*")], ["content", "precious"])

    def test_4_what_an_interrupted_command_packed_goes_with_the_next_one(self):
        operator = self.site.path("operator")
        for name in ("packing-0000000000000001", "packing-0000000000000002"):
            (operator / name).mkdir()
            (operator / name / "large").write_text("large")
        with (operator / "packing-0000000000000002.lock").open("w") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX)
            self.site.cli("diff", "-f", str(self.site.path("big")))
            self.assertEqual(sorted(path.name for path in operator.glob("packing-*")),
                             ["packing-0000000000000002", "packing-0000000000000002.lock"])
        self.site.cli("diff", "-f", str(self.site.path("big")))
        self.assertEqual(list(operator.glob("packing-*")), [])


class PruneAndDryRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = start_site_with_two_devices()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def names(self):
        return sorted(c["metadata"]["name"] for c in self.site.json("get", "collections"))

    def test_1_prune_deletes_what_its_own_set_brought_and_nothing_else(self):
        site = self.site
        mine = [collection("mine-a", []), collection("mine-b", [], limitedTo="mine-a"), collection("mine-c", [])]
        folder = write_objects(site.path("mine"), *mine)
        site.cli("apply", "-f", str(folder), "--set", "mine")
        site.cli("apply", "-f", str(write_objects(site.path("theirs"), collection("theirs-a", []))), "--set", "theirs")
        site.cli("apply", "-f", str(write_objects(site.path("nobodys"), collection("nobodys-a", []))))
        self.assertEqual(site.cli("apply", "-f", str(folder), "--prune", ok=False).returncode, 2)  # of which set?
        for name in ("0", "1"):
            (folder / f"{name}.json").unlink()
        done = site.cli("diff", "-f", str(folder), "--set", "mine", "--prune", ok=False)
        self.assertEqual(done.returncode, 1)
        # What limits the other goes after it.
        self.assertEqual(done.stdout.splitlines(), ["deleted collection mine-b", "deleted collection mine-a"])
        site.cli("apply", "-f", str(folder), "--set", "mine", "--prune", "--dry-run=server")
        self.assertEqual(self.names(), ["mine-a", "mine-b", "mine-c", "nobodys-a", "theirs-a"])
        out = site.cli("apply", "-f", str(folder), "--set", "mine", "--prune")
        self.assertEqual(out.splitlines(), ["collection mine-c unchanged", "collection mine-b deleted", "collection mine-a deleted"])
        self.assertEqual(self.names(), ["mine-c", "nobodys-a", "theirs-a"])

    def test_2_an_object_of_another_set_moves_only_when_that_is_asked_for(self):
        site = self.site
        folder = write_objects(site.path("taken"), collection("theirs-a", []))
        refused = site.cli("apply", "-f", str(folder), "--set", "mine", ok=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("M1457", refused.stderr)
        self.assertIn("belongs to the set theirs", refused.stderr)
        site.cli("apply", "-f", str(folder), "--set", "mine", "--take-over")
        self.assertEqual(site.json("get", "collections", "theirs-a")[0]["metadata"]["set"], "mine")

    def test_3_what_others_use_is_not_pruned_and_then_nothing_is_changed(self):
        site = self.site
        folder = write_objects(site.path("used"), collection("used-a", []), collection("used-b", []))
        site.cli("apply", "-f", str(folder), "--set", "used")
        site.cli("apply", "-f", str(write_objects(site.path("user"), collection("user-a", [], limitedTo="used-a"))))
        (folder / "0.json").unlink()
        (folder / "1.json").write_text(json.dumps(collection("used-b", [{"query": "Device"}])))
        done = site.cli("apply", "-f", str(folder), "--set", "used", "--prune", ok=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("used-a is used by collection user-a", done.stderr)
        self.assertEqual(site.json("get", "collections", "used-b")[0]["spec"]["rules"], [])

    def test_5_what_stands_in_the_way_of_the_first_may_be_moved_by_the_second(self):
        site = self.site
        folder = write_objects(site.path("ways"), boundary("net", "10.7.0.0/16"), boundary("old", "10.8.0.0/16"),
                               collection("way-a", [{"include": "way-b"}]), collection("way-b", []))
        site.cli("apply", "-f", str(folder), "--set", "ways")
        for file in folder.iterdir():
            file.unlink()
        # Half of the net before the net gives it up; another name for the old one; and an include the other way.
        write_objects(folder, boundary("half", "10.7.128.0/17"), boundary("net", "10.7.0.0/17"), boundary("new", "10.8.0.0/16"),
                      collection("way-b", [{"include": "way-a"}]), collection("way-a", []))
        site.cli("apply", "-f", str(folder), "--set", "ways", "--prune")
        self.assertEqual({b["metadata"]["name"]: b["spec"]["subnet"] for b in site.json("get", "boundaries")},
                         {"half": "10.7.128.0/17", "net": "10.7.0.0/17", "new": "10.8.0.0/16"})

    def test_6_a_dry_run_over_collections_that_name_each_other_over_and_over_ends(self):
        chain = [collection(f"chain-{i}", [{"include": f"chain-{i - 1}" if i else "all-systems"}] * 2,
                            limitedTo=f"chain-{i - 1}" if i else "all-systems") for i in range(40)]
        package = {"apiVersion": "muster/v1", "kind": "Package", "metadata": {"name": "chained"},
                   "spec": {"version": "1", "source": "source", "programs": [{"name": "install", "argv": ["sh", "install.sh"]}]}}
        deployment = {"apiVersion": "muster/v1", "kind": "Deployment", "metadata": {"name": "chained"},
                      "spec": {"package": "chained", "program": "install", "collection": "chain-39", "purpose": "required",
                               "start": "2030-01-01T00:00:00Z"}}
        folder = self.site.path("chain")
        write_source(folder / "source", "chain")
        write_objects(folder, *chain, package, deployment)
        items = self.site.json("apply", "-f", str(folder), "--dry-run=server")["items"]
        self.assertEqual([i["impact"]["devices"] > 0 for i in items if i["kind"] == "Deployment"], [True])

    def test_4_a_dry_run_says_who_will_be_hit_and_changes_nothing(self):
        site = self.site
        source = site.path("hit/source")
        write_source(source, "hit")
        size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
        system = site.json("get", "devices")[0]["operatingSystem"]
        site.cli("block", "device", SECOND)
        deployment = {"apiVersion": "muster/v1", "kind": "Deployment", "metadata": {"name": "hit"},
                      "spec": {"package": "hit", "program": "install", "collection": "hit", "purpose": "required", "start": "2030-01-01T00:00:00Z"}}
        package = {"apiVersion": "muster/v1", "kind": "Package", "metadata": {"name": "hit"},
                   "spec": {"version": "1", "source": "source", "programs": [{"name": "install", "argv": ["sh", "install.sh"]}]}}
        folder = write_objects(site.path("hit"), deployment, package,
                               collection("hit", [{"device": site.host()}, {"device": SECOND}], limitedTo="all-systems"),
                               collection("none", [{"query": "Device | where Name == 'nobody'"}]))
        (folder / "4.json").write_text(json.dumps(collection("narrow", [{"query": "Device"}], limitedTo="none")))
        (folder / "5.json").write_text(json.dumps({**deployment, "metadata": {"name": "misses"},
                                                   "spec": {**deployment["spec"], "collection": "narrow"}}))

        def dry_run():
            answer = site.json("apply", "-f", str(folder), "--dry-run=server")
            return {(item["kind"], item["name"]): item for item in answer["items"]}
        wait_until(lambda: dry_run()["Deployment", "hit"]["impact"]["devices"] == 1, "the blocked device to leave")
        items = dry_run()
        self.assertEqual({item["action"] for item in items.values()}, {"created"})
        impact = items["Deployment", "hit"]["impact"]
        self.assertEqual(impact["operatingSystems"], [{"name": system, "devices": 1}])
        self.assertEqual(impact["exclusions"], [{"name": "the device is blocked", "devices": 1}])
        self.assertEqual((impact["bytesPerDevice"], impact["bytes"]), (size, size))
        self.assertEqual((impact["offline"], impact["offlineAfter"], impact["sample"]), (0, "PT4S", [site.host()]))
        misses = items["Deployment", "misses"]["impact"]
        self.assertEqual((misses["devices"], misses["bytes"]), (0, 0))
        self.assertEqual(misses["exclusions"], [{"name": "outside the limiting collection none", "devices": 1}])
        self.assertEqual(site.json("get", "deployments"), [])
        self.assertEqual(site.json("get", "packages"), [])
        site.stop("client")
        wait_until(lambda: dry_run()["Deployment", "hit"]["impact"]["offline"] == 1, "the stopped client to be offline")
        text = site.cli("apply", "-f", str(folder), "--dry-run=server")
        self.assertIn(f"created deployment hit\n  hits 1 device: 1 {system}\n  not hit: 1 the device is blocked\n", text)
        self.assertIn(f"  offline now: 1 (no contact for PT4S)\n  content: {size} bytes a device, {size} bytes in all\n", text)


if __name__ == "__main__":
    unittest.main()
