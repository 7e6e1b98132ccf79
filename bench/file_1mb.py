#!/usr/bin/env python3
"""content.file_1mb: a file of 1 MB over plain HTTP per CPU-second of the server, beside nginx.

wrk reads it over 64 kept connections, as clients do: what a receiver that discards, or a thread per
connection, costs the sender is of another kind and drowns the difference. Server on the first processor,
wrk on the others. nginx has sendfile and tcp_nopush on, as Debian ships its nginx.conf; the line
content.file_1mb_uncorked is against tcp_nopush off. Ours serves from a content store. A B A B, the median of the ratios.
Prints "id value unit peer peer_version rounds".
"""
import hashlib
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROUNDS = 11
SECONDS = 3
IDS = {"content.file_1mb": "on", "content.file_1mb_uncorked": "off"}


def cpu_seconds(pid):
    """Of the process and its children, user and system."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(child) for child in children)


def files_per_cpu_second(pid, url):
    others = f"1-{os.cpu_count() - 1}" if os.cpu_count() > 1 else "0"
    before = cpu_seconds(pid)
    out = subprocess.run(["taskset", "-c", others, "wrk", "-t2", "-c64", f"-d{SECONDS}", url], capture_output=True,
                         text=True, check=True).stdout
    return int(re.search(r"(\d+) requests in", out).group(1)) / (cpu_seconds(pid) - before)


def start_nginx(folder, corked, path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / f"nginx-{corked}.conf"
    user = "user root;" if os.getuid() == 0 else ""
    config.write_text(f"daemon off; master_process off; worker_processes 1; pid {config}.pid; {user}\n"
                      f"events {{ worker_connections 1024; }}\nhttp {{ access_log off; sendfile on; tcp_nopush {corked};"
                      f" keepalive_requests 1000000000; keepalive_timeout 3600; root {folder};"
                      f" server {{ listen 127.0.0.1:{port}; }} }}\n")
    process = subprocess.Popen(["taskset", "-c", "0", "/usr/sbin/nginx", "-p", str(folder), "-e",
                                str(folder / "error.log"), "-c", str(config)])
    return process, f"http://127.0.0.1:{port}/{path}"


def main():
    wanted = [each for each in IDS if len(sys.argv) == 1 or each in sys.argv[1:]]
    if not wanted:
        return
    version = subprocess.run(["/usr/sbin/nginx", "-v"], capture_output=True, text=True).stderr.rpartition("/")[2].strip()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-bench-"))
    running = []
    try:
        content = os.urandom(1_000_000)
        name = hashlib.sha256(content).hexdigest()
        path = f"content/sha256/{name[:2]}/{name}"
        (folder / path).parent.mkdir(parents=True)
        (folder / "content").chmod(0o700)
        (folder / path).write_bytes(content)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", folder / "server.key", "-out", folder / "server.pem", "-subj", "/CN=bench", "-days", "2"],
                       check=True, capture_output=True)
        ours = subprocess.Popen(["taskset", "-c", "0", ROOT / "build/release/bin/bench_http_vs_nginx", "serve",
                                 f"{folder}/"])
        running.append(ours)
        while not (folder / "ports").exists():
            time.sleep(0.05)
        url = f"http://127.0.0.1:{(folder / 'ports').read_text().split()[0]}/{path}"
        for each in wanted:
            nginx, nginx_url = start_nginx(folder, IDS[each], path)
            running.append(nginx)
            time.sleep(0.5)
            pairs = [(files_per_cpu_second(ours.pid, url), files_per_cpu_second(nginx.pid, nginx_url))
                     for _ in range(ROUNDS)]
            print(f"{each}: {statistics.median(a for a, _ in pairs):.0f} against "
                  f"{statistics.median(b for _, b in pairs):.0f} files per CPU-second", file=sys.stderr)
            ratio = statistics.median(a / b for a, b in pairs)
            print(f"{each}\t{ratio:.3f}\tratio\tnginx\t{version}\t{ROUNDS}", flush=True)
    finally:
        for process in running:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
