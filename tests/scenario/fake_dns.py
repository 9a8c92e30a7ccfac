"""A name server on 127.0.0.1 that says what a test tells it to (RFC 1035).

    with FakeDns({"x.example": {"MX": [(10, "mx.x.example")]},
                  "mx.x.example": {"A": ["192.0.2.1"]}}) as dns:
        ... "--dns-server", dns.server ...

A name that is not in it does not exist; a kind that a name has not is no data;
the name's value "broken" gets SERVFAIL.  `asked` lists the questions as
(name, kind).
"""

import socket
import struct
import threading

KINDS = {1: "A", 15: "MX", 28: "AAAA", 5: "CNAME"}
NUMBERS = {kind: number for number, kind in KINDS.items()}
NO_ERROR, SERVER_FAILURE, NO_NAME = 0, 2, 3


def pack_name(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(l)]) + l for l in labels) + b"\0"


def pack_data(kind, value):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "CNAME":
        return pack_name(value)
    return struct.pack(">H", value[0]) + pack_name(value[1])


def read_question(message):
    at, labels = 12, []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    kind, _ = struct.unpack(">HH", message[at + 1:at + 5])
    return ".".join(labels).lower(), KINDS.get(kind, str(kind)), at + 5


class FakeDns:
    def __init__(self, zone):
        self.zone, self.asked = zone, []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.server = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # An empty datagram of our own ends it.
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()

    def _serve(self):
        while True:
            message, peer = self._socket.recvfrom(4096)
            if not message:
                return
            self._socket.sendto(self._answer(message), peer)

    def _answer(self, message):
        name, kind, end = read_question(message)
        self.asked.append((name, kind))
        records = self.zone.get(name)
        code, found = NO_ERROR, []
        if records == "broken":
            code = SERVER_FAILURE
        elif records is None:
            code = NO_NAME
        else:
            if "CNAME" in records:
                target = records["CNAME"][0]
                found.append((name, "CNAME", target))
                name, records = target, self.zone.get(target, {})
            found += [(name, kind, value) for value in records.get(kind, [])]
        body = b"".join(
            pack_name(owner) + struct.pack(
                ">HHIH", NUMBERS[what], 1, 300, len(pack_data(what, value))) +
            pack_data(what, value) for owner, what, value in found)
        return (message[:2] + struct.pack(
            ">HHHHH", 0x8180 | code, 1, len(found), 0, 0) +
                message[12:end] + body)
