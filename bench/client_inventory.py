#!/usr/bin/env python3
"""client.inventory_cpu, client.inventory_peak: a full inventory of this machine, beside other agents.

Each program makes its whole inventory in a process of its own and writes it to a file: muster-client as the report
that it would send, FusionInventory and OCS into a folder, dpkg-query and lshw as the least that such a list costs.
CPU-seconds are those of the process and all its children; the peak is the largest resident size of any one process
of the tree. In turn (A B C D, A B C D), medians of the ratios. Wants the Debian packages fusioninventory-agent,
ocsinventory-agent and lshw. Prints "id value unit peer peer_version rounds".
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 5
BIN = pathlib.Path(os.environ.get("MUSTER_BIN", pathlib.Path(__file__).resolve().parents[1] / "build/release/bin"))
IDS = ("client.inventory_cpu", "client.inventory_peak", "client.inventory_cpu_vs_ocs", "client.inventory_peak_vs_ocs",
       "client.inventory_cpu_vs_floor", "client.inventory_cpu_seconds", "client.inventory_peak_mb")


def run(words, folder):
    """CPU-seconds and peak in KiB of the tree."""
    with open(folder / "output", "wb") as output, open(os.devnull, "rb") as nothing:
        pid = os.fork()
        if pid == 0:
            os.dup2(nothing.fileno(), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            os.execvp(words[0], words)
        _, status, used = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit(f"{words[0]}: {status}: {(folder / 'output').read_text(errors='replace')[-2000:]}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def version(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                          check=True).stdout


def agents(folder):
    floor = "dpkg-query -W -f '${Package} ${Version} ${Architecture}\\n' && lshw -json"
    return {"muster": [str(BIN / "muster-client"), "--inventory", "/"],
            "fusioninventory-agent": ["fusioninventory-agent", f"--local={folder}", "--tasks=inventory",
                                      "--no-httpd"],
            "ocsinventory-agent": ["ocsinventory-agent", f"--local={folder}", "--force"],
            "floor": ["sh", "-c", floor]}


def main():
    wanted = sys.argv[1:]
    if wanted and not set(wanted) & set(IDS):
        return
    figures = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for number in range(ROUNDS + 1):
            for agent, words in agents(folder).items():
                figure = run(words, folder)
                if number > 0:  # the first one warms the caches
                    figures.setdefault(agent, []).append(figure)
        # An agent that failed to look would be a cheap one.
        fusion = max(path.stat().st_size for path in folder.iterdir() if path.is_file())
        if fusion < 100_000:
            raise SystemExit(f"the other agents' inventories are too small: {fusion} bytes")

    def ratio(peer, which):
        return statistics.median(ours[which] / theirs[which] for ours, theirs in zip(figures["muster"], figures[peer]))

    lines = []
    for peer, suffix in (("fusioninventory-agent", ""), ("ocsinventory-agent", "_vs_ocs")):
        lines.append((f"client.inventory_cpu{suffix}", ratio(peer, 0), "ratio", peer, version(peer)))
        lines.append((f"client.inventory_peak{suffix}", ratio(peer, 1), "ratio", peer, version(peer)))
    lines.append(("client.inventory_cpu_vs_floor", ratio("floor", 0), "ratio", "dpkg-query + lshw", version("lshw")))
    lines.append(("client.inventory_cpu_seconds", statistics.median(each[0] for each in figures["muster"]), "s", "", ""))
    lines.append(("client.inventory_peak_mb", statistics.median(each[1] for each in figures["muster"]) / 1024, "MB", "",
                  ""))
    for name, value, unit, peer, release in lines:
        print(f"{name}\t{value:.3f}\t{unit}\t{peer}\t{release}\t{ROUNDS}")
    for agent, each in figures.items():
        print(f"# {agent}: {statistics.median(cpu for cpu, _ in each):.3f} CPU-s, "
              f"{statistics.median(peak for _, peak in each) / 1024:.1f} MB")


if __name__ == "__main__":
    main()
