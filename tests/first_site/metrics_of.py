"""The site's figures, as Prometheus' own Python library reads them."""
import http.client
import json
import pathlib
import ssl
import subprocess

PORT = 28443
JUDGE = pathlib.Path(__file__).resolve().parents[1] / "judges/prometheus_text.py"


def ask(site, path="/metrics", token=None, identity=None):
    """Status, headers and text. `identity`: the files of a certificate and its key."""
    context = ssl.create_default_context(cafile=site.path("operator/ca.pem"))
    if identity:
        context.load_cert_chain(*identity)
    connection = http.client.HTTPSConnection("127.0.0.1", PORT, context=context, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def token_of(site):
    return site.path("site/metrics/token").read_text().strip()


def families(site):
    status, _, text = ask(site, token=token_of(site))
    assert status == 200, text
    judged = subprocess.run(["/usr/bin/python3", JUDGE], input=text, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stderr
    return json.loads(judged.stdout)


def value(site, name, **labels):
    """The sum of the samples of this name with these labels."""
    return sum(sample["value"] for family in families(site) for sample in family["samples"]
               if sample["name"] == name and labels.items() <= sample["labels"].items())
