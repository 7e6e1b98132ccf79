#!/usr/bin/env python3
"""policy.changed_vs_puppetserver, policy.unchanged_vs_cf_serverd: what policy costs the server, beside other servers.

A change: all of 20 deployments change, as `muster apply` stores them, and devices fetch the new header and the new
bodies on kept mutual-TLS connections. CPU of musterd and the signer, less what the same command costs for as
many disabled deployments: that is the interface's work of storing, which a puppetserver leaves to whoever writes the
manifest. The peer compiles and serves a catalogue of 20 file resources, all changed in the manifest before each
request; JVM warm, environment_timeout as shipped. `changed_vs_puppetserver` is one device; further ids are the same
change for each of a fleet of 100 devices, one of the 20 deployments, and 20 variables of one collection.
No change: a poll with If-None-Match on a kept connection. The peer is cf-agent's comparison of a tree of 130 files by
digest, as update.cf copies it, over one connection; the cost of that connection itself is taken off. Where the file
cf_promises_validated has not changed update.cf does not look at the tree: that poll is a new connection and one file,
which the notes on stderr set beside a poll of musterd, kept and new.
CPU-seconds of process trees, three rounds in turn, medians. Wants the Debian packages puppetserver and cfengine3.
Prints "id value unit peer peer_version rounds".
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/first_site"))
from overload import Wire  # noqa: E402
from site_under_test import Site, die_with_me, enter_namespace, wait_until  # noqa: E402
from spoken_device import SpokenDevice  # noqa: E402

ROUNDS = 3
ITEMS = 20
FLEET = 100
BODIES_AT_ONCE = 32
POLLS = 20_000
CONTACTS = 200
WARM_COMPILES = 800  # from there on the cost of a catalogue falls by less than a tenth in 100 more
COMPILES = 100
TREES = 10
PUPPET = "policy.changed_vs_puppetserver"
CFENGINE = "policy.unchanged_vs_cf_serverd"
# What changes, for how many devices, how often in a round.
CHANGES = {"": ("deployments", 1, 12), "_fleet": ("fleet", FLEET, 4), "_one": ("one", 1, 30),
           "_variables": ("variables", 1, 30)}
IDS = (*(PUPPET.replace("changed", f"changed{suffix}") for suffix in CHANGES), CFENGINE)
PUPPET_PORT, CFENGINE_PORT = 28140, 25308


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(words, **options):
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))}: {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def version(package):
    return run(["dpkg-query", "-W", "-f", "${Version}", package])


def tree(pid):
    """The process and all below it."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            pass  # it ended meanwhile
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def cpu(*pids):
    """CPU-seconds of the trees, ended children included."""
    ticks = 0
    for pid in (each for root in pids for each in tree(root)):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mb(*pids):
    status = (pathlib.Path(f"/proc/{pid}/status").read_text() for root in pids for pid in tree(root))
    return sum(int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) for text in status) / 1024


class Device(SpokenDevice):
    """A device that knows its policy and fetches what is new in it, as the client does."""

    def __init__(self, site, name):
        super().__init__(site, name)
        self.connection = self.connect()
        self.etag, self.bodies = "", set()

    def get(self, path, **headers):
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def fetch(self):
        """The new bodies; nothing where the header is the known one."""
        status, headers, document = self.get("/mp/policy", **({"If-None-Match": self.etag} if self.etag else {}))
        if status != 200:
            return []
        self.etag = headers["ETag"]
        named = {each["sha256"] for each in json.loads(document.split(b"\n", 1)[1])["bodies"]}
        self.bodies &= named
        out = []
        wanted = sorted(named - self.bodies)
        while wanted:
            status, _, answer = self.get("/mp/policy/bodies/" + ".".join(wanted[:BODIES_AT_ONCE]))
            if status == 403:  # newer headers came meanwhile, which do not name one of them any more
                self.etag = ""
                break
            if status != 200:
                raise SystemExit(f"bodies of the policy: {status}")
            while answer:
                size = int.from_bytes(answer[:4], "big")
                out.append(answer[4:4 + size])
                self.bodies.add(wanted.pop(0))
                answer = answer[4 + size:]
        return out

    def fetch_until(self, text, count):
        """Until `count` bodies that say `text` came."""
        found = 0

        def looks():
            nonlocal found
            found += sum(text in body for body in self.fetch())
            return found >= count
        wait_until(looks, f"{count} new bodies")


class Muster:
    """A site with its devices, of which the first alone is in the collection `one-device`."""

    def __init__(self, site, devices):
        self.site, self.number = site, 0
        # Few devices are all the load, and their connections are kept while the peer has its turn.
        self.site.configure("site", http__device_rate=1000000, http__idle_timeout="PT1H")
        self.site.path("content").mkdir()
        self.site.path("content/run.sh").write_text("true\n")
        self.site.start_site()
        self.pids = [self.site.processes[name].pid for name in ("site", "signer")]
        self.devices = [Device(self.site, f"device{i}") for i in range(devices)]
        for each in self.devices:
            wait_until(each.fetch, "its policy")

    def apply(self, *objects):
        file = self.site.path("objects.yaml")
        file.write_text("---\n".join(objects))
        self.site.cli("apply", "-f", str(file))

    def prepare(self):
        programs = "".join(f"    - {{name: go{i}, command: sh run.sh, runAs: user, maxRuntime: PT5M}}\n"
                           for i in range(ITEMS))
        self.apply("apiVersion: muster/v1\nkind: Package\nmetadata: {name: application}\nspec:\n  version: '1'\n"
                   f"  source: ./content\n  programs:\n{programs}",
                   self.collection("one-device"), *(each for kind in ("deployments", "fleet", "stored")
                                                    for each in self.deployments(kind, 0)),
                   self.collection("variables", 0))
        for kind in ("deployments", "stored", "fleet", "one", "stored-one", "variables"):
            self.change(kind)

    def collection(self, name, value=None):
        variables = "" if value is None else ", variables: [" + ", ".join(
            f"{{name: V{i}, value: value {value} of {i}}}" for i in range(ITEMS)) + "]"
        return (f"apiVersion: muster/v1\nkind: Collection\nmetadata: {{name: {name}}}\n"
                f"spec: {{rules: [{{device: {self.devices[0].id}}}]{variables}}}\n")

    def deployments(self, kind, number, count=ITEMS):
        to = "collection: all-systems" if kind == "fleet" else "collection: one-device"
        enabled = ", enabled: false" if kind == "stored" else ""
        return [f"apiVersion: muster/v1\nkind: Deployment\nmetadata: {{name: {kind}-{i}}}\nspec: {{package: application, "
                f"program: go{i}, purpose: required, start: '{self.start(number)}', {to}{enabled}}}\n"
                for i in range(count)]

    @staticmethod
    def start(number):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1767225600 + 60 * number))

    def change(self, kind):
        """The operator's change, stored, built and with the devices that it is for."""
        self.number += 1
        if kind == "variables":
            self.apply(self.collection("variables", self.number))
            return self.devices[0].fetch_until(f"value {self.number} of 19".encode(), 1)
        count = 1 if kind.endswith("one") else ITEMS
        which = {"one": "deployments", "stored-one": "stored"}.get(kind, kind)
        self.apply(*self.deployments(which, self.number, count))
        text = self.start(self.number).rstrip("Z").encode()
        for device in {"stored": [], "fleet": self.devices}.get(which, self.devices[:1]):
            device.fetch_until(text, count)

    def cost(self, kind, times):
        """CPU-seconds of one change."""
        before = cpu(*self.pids)
        for _ in range(times):
            self.change(kind)
        return (cpu(*self.pids) - before) / times

    def polls(self):
        """CPU-seconds of one poll that finds nothing new."""
        device, previous = self.devices[0], "-"
        device.fetch()
        wire = Wire(str(self.site.path("operator/ca.pem")), device.file)
        before = cpu(*self.pids)
        for _ in range(POLLS):
            nonce = os.urandom(16).hex()
            status = wire.ask(self.request(device, nonce, previous))
            if status != 304:
                raise SystemExit(f"a poll: {status}")
            previous = nonce
        used = cpu(*self.pids) - before
        wire.close()
        return used / POLLS

    def contacts(self):
        """CPU-seconds of a poll on a new connection, with a whole handshake."""
        device = self.devices[0]
        before = cpu(*self.pids)
        for _ in range(CONTACTS):
            wire = Wire(str(self.site.path("operator/ca.pem")), device.file)
            wire.ask(f"GET /mp/policy HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: {device.etag}\r\n\r\n".encode())
            wire.close()
        return (cpu(*self.pids) - before) / CONTACTS

    @staticmethod
    def request(device, nonce, previous):
        sent = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return (f"GET /mp/policy HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: {device.etag}\r\n"
                f"Muster-Poll: {nonce} {previous} {sent}\r\n\r\n").encode()


class Puppetserver:
    """Its shipped configuration in a folder of its own, with a CA and one agent's certificate."""

    AGENT = "agent.test"

    def __init__(self, folder):
        self.folder, self.number = folder, 0
        for name in ("var", "run", "log", "ssl", "ca", "code/environments/production/manifests"):
            (folder / name).mkdir(parents=True)
        self.manifest_file = folder / "code/environments/production/manifests/site.pp"
        shutil.copytree("/etc/puppet", folder / "etc")
        (folder / "etc/puppet.conf").write_text(
            f"[main]\nconfdir = {folder}/etc\ncodedir = {folder}/code\nvardir = {folder}/var\nlogdir = {folder}/log\n"
            f"rundir = {folder}/run\nssldir = {folder}/ssl\ncertname = localhost\nserver = localhost\n"
            f"serverport = {PUPPET_PORT}\n[server]\ncadir = {folder}/ca\n")
        places = {"/etc/puppet/code": "code", "/etc/puppet": "etc", "/var/lib/puppetserver": "var",
                  "/run/puppetserver": "run", "/var/log/puppetserver": "log"}
        for file in (*folder.glob("etc/puppetserver/conf.d/*.conf"), *folder.glob("etc/puppetserver/*.xml")):
            text = file.read_text()
            for shipped, own in places.items():
                text = text.replace(shipped, f"{folder}/{own}")
            file.write_text(text.replace("0.0.0.0", "127.0.0.1").replace("8140", str(PUPPET_PORT)))
        config = ["--config", folder / "etc/puppet.conf"]
        run(["puppetserver", "ca", "setup", *config, "--certname", "localhost"])
        run(["puppetserver", "ca", "generate", *config, "--certname", self.AGENT, "--ca-client"])
        java = re.search(r'JAVA_ARGS="(.*)"', pathlib.Path("/etc/default/puppetserver").read_text()).group(1)
        with open(folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                ["java", *java.split(), "-Dlogappender=F1", "-Djruby.lib=/usr/share/jruby/lib", "-jar",
                 "/usr/share/puppetserver/puppetserver.jar", "--config", folder / "etc/puppetserver/conf.d",
                 "--bootstrap-config", folder / "etc/puppetserver/services.d", "--restart-file", folder / "run/restart"],
                stdout=output, stderr=output, cwd=folder, preexec_fn=die_with_me)
        restart = folder / "run/restart"
        wait_until(lambda: self.process.poll() is not None or (restart.exists() and restart.read_text().startswith("1")),
                   "puppetserver", 300)
        context = ssl.create_default_context(cafile=folder / "ssl/certs/ca.pem")
        context.load_cert_chain(folder / f"ssl/certs/{self.AGENT}.pem", folder / f"ssl/private_keys/{self.AGENT}.pem")
        self.connection = http.client.HTTPSConnection("localhost", PUPPET_PORT, context=context, timeout=60)
        # An agent of this release sends the older names of its facts too. Where a fact cannot be read facter ends with 1.
        values = json.loads(subprocess.run(["facter", "--json", "--show-legacy"], capture_output=True, text=True).stdout)
        facts = {"name": self.AGENT, "values": values, "timestamp": "2026-01-01T00:00:00Z", "expiration": "2036-01-01T00:00:00Z"}
        self.form = urllib.parse.urlencode({
            "environment": "production", "facts_format": "application/json", "facts": urllib.parse.quote(json.dumps(facts)),
            "transaction_uuid": "6f5b4d1e-27e2-4a55-8a42-0d4f1f6f3f10", "static_catalog": "true",
            "checksum_type": "sha256.sha384.sha512.sha224.md5"})

    def compile(self):
        self.number += 1
        items = "".join(f"  file {{ '/etc/application/item{i}.conf':\n    ensure => file,\n    owner => 'root',\n"
                        f"    mode => '0644',\n    content => \"version {self.number} of {i}\\n\",\n  }}\n" for i in range(ITEMS))
        self.manifest_file.write_text(f"node default {{\n{items}}}\n")
        self.connection.request("POST", f"/puppet/v3/catalog/{self.AGENT}?environment=production", self.form, {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/vnd.puppet.rich+json, application/json", "X-Puppet-Version": "7.23.0"})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200 or text.count(f"version {self.number} of ") != ITEMS:
            raise SystemExit(f"puppetserver: {answer.status}: {text[:1000]}")

    def cost(self, times=COMPILES):
        """CPU-seconds of one catalogue."""
        self.connection.close()  # it was too long without a request to be kept: the first one connects anew
        before = cpu(self.process.pid)
        for _ in range(times):
            self.compile()
        return (cpu(self.process.pid) - before) / times

    def close(self):
        self.process.terminate()
        self.process.wait()


class CfServerd:
    """A server of the shipped masterfiles and an agent that trust each other, each with a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        for side in ("server", "agent"):
            for name in ("inputs", "bin", "ppkeys", "state", "lastseen", "outputs", "modules", "reports", "plugins"):
                (folder / side / name).mkdir(parents=True, mode=0o700)
            (folder / side / "bin/cf-promises").symlink_to("/usr/bin/cf-promises")
            run(["cf-key"], env=self.environment(side))
        for side, other in (("server", "agent"), ("agent", "server")):
            key = folder / other / "ppkeys/localhost.pub"
            name = run(["cf-key", "-p", key], env=self.environment(other)).strip()
            shutil.copy(key, folder / side / f"ppkeys/root-{name}.pub")
        shutil.copytree("/usr/share/cfengine3/masterfiles", folder / "masterfiles")
        (folder / "masterfiles/def.json").write_text("{}\n")
        self.files = sum(path.is_file() for path in (folder / "masterfiles").rglob("*"))
        self.policy("server", "server", f"""
body common control {{ bundlesequence => {{ "access" }}; }}
body server control {{
  port => "{CFENGINE_PORT}"; bindtointerface => "127.0.0.1"; maxconnections => "100";
  allowconnects => {{ "127.0.0.1" }}; allowallconnects => {{ "127.0.0.1" }};
}}
bundle server access {{ access: "{folder}/masterfiles" admit => {{ "127.0.0.1" }}; }}
""")
        trees = ", ".join(f'"{i}"' for i in range(TREES))
        self.policy("agent", "trees", self.copies(
            f'vars: "copies" slist => {{ {trees} }};\n  files: "{folder}/agent/copy$(copies)/." create => "true", '
            f'copy_from => remote("{folder}/masterfiles"), depth_search => all, file_select => every, action => now;'))
        self.policy("agent", "contact", self.copies(
            f'files: "{folder}/agent/one.json" copy_from => remote("{folder}/masterfiles/def.json"), action => now;'))
        with open(folder / "output", "wb") as output:
            self.process = subprocess.Popen(["cf-serverd", "-F", "-f", folder / "server/inputs/server.cf"], stdout=output,
                                            stderr=output, env=self.environment("server"), preexec_fn=die_with_me)
        wait_until(lambda: (self.agent("contact"), (folder / "agent/one.json").exists())[1], "cf-serverd")
        self.agent("trees")
        for i in range(TREES):
            copied = sum(path.is_file() for path in (folder / f"agent/copy{i}").rglob("*"))
            if copied != self.files:
                raise SystemExit(f"cf-agent copied {copied} of {self.files} files")

    def environment(self, side):
        return {**os.environ, "CFENGINE_TEST_OVERRIDE_WORKDIR": str(self.folder / side)}

    def policy(self, side, name, text):
        file = self.folder / side / f"inputs/{name}.cf"
        file.write_text(text)
        file.chmod(0o600)

    @staticmethod
    def copies(promises):
        """How update.cf compares what it copies (its body u_rcp)."""
        return f"""
body common control {{ bundlesequence => {{ "poll" }}; }}
bundle agent poll {{ {promises} }}
body copy_from remote(from) {{
  source => "$(from)"; servers => {{ "127.0.0.1" }}; portnumber => "{CFENGINE_PORT}"; compare => "digest";
  purge => "true"; trustkey => "false";
}}
body depth_search all {{ depth => "inf"; xdev => "true"; }}
body file_select every {{ leaf_name => {{ ".*" }}; file_result => "leaf_name"; }}
body action now {{ ifelapsed => "0"; }}
"""

    def agent(self, policy):
        subprocess.run(["cf-agent", "-K", "-f", self.folder / f"agent/inputs/{policy}.cf"], capture_output=True,
                       env=self.environment("agent"))

    def cost(self, policy, times):
        """CPU-seconds of one run of the agent."""
        before = cpu(self.process.pid)
        for _ in range(times):
            self.agent(policy)
        return (cpu(self.process.pid) - before) / times

    def close(self):
        self.process.terminate()
        self.process.wait()


def ms(values):
    return ", ".join(f"{value * 1000:.3g}" for value in values) + " ms"


def bench_changed(muster, puppet, wanted):
    muster.prepare()
    say(f"warming puppetserver with {WARM_COMPILES} catalogues: " +
        ms(puppet.cost() for _ in range(WARM_COMPILES // COMPILES)))
    ours, stored, theirs = {suffix: [] for suffix in CHANGES}, {1: [], ITEMS: []}, []
    for _ in range(ROUNDS):
        stored[ITEMS].append(muster.cost("stored", 12))
        stored[1].append(muster.cost("stored-one", 30))
        for suffix, (kind, _, times) in CHANGES.items():
            ours[suffix].append(muster.cost(kind, times))
        theirs.append(puppet.cost())
    say(f"puppetserver, a catalogue of {ITEMS} resources: {ms(theirs)}")
    for count, costs in stored.items():
        say(f"musterd and signer, disabled deployments stored: {count}; {ms(costs)}")
    for suffix, (kind, devices, _) in CHANGES.items():
        base = stored[ITEMS if kind in ("deployments", "fleet") else 1]
        each = [(whole - storing) / devices for whole, storing in zip(ours[suffix], base)]
        ratio = statistics.median(a / b for a, b in zip(each, theirs))
        say(f"{kind}, devices: {devices}; {ms(ours[suffix])} with storing; {ms(each)} a device without; with storing "
            f"{statistics.median(a / devices / b for a, b in zip(ours[suffix], theirs)):.4f} of puppetserver's")
        if (name := PUPPET.replace("changed", f"changed{suffix}")) in wanted:
            print(f"{name}\t{ratio:.4f}\tratio\tpuppetserver\t{version('puppetserver')}\t{ROUNDS}", flush=True)
    memory = resident_mb(*muster.pids), resident_mb(puppet.process.pid)
    say(f"resident: musterd and signer {memory[0]:.0f} MB, puppetserver {memory[1]:.0f} MB, ratio {memory[0] / memory[1]:.4f}")


def bench_unchanged(muster, server):
    polls, contacts, trees, agents = [], [], [], []
    for _ in range(ROUNDS):
        polls.append(muster.polls())
        agents.append(server.cost("contact", 30))
        trees.append((server.cost("trees", 4) - agents[-1]) / TREES)
        contacts.append(muster.contacts())
    say(f"musterd: {ms(polls)} a poll, {ms(contacts)} with a new connection (whole handshake)")
    say(f"cf-serverd: {ms(trees)} a tree of {server.files} files, {ms(agents)} a new connection with one file; new "
        f"connections: {statistics.median(a / b for a, b in zip(contacts, agents)):.3f} of cf-serverd's")
    say(f"a kept poll is {statistics.median(a / b for a, b in zip(polls, agents)):.4f} of a new connection to cf-serverd")
    memory = resident_mb(*muster.pids), resident_mb(server.process.pid)
    say(f"resident: musterd and signer {memory[0]:.0f} MB, cf-serverd {memory[1]:.0f} MB")
    ratio = statistics.median(a / b for a, b in zip(polls, trees))
    print(f"{CFENGINE}\t{ratio:.5f}\tratio\tcf-serverd\t{version('cfengine3')}\t{ROUNDS}", flush=True)


def main():
    wanted = set(sys.argv[1:]) or set(IDS)
    if not wanted & set(IDS):
        return
    missing = [package for package, program in (("puppetserver", "puppetserver"), ("cfengine3", "cf-serverd"))
               if shutil.which(program) is None]
    if missing:
        raise SystemExit(f"wants the Debian packages {' and '.join(missing)}")
    enter_namespace()
    changes = wanted - {CFENGINE}
    with Site() as site, tempfile.TemporaryDirectory(prefix="muster-peers-") as name:
        muster = Muster(site, FLEET if changes else 1)
        if CFENGINE in wanted:
            with contextlib.closing(CfServerd(pathlib.Path(name, "cfengine"))) as peer:
                bench_unchanged(muster, peer)
        if changes:
            with contextlib.closing(Puppetserver(pathlib.Path(name, "puppet"))) as peer:
                bench_changed(muster, peer, wanted)


if __name__ == "__main__":
    main()
