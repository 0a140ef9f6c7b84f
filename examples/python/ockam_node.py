#!/usr/bin/env python3
"""A small Ockam node in plain Python, written from docs/protocol.md and from nothing else.

    python3 ockam_node.py echo 127.0.0.1:4000                       # listen, and echo texts at "echoer"
    python3 ockam_node.py ask 127.0.0.1:4000 echoer "Hello Ockam!"  # ask, and print the reply
"""

import secrets
import socket
import sys
import threading
import time
from typing import Callable, Iterator

import notice
from wire import PREFACE, Address, Decoder, Message, ProtocolError, decode_string, encode_frame, encode_string

MAX_CONNECTIONS = 16
# Seconds: for an answer, for the first byte of a peer, for the end of a connection.
ASK_TIMEOUT, GREETING_TIMEOUT, CLOSE_TIMEOUT = 30, 10, 1


def local(name: str) -> Address:
    return Address(0, name.encode())


def random_address() -> Address:
    return local(secrets.token_hex(16))  # 3.16


class Connection:
    """One end of a connection. Its address is that of its sender (section 4)."""

    def __init__(self, peer: socket.socket):
        self.socket, self.decoder, self.address = peer, Decoder(), random_address()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # 1.5
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        peer.sendall(PREFACE)  # 1.2

    def send(self, message: Message):
        """Takes itself off the onward route and writes the rest (4.2)."""
        if message.onward_route[:1] == [self.address]:
            rest = Message(message.onward_route[1:], message.return_route, message.payload)
            self.socket.sendall(encode_frame(rest))

    def messages(self, deadline: float | None = None) -> Iterator[Message]:
        """Yields what arrives, with the sender in front of the return route (4.3), to the end."""
        while True:
            timeout = None if self.decoder.greeted else GREETING_TIMEOUT  # 1.6
            if deadline is not None:
                timeout = max(0.001, deadline - time.monotonic())
            self.socket.settimeout(timeout)
            data = self.socket.recv(65536)
            self.socket.settimeout(None)
            if not data:
                return
            for message in self.decoder.feed(data):
                message.return_route.insert(0, self.address)
                yield message

    def close(self):
        """Ends its own direction, and reads for a moment until the other one ends (1.7)."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(CLOSE_TIMEOUT)
            deadline = time.monotonic() + CLOSE_TIMEOUT
            while time.monotonic() < deadline and self.socket.recv(65536):
                pass
        except OSError:
            pass
        self.socket.close()


ECHOER = local("echoer")


def echo(connection: Connection, request: Message):
    """Sends a text back along its return route."""
    text = decode_string(request.payload)
    print(f"Address: {ECHOER}, Received: {text}", flush=True)
    connection.send(Message(request.return_route, [ECHOER], encode_string(text)))


Worker = Callable[[Connection, Message], None]
WORKERS: dict[Address, Worker] = {ECHOER: echo}


def serve(peer: socket.socket, places: threading.Semaphore):
    """Delivers what a peer sends to the workers, until one of the two has enough."""
    try:
        connection = Connection(peer)
        try:
            for message in connection.messages():
                if worker := WORKERS.get(message.onward_route[0]):  # else it is dropped (4.6)
                    deliver(worker, connection, message)
        finally:
            connection.close()
    except (ProtocolError, OSError) as error:
        print(f"a connection was closed: {error}", file=sys.stderr)
    finally:
        places.release()


def deliver(worker: Worker, connection: Connection, message: Message):
    try:
        worker(connection, message)
    except ValueError as error:  # 5.1
        print(f"{message.onward_route[0]}: {error}", file=sys.stderr)
        if failure := notice.refused(message.return_route, message.payload):  # 8.1
            route, payload = failure
            connection.send(Message(route, message.onward_route[:1], payload))


def run_echoer(host: str, port: int):
    places = threading.Semaphore(MAX_CONNECTIONS)
    with socket.create_server((host, port)) as listener:
        print("Listening on {}:{}".format(*listener.getsockname()[:2]), flush=True)
        while True:
            peer, _ = listener.accept()
            if places.acquire(blocking=False):
                threading.Thread(target=serve, args=(peer, places), daemon=True).start()
            else:
                peer.close()


def ask(host: str, port: int, route: str, text: str) -> str:
    """Sends a text along a route such as `h1 => echoer` and returns the text of the answer.

    Raises a RemoteFailure if the other node says that the question failed there (section 8).
    """
    deadline, me = time.monotonic() + ASK_TIMEOUT, notice.random_asker()
    connection = Connection(socket.create_connection((host, port), ASK_TIMEOUT))
    try:
        hops = [local(name.strip()) for name in route.split("=>")]
        connection.send(Message([connection.address, *hops], [me], encode_string(text)))
        for message in connection.messages(deadline):
            if message.onward_route[0] == me:
                return decode_string(message.payload)
            if message.onward_route[0] == notice.notice_address(me):
                fail(message)
    except TimeoutError:
        raise TimeoutError(f"no answer from {route} in {ASK_TIMEOUT} s: is it a worker there?") from None
    finally:
        connection.close()
    raise ConnectionError("the peer ended the connection and gave no answer")


def fail(message: Message):
    try:
        failure = notice.decode(message.payload)
    except ProtocolError as error:  # 8.6
        print(f"a notice was dropped: {error}", file=sys.stderr)
    else:
        raise notice.RemoteFailure(f"{message.return_route[-1]} {failure}")


def main(arguments: list[str]):
    # What a peer sends may have characters that the terminal has not.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        match arguments:
            case ["echo", address]:
                run_echoer(*host_and_port(address))
            case ["ask", address, route, text]:
                print(f"Received: {ask(*host_and_port(address), route, text)}")
            case _:
                sys.exit(__doc__)
    except KeyboardInterrupt:
        sys.exit(130)
    except (ProtocolError, notice.RemoteFailure, OSError, ValueError) as error:
        sys.exit(f"error: {error}")


def host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"`{address}` is not an address: write HOST:PORT, such as 127.0.0.1:4000")
    return host, int(port)


if __name__ == "__main__":
    main(sys.argv[1:])
