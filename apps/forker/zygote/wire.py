"""Messages between forker, keeper, zygote and children: one JSON object each.

Between keeper, zygote and children they are packets (SOCK_SEQPACKET), which keep their boundaries,
arrive whole or not at all, and can carry a descriptor. The forker is Node and has only byte
streams: there each message is a line.
"""

import array
import json
import socket
import struct
from collections.abc import Iterable, Mapping
from typing import Any

Message = dict[str, Any]

#: The version of the messages between forker and keeper (libs/formats, `keeperWire`).
FORMAT = 1

#: A fork request is at most 64 KiB (docs/reference/fork-protocol.md); JSON writes a control
#: character in six bytes.
PACKET_BYTES_MAX = 512 * 1024

#: One line of a forker: a fork request or a configuration. A sender of a longer line is not a
#: forker.
LINE_BYTES_MAX = 4 * 1024 * 1024

#: pid, uid and gid of a sender: `struct ucred` of unix(7).
CREDENTIALS = struct.Struct("3i")

#: A forker that lets this much pile up has stopped reading. The keeper disconnects it; it gets the
#: whole state again when it reconnects.
BACKLOG_BYTES_MAX = 16 * 1024 * 1024


class NoMessage(ValueError):
    """Bytes that are not a message; `text` contains them all."""

    def __init__(self, data: bytes) -> None:
        super().__init__(f"not an object: {data[:80]!r}")
        self.text = data.decode("utf-8", "replace")


def packet_pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends that exchange packets."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PACKET_BYTES_MAX)
    return ends


def encode(message: Mapping[str, object]) -> bytes:
    """JSON on one line; undecodable bytes of the environment survive as surrogates. Never fails on
    a text.
    """
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")  # Half a surrogate pair stands for no byte.


def decode(data: bytes) -> Message:
    """The inverse of encode. Raises NoMessage for anything but an object."""
    try:
        message = json.loads(data.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        raise NoMessage(data) from None
    if not isinstance(message, dict):
        raise NoMessage(data)
    return message


def send_packet(
    end: socket.socket, message: Mapping[str, object], descriptors: Iterable[int] = ()
) -> None:
    """Sends one packet, with descriptors if any. Raises OSError when the peer is gone or its queue
    is full.
    """
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
    end.sendmsg([encode(message)], ancillary if ancillary[0][2] else [])


def receive_packet(end: socket.socket) -> tuple[Message | None, list[int]]:
    """One packet and its descriptors; (None, []) when the peer is gone."""
    received = array.array("i")
    data, ancillary, _flags, _address = end.recvmsg(
        PACKET_BYTES_MAX, socket.CMSG_SPACE(received.itemsize), socket.MSG_CMSG_CLOEXEC
    )
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            received.frombytes(payload[: len(payload) - len(payload) % received.itemsize])
    return (decode(data) if data else None), list(received)


def identify_senders(end: socket.socket) -> None:
    """From now on the kernel reports the sender of each arriving packet (unix(7), SO_PASSCRED)."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)


def receive_from(end: socket.socket, bytes_max: int) -> tuple[bytes, int] | None:
    """One packet of an untrusted process, and the pid of its sender as the kernel reports it; None
    at the end.

    Raises ValueError for one that is too long or carries descriptors: there is no room for any, so
    the kernel closes them.
    """
    data, ancillary, flags, _address = end.recvmsg(
        bytes_max, socket.CMSG_LEN(CREDENTIALS.size), socket.MSG_CMSG_CLOEXEC
    )
    senders = [
        CREDENTIALS.unpack(payload)[0]
        for level, kind, payload in ancillary
        if level == socket.SOL_SOCKET
        and kind == socket.SCM_CREDENTIALS
        and len(payload) == CREDENTIALS.size
    ]
    if not data and not senders:
        return None
    if flags & socket.MSG_TRUNC:
        raise ValueError(f"it sent more than {bytes_max} bytes at once")
    if flags & socket.MSG_CTRUNC:
        raise ValueError("it sent descriptors")
    return data, senders[0] if senders else 0


class Lines:
    """The forker's end of the wire: splits bytes into messages, and keeps what the forker cannot
    take yet."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self.end = end
        self.backlog = b""
        self._partial = b""

    def receive(self) -> list[Message] | None:
        """The messages that have arrived, or None when the forker is gone."""
        try:
            data = self.end.recv(65536)
        except BlockingIOError:
            return []
        except ConnectionError:
            return None
        if not data:
            return None
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > LINE_BYTES_MAX:
            raise ValueError(f"a line of more than {LINE_BYTES_MAX} bytes")
        return [decode(line) for line in lines if line]

    def send(self, message: Mapping[str, object]) -> None:
        """Sends what it can and keeps the rest. Raises ConnectionError when the forker is gone or
        has stopped reading.
        """
        self.backlog += encode(message) + b"\n"
        self.flush()
        if len(self.backlog) > BACKLOG_BYTES_MAX:
            raise ConnectionAbortedError("the forker does not read")

    def flush(self) -> None:
        """Sends more of what was kept."""
        try:
            while self.backlog:
                self.backlog = self.backlog[self.end.send(self.backlog) :]
        except BlockingIOError:
            pass
