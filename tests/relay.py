"""A TCP relay to a service, which a test can cut (refuse and close) or block (accept and stay silent)."""

import contextlib
import socket
import threading
from typing import Self
from urllib.parse import urlsplit


class Relay:
    """Passes bytes between clients and the service at a `redis://` URL.

    Attributes:
        url: the way through it.
        accepted: how many connections it took.
        asked: how many times a client sent something.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 6379)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = parts._replace(netloc=f"127.0.0.1:{self.port}").geturl()
        self.open: list[socket.socket] = []
        self.state = "pass"
        self.accepted = self.asked = 0
        self.lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.state = "cut"
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()

    def cut(self) -> None:
        """Close every connection, and each new one at once."""
        self.state = "cut"
        self.drop()

    def block(self) -> None:
        """Take what is sent and never answer."""
        self.state = "block"

    def mend(self) -> None:
        self.state = "pass"
        self.drop()

    def drop(self) -> None:
        with self.lock:
            for one in self.open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self.open.clear()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self.state == "cut":
                client.close()
                continue
            service = socket.create_connection(self.target)
            with self.lock:
                self.open += [client, service]
            for pair in ((client, service), (service, client)):
                threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.asked += sink.getpeername() == self.target
                if self.state == "pass":
                    sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
