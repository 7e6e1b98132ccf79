"""Several server locator points, of which the first ones are of no use: a portal, and one that knows no boundary."""
import http.client
import http.server
import threading
import unittest

from site_under_test import Site, wait_until

POINT = ("127.0.0.1", 20080)


class Portal(http.server.BaseHTTPRequestHandler):
    """Answers everything with its own page, as the network of a hotel does."""
    def log_message(self, *unused):
        pass

    def answer(self):
        return 200, b"<html>Please accept our terms.</html>"

    def do_GET(self):
        status, body = self.answer()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Elsewhere(Portal):
    """The site's own point, as seen from an address in no boundary."""
    def answer(self):
        connection = http.client.HTTPConnection(*POINT, timeout=20, source_address=("127.7.7.7", 0))
        connection.request("GET", self.path)
        response = connection.getresponse()
        return response.status, response.read()


class PortalWithRoot(Elsewhere):
    """Lets the catalogue's root through and nothing else."""
    def answer(self):
        return super().answer() if self.path.startswith("/catalogue/") else Portal.answer(self)


class LocatorPoints(unittest.TestCase):
    def serve(self, handler):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def configure(self, site, code, points):
        site.path("client/client.yaml").write_text(
            f"state: {site.path('client')}\ntokenFile: token\nsiteCode: {code}\nserverLocatorPoints: {points}\n"
            "settings: {assignment.retry: PT1S, retry.first: PT0.5S, retry.longest: PT1S}\n")

    def test_the_next_point_is_asked_until_one_names_the_site(self):
        site = Site()
        self.addCleanup(site.close)
        site.start_site()
        boundary = site.path("some.yaml")
        boundary.write_text("apiVersion: muster/v1\nkind: Boundary\nmetadata: {name: some}\nspec: {subnet: 127.0.0.0/24}\n")
        site.cli("apply", "-f", str(boundary))
        site.cli("token", "create", "--output", str(site.path("client/token")))
        useless = [self.serve(Portal), self.serve(PortalWithRoot), self.serve(Elsewhere)]
        # Of useless points alone, the last one's cause is told.
        self.configure(site, "AUTO", useless)
        site.start("client")
        wait_until(lambda: site.events("client", "client.unmanaged"), "no site")
        self.assertEqual({each["error"] for each in site.events("client", "client.unmanaged")}, {2414})
        failed = site.events("client", "assignment.point.failed")[:3]
        self.assertEqual([each["error"] for each in failed][0], 1512)
        for point, each in zip(useless, failed):
            self.assertIn(point, each["text"])
        site.stop("client")
        self.configure(site, "AUTO", [*useless, "http://{}:{}".format(*POINT)])
        site.start("client")
        wait_until(lambda: site.events("client", "client.enrolled"), "the site that the last point names")


if __name__ == "__main__":
    unittest.main()
