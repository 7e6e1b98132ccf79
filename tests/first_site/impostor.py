"""A stolen site server: it has every file that a daemon opens, stands between client and site, and alters what it likes."""
import http.client
import http.server
import re
import ssl
import subprocess
import threading

PORT = 20444


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout


def signed_document(key, kind, payload):
    """docs/protocols/signed-document.md, signed by openssl with the key in a PEM file."""
    import hashlib
    public = openssl("pkey", "-in", str(key), "-pubout", "-outform", "der")[-32:]
    text = key.parent / "to-sign"
    text.write_bytes(b"muster-signed/1 " + kind.encode() + b"\n" + payload)
    signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", str(key), "-in", str(text))
    text.unlink()
    return b"muster-signed/1 %s %s %s\n" % (kind.encode(), hashlib.sha256(public).hexdigest().encode(),
                                            signature.hex().encode()) + payload


class Impostor:
    """Forwards the client's requests; alter(path, status, headers, body) may answer otherwise: (status, headers, body)."""

    def __init__(self, site):
        self.site = site
        self.alter = None
        self.asked = []
        folder = site.path("thief")
        folder.mkdir()
        key, request, leaf = folder / "key.pem", folder / "request.pem", folder / "leaf.pem"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key),
                "-out", str(request), "-subj", "/CN=thief")
        (folder / "names").write_text("subjectAltName=IP:127.0.0.1,URI:urn:muster:site-system:thief\n"
                                      "extendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\n")
        openssl("x509", "-req", "-in", str(request), "-CA", str(site.path("signer/ca.pem")), "-CAkey",
                str(site.path("signer/ca-key.pem")), "-days", "1", "-extfile", str(folder / "names"), "-out", str(leaf))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.write_text(leaf.read_text() + site.path("signer/ca.pem").read_text())
        context.load_cert_chain(leaf, key)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), self.handler())
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        yaml = site.path("client/client.yaml")
        yaml.write_text(re.sub(r"https://127\.0\.0\.1:\d+", f"https://127.0.0.1:{PORT}", yaml.read_text()))

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def forward(self, method, path, headers, body):
        context = ssl.create_default_context(cafile=self.site.path("operator/ca.pem"))
        identity = self.site.path("client/identity/identity.pem")
        context.load_cert_chain(identity)
        connection = http.client.HTTPSConnection("127.0.0.1", 20443, context=context, timeout=20)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def handler(impostor):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
                impostor.asked.append(self.path)
                try:
                    status, answer_headers, answer = impostor.forward(self.command, self.path, headers, body)
                except OSError:
                    status, answer_headers, answer = 503, {}, b""
                if impostor.alter:
                    status, answer_headers, answer = impostor.alter(self.path, status, answer_headers, answer) or \
                        (status, answer_headers, answer)
                self.send_response_only(status)
                for name, value in answer_headers.items():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                        self.send_header(name, value)
                if status not in (204, 304):
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET

            def log_message(self, *unused):
                pass

        return Handler
