# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""A TCP proxy before a real server: it knows just enough HTTP/1.1 to count
requests and the bytes each way, and to make trouble at a chosen place.

`hook`, where set, is asked for each request, before it goes on and after it
was answered:

    hook(when, request)   when: "before", "after"

and answers None (go on), "cut" (close both connections: before means that
the server never saw it, after that the client never saw the answer), "reset"
(the same, as of a machine that crashed), a number (wait for so many seconds,
then go on), bytes (a whole answer instead of the server's, which then saw the
request only where it is after), or ("length", N): the answer says N bytes
more than it has.

`up_hook` and `down_hook`, where set, are called with (bytes, request) for
each small piece of a message, and may wait or raise Cut.
"""

import re
import socket
import struct
import threading
import time


class Request:
    def __init__(self, number, head):
        self.number = number
        self.head = head.decode(errors="replace")
        self.method, self.path = (self.head.split(" ") + ["", ""])[:2]
        self.status = None
        self.bytes_up = 0
        self.bytes_down = 0

    def __repr__(self):
        return "%d %s %s -> %s" % (self.number, self.method, self.path,
                                   self.status)

    def is_swap(self):
        """Does it rename the head of a store, or replace it?"""
        if self.method == "PUT":
            return self.path.endswith("/head") and \
                "\r\nif-match:" in self.head.lower()
        return self.method == "MOVE" and bool(re.search(
            r"/head/\d{12}-[0-9a-f]{64}$", self.path))


class Proxy:
    def __init__(self, target_port):
        self.target = ("127.0.0.1", target_port)
        self.lock = threading.Lock()
        self.requests = []
        self.hook = None
        self.up_hook = None
        self.down_hook = None
        self.bytes_up = 0
        self.bytes_down = 0
        self.open = set()
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0),
                                             backlog=64)
        self.port = self.listener.getsockname()[1]
        self.running = True
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def reset(self):
        with self.lock:
            self.requests = []
            self.bytes_up = self.bytes_down = self.connections = 0

    def stop(self):
        self.running = False
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.cut_all()
        self.thread.join(2)

    def cut_all(self):
        with self.lock:
            sockets = list(self.open)
        for s in sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self):
        while self.running:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,),
                             daemon=True).start()

    def serve(self, client):
        server = None
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.create_connection(self.target)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                self.open.update((client, server))
            self.relay(Pipe(client), Pipe(server))
        except (OSError, Cut, ValueError):
            pass
        finally:
            with self.lock:
                self.open.discard(client)
                self.open.discard(server)
            for s in (client, server):
                if s:
                    s.close()

    def relay(self, client, server):
        try:
            self.relay_all(client, server)
        except Instead as e:
            client.socket.sendall(e.answer)
        except Reset:
            # What is closed with this set is reset (socket(7)).
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))

    def relay_all(self, client, server):
        while True:
            head = client.read_head()
            if not head:
                return
            with self.lock:
                request = Request(len(self.requests) + 1, head)
                self.requests.append(request)
            self.ask("before", request)
            self.up(request, server, self.go_on(client, head))
            for piece in client.body(head, False):
                self.up(request, server, piece)
            answer = server.read_head()
            while answer.startswith(b"HTTP/1.1 100"):
                self.down(request, client, answer)
                answer = server.read_head()
            if not answer:
                return
            request.status = int(answer.split(b" ")[1])
            more = self.ask("after", request)
            self.down(request, client, lengthened(answer, more))
            if request.method != "HEAD" and \
                    request.status not in (204, 304):
                for piece in server.body(answer, True):
                    self.down(request, client, piece)
            if more or b"\r\nconnection: close" in answer.lower():
                return

    def go_on(self, client, head):
        """Who waits for a word before the body gets it from here."""
        asks = re.compile(rb"\r\nexpect: 100-continue", re.I)
        if asks.search(head):
            client.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return asks.sub(b"", head)

    def up(self, request, server, data):
        for piece in pieces(data, self.up_hook):
            server.socket.sendall(piece)
            with self.lock:
                request.bytes_up += len(piece)
                self.bytes_up += len(piece)
            if self.up_hook:
                self.up_hook(request.bytes_up, request)

    def down(self, request, client, data):
        for piece in pieces(data, self.down_hook):
            client.socket.sendall(piece)
            with self.lock:
                request.bytes_down += len(piece)
                self.bytes_down += len(piece)
            if self.down_hook:
                self.down_hook(request.bytes_down, request)

    def ask(self, when, request):
        hook = self.hook
        verdict = hook(when, request) if hook else None
        if verdict == "cut":
            raise Cut()
        if verdict == "reset":
            raise Reset()
        if isinstance(verdict, bytes):
            raise Instead(verdict)
        if isinstance(verdict, tuple):
            return verdict[1]
        if verdict:
            time.sleep(verdict)
        return 0

    def count(self, method=None):
        with self.lock:
            return len([r for r in self.requests
                        if method in (None, r.method)])


class Cut(Exception):
    """Close this connection, both sides."""


class Reset(Exception):
    """Close it, and the client is told that it never was."""


class Instead(Exception):
    """Answer this, and close the connection."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer


def lengthened(answer, more):
    """The head of an answer that says so many bytes more."""
    return re.sub(rb"(?i)(\r\ncontent-length: *)(\d+)", lambda m: m[1] +
                  b"%d" % max(int(m[2]) + more, 0), answer)


def pieces(data, hook):
    """All at once, or small where somebody counts."""
    step = 2048 if hook else len(data) or 1
    for at in range(0, len(data), step):
        yield data[at:at + step]


class Pipe:
    """One side of a connection, read as HTTP messages."""

    def __init__(self, sock):
        self.socket = sock
        self.buffer = b""

    def fill(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            if not self.fill():
                return b""
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def body(self, head, is_answer):
        """Pieces of the body that follows this head."""
        text = head.lower()
        length = re.search(rb"\r\ncontent-length: *(\d+)", text)
        if b"\r\ntransfer-encoding: chunked" in text:
            yield from self.chunked()
        elif length:
            yield from self.exactly(int(length[1]))
        elif is_answer:
            while self.buffer or self.fill():
                data, self.buffer = self.buffer, b""
                yield data

    def exactly(self, left):
        while left:
            if not self.buffer and not self.fill():
                raise Cut()
            data, self.buffer = self.buffer[:left], self.buffer[left:]
            left -= len(data)
            yield data

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self.fill():
                raise Cut()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line + b"\r\n"

    def chunked(self):
        while True:
            line = self.line()
            yield line
            size = int(line.split(b";")[0], 16)
            if size == 0:
                while line != b"\r\n":
                    line = self.line()
                    yield line
                return
            yield from self.exactly(size + 2)
