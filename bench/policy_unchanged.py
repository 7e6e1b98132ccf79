#!/usr/bin/env python3
"""policy.unchanged.tls: the management point's answer to a poll that finds nothing new, beside nginx.

Both serve kept mutual-TLS connections. musterd looks the device up, checks its admission and its
certificate's validity and answers 304 with the site's signed time; nginx (one worker) answers a small
JSON file to the same client certificate under the same CA. A B A B, the median of the ratios.
Prints "id value unit peer peer_version rounds".
"""
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/first_site"))
from site_under_test import BIN, Site, wait_until  # noqa: E402

ROUNDS = 5
ID = "policy.unchanged.tls"


def start_nginx(site, port):
    folder = site.path("nginx")
    (folder / "www").mkdir(parents=True)
    (folder / "www/small").write_text('{"device":"00112233445566778899aabbccddeeff","version":7,"unchanged":true}')
    # The same kind of certificate: P-256, here signed by itself.
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=bench", "-days", "2"],
                   check=True, capture_output=True)
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000000; keepalive_timeout 600s;
  default_type application/json;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.3;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    ssl_client_certificate {site.path('operator/ca.pem')}; ssl_verify_client on; ssl_verify_depth 1;
    root {folder}/www;
  }}
}}
""")
    return subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf"])


def measure(url, pid, identity, header):
    words = [BIN / "bench_http_vs_nginx", "load", "--url", url, "--pid", str(pid), "--certificate", identity,
             "--key", identity, "--threads", "16", "--connections", "64", "--seconds", "3"]
    if header:
        words += ["--header", header]
    out = subprocess.run(words, capture_output=True, text=True)
    if out.returncode != 0:
        raise SystemExit(f"the load failed: {out.stdout}{out.stderr}")
    return float(re.search(r"requests_per_cpu_second ([\d.]+)", out.stdout).group(1))


def main():
    if len(sys.argv) > 1 and ID not in sys.argv[1:]:
        return
    wanted = sys.argv[1:]
    if wanted and ID not in wanted:
        return
    with Site() as site:
        site.configure("site", http__device_rate=1000000)  # one device is all the load
        site.start_all()
        wait_until(lambda: site.path("client/policy/header").exists(), "the client's policy")
        site.stop("client")
        etag = subprocess.run(
            ["curl", "-sS", "-D", "-", "-o", "/dev/null", "--cacert", site.path("operator/ca.pem"), "--cert",
             site.path("client/identity/identity.pem"), "--key", site.path("client/identity/identity.pem"),
             "https://127.0.0.1:20443/mp/policy"], capture_output=True, text=True, check=True).stdout
        etag = re.search(r'(?i)^etag: (".*")', etag, re.M).group(1)
        identity = site.path("client/identity/identity.pem")
        nginx = start_nginx(site, 29443)
        try:
            version = subprocess.run(["/usr/sbin/nginx", "-v"], capture_output=True, text=True).stderr.strip()
            ours, theirs = [], []
            wait_until(lambda: subprocess.run(["curl", "-sk", "-o", "/dev/null", "https://127.0.0.1:29443/small"],
                                              capture_output=True).returncode == 0, "nginx")
            for _ in range(ROUNDS):
                ours.append(measure("https://127.0.0.1:20443/mp/policy", site.processes["site"].pid, identity,
                                    f"If-None-Match: {etag}"))
                theirs.append(measure("https://127.0.0.1:29443/small", nginx.pid, identity, None))
        finally:
            nginx.terminate()
            nginx.wait()
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        print(f"musterd {statistics.median(ours):.0f}, nginx {statistics.median(theirs):.0f} per CPU-second",
              file=sys.stderr)
        print(f"{ID}\t{ratio:.2f}\tratio\tnginx\t{version.rpartition('/')[2]}\t{ROUNDS}")


if __name__ == "__main__":
    main()
