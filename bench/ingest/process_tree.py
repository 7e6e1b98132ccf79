"""CPU-seconds of a server: user and system time of its processes and of those that they waited for."""
import os
import pathlib
import time

TICKS = os.sysconf("SC_CLK_TCK")


def fields(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def tree(roots):
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int(fields(entry.name)[1]), []).append(int(entry.name))
            except OSError:
                continue  # it has just ended
    out, rest = [], list(roots)
    while rest:
        out.append(rest.pop())
        rest += parents.get(out[-1], [])
    return out


def cpu_seconds(roots):
    total = 0
    for pid in tree(roots):
        try:
            total += sum(map(int, fields(pid)[11:15]))
        except OSError:
            continue
    return total / TICKS


def settled_cpu_seconds(roots, quiet=1.0):
    """Once nothing but the odd timer runs any more: work behind the answers is work as well."""
    limit = time.monotonic() + 60
    before = cpu_seconds(roots)
    while time.monotonic() < limit:
        time.sleep(quiet)
        now = cpu_seconds(roots)
        if now - before <= 0.01:
            return now
        before = now
    raise SystemExit("the server does not come to rest")
