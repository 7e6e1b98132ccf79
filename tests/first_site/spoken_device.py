"""A device that a test speaks for itself: enrolled by token, with kept connections and signed messages."""
import base64
import hashlib
import http.client
import json
import os
import re
import ssl
import subprocess
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HTTPS = 20443


class SpokenDevice:
    def __init__(self, site, name):
        self.site, self.name = site, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = site.path(f"{name}.pem")
        key_file = site.path(f"{name}.key")
        key_file.write_bytes(self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                    serialization.NoEncryption()))
        request = subprocess.run(["openssl", "req", "-new", "-subj", f"/CN={name}", "-outform", "der", "-key", key_file],
                                 check=True, capture_output=True).stdout
        secret = site.cli("token", "create").strip().split(".")[1]
        connection = self.connect(identity=False)
        connection.request("POST", "/.well-known/est/simpleenroll", base64.b64encode(request), {
            "Content-Type": "application/pkcs10",
            "Authorization": "Basic " + base64.b64encode(f"token:{secret}".encode()).decode()})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        pem = subprocess.run(["openssl", "pkcs7", "-inform", "der", "-print_certs"], input=base64.b64decode(text),
                             capture_output=True, check=True).stdout
        self.file.write_bytes(pem + key_file.read_bytes())
        self.der = subprocess.run(["openssl", "x509", "-outform", "der"], input=pem, capture_output=True, check=True).stdout
        shown = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=pem, capture_output=True).stdout
        self.id = re.search(rb"device:([0-9a-f]{32})", shown).group(1).decode()
        self.stream = os.urandom(16).hex()
        self.sequence = 0

    def connect(self, identity=True):
        context = ssl.create_default_context(cafile=self.site.path("operator/ca.pem"))
        if identity:
            context.load_cert_chain(self.file)
        return http.client.HTTPSConnection("127.0.0.1", HTTPS, context=context, timeout=60)

    def ask(self, connection, method="GET", path="/mp/policy", body=None, headers=None):
        """Status and headers of the answer."""
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers

    def poll(self):
        connection = self.connect()
        try:
            return self.ask(connection)[0]
        finally:
            connection.close()

    def message(self, kind="status", body=None, packed=None):
        """The next message of its stream, signed. `packed`: the body as zstd has it."""
        self.sequence += 1
        if body is None:
            body = json.dumps({"format": 1, "at": "2026-01-01T00:00:00Z", "statusId": 1, "topic": 0, "state": 0}).encode()
        sent = body if packed is None else packed
        header = {"sender": self.id, "stream": self.stream, "sequence": self.sequence, "type": kind,
                  "sent": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "bodySha256": hashlib.sha256(sent).hexdigest(),
                  "bodyEncoding": "identity" if packed is None else "zstd", "bodySize": len(body),
                  "certificateSha256": hashlib.sha256(self.der).hexdigest()}
        lines = b"muster-envelope/1\n" + json.dumps(header, separators=(",", ":")).encode()
        return lines + b"\n" + base64.b64encode(self.key.sign(lines, ec.ECDSA(hashes.SHA256()))) + b"\n" + sent

    def send(self, connection, kind="status", message=None):
        return self.ask(connection, "POST", "/mp/messages", message or self.message(kind),
                        {"Content-Type": "application/vnd.muster.envelope", "Muster-Message": kind})

    def hold_place(self, kind="inventory", size=4096):
        """A message of which the body never comes: it keeps its place until the connection is closed."""
        connection = self.connect()
        connection.connect()
        connection.sock.sendall((f"POST /mp/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nMuster-Message: {kind}\r\n"
                                 f"Content-Length: {size}\r\n\r\n").encode())
        return connection
