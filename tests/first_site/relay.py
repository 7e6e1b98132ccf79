"""Carries TCP from one listener to the site, as routers, wires and slow lines do."""
import socket
import threading


class Relay(threading.Thread):
    def __init__(self, address="127.0.0.1", port=0, to=20443, source=None):
        """`source`: the address that the site sees."""
        super().__init__(daemon=True)
        self.to, self.source = to, source
        self.listener = socket.create_server((address, port))
        self.port = self.listener.getsockname()[1]
        self.pairs = set()
        self.start()

    def run(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        with near, self.dial(near) as far:
            self.pairs.add((near, far))
            back = threading.Thread(target=self.carry, args=(far, near), daemon=True)
            back.start()
            self.carry(near, far)
            back.join()
            self.pairs.discard((near, far))

    def dial(self, near):
        return socket.create_connection(("127.0.0.1", self.to), source_address=(self.source, 0) if self.source else None)

    def carry(self, one, other):
        try:
            while data := one.recv(65536):
                self.pass_on(other, data)
        except OSError:
            pass
        for each in (one, other):
            self.shut(each)

    def pass_on(self, other, data):
        other.sendall(data)

    @staticmethod
    def shut(each):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        """Connections that are under way end too."""
        self.shut(self.listener)
        self.listener.close()
        for pair in list(self.pairs):
            for each in pair:
                self.shut(each)
