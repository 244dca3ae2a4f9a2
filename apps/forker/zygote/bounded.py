"""Bounds what a client may send before its first request is understood, and cleans the errors that
it gets from Breezy's medium.

Breezy reads a request line, a header or arguments to their end, however long they are, and reads
lines byte by byte. When it cannot understand a request, it prints its own objects with their
addresses in memory.
"""

import contextlib
import os
import re
import sys
from typing import Any

from breezy.bzr.smart import medium, message, protocol
from breezy.bzr.smart.medium import SmartServerPipeStreamMedium
from breezy.bzr.smart.request import FailedSmartServerResponse, SmartServerResponse
from breezy.errors import BzrError, CommandError, ConnectionTimeout, SmartProtocolError


class NoRequestError(BzrError):
    """The client did not send a valid request. boundary.py turns this refusal into a message."""

    refusal = "unsupported"


#: A line of protocol versions 1 and 2 names a verb, a path and revisions. Clients of the last
#: fifteen years send version 3.
LINE_BYTES_MAX = 64 * 1024

#: Headers and arguments of version 3. A client may name thousands of revisions at a time. Bodies
#: come in parts, which have no such bound.
ARGUMENTS_BYTES_MAX = 16 * 1024 * 1024

#: Digits in the length of a body's next part.
LENGTH_BYTES_MAX = 32
LENGTH = "_state_accept_expecting_length"

#: Breezy's name for one of our transports: a number that means nothing to a client and changes with
#: each start.
INNER_URL = re.compile(rb"(?:filtered|chroot)-\d+://")

#: The prefix of bytes in Python's notation.
PYTHON_BYTES = re.compile(r"\bb(?=['\"])")

#: The memory address in Python's text for an object.
ADDRESS = re.compile(rb" at 0x[0-9a-f]+")


def without_inner_names(word: Any) -> Any:
    """One element of an answer; Breezy mixes texts and bytes in them."""
    if isinstance(word, str):
        word = word.encode("utf-8", "surrogateescape")
    return ADDRESS.sub(b"", INNER_URL.sub(b"", word)) if isinstance(word, bytes) else word


def in_words(text: str) -> str:
    """The same for a text that a person reads: paths begin at the hosting root, and bytes are not
    in Python's notation.
    """
    shown: bytes = without_inner_names(text.encode("utf-8", "replace"))
    root = os.fsencode(os.environ.get("HATCHERY_HOSTING_ROOT", "")).rstrip(b"/")
    for inner in (b"file://" + root, root) if root else ():
        shown = shown.replace(inner, b"")
    return PYTHON_BYTES.sub("", shown.decode("utf-8", "replace"))


def get_line(read_bytes: Any) -> tuple[bytes, bytes]:
    """Replaces medium._get_line: returns one line and nothing behind it. The end of input also ends
    the line. Raises SmartProtocolError for a line that is too long.
    """
    line = bytearray()
    while byte := read_bytes(1):
        line += byte
        if byte == b"\n":
            break
        if len(line) > LINE_BYTES_MAX:
            raise SmartProtocolError(f"a line of a request is longer than {LINE_BYTES_MAX} bytes")
    return bytes(line), b""


def serve(self: Any) -> None:
    """Replaces SmartServerStreamMedium.serve. Raises CommandError for input that it cannot
    understand; the session prints that as one line on stderr and fails.
    """
    try:
        while not self.finished:
            self._serve_one_request(self._build_protocol())
    except ConnectionTimeout as error:
        self._disconnect_client()
        raise CommandError(f"the client sent no request for too long: {error}") from error
    except (SmartProtocolError, ValueError) as error:
        self._broken = error
    broken = getattr(self, "_broken", None)
    # A client that has disconnected cannot receive the last bytes.
    with contextlib.suppress(OSError, ValueError):
        self._disconnect_client()
    if isinstance(broken, SmartProtocolError | ValueError):
        why = (
            "it is not ASCII text"
            if isinstance(broken, UnicodeError)
            else in_words(str(broken))[:200]
        )
        raise NoRequestError(
            f"the request cannot be understood: {why}; this service takes requests of brz alone"
        ) from broken
    if broken is not None and not isinstance(broken, BrokenPipeError):
        raise broken


def _keep_cause(self: Any) -> None:
    """Replaces terminate_due_to_error, which drops the error: the error ends the session and is
    reported there.
    """
    self._broken = sys.exc_info()[1]
    self.finished = True


def _bound_lines() -> None:
    """Bounds lines and lengths of which only a part has arrived."""
    accept_line = protocol.SmartServerRequestProtocolOne.accept_bytes
    extract = protocol.ProtocolThreeDecoder._extract_length_prefixed_bytes

    def accept_bytes(self: Any, data: bytes) -> None:
        if not self._has_dispatched and len(self.in_buffer) > LINE_BYTES_MAX:
            raise SmartProtocolError(f"a line of a request is longer than {LINE_BYTES_MAX} bytes")
        accept_line(self, data)

    def extract_length_prefixed_bytes(self: Any) -> bytes:
        is_body = self.state_accept == self._state_accept_expecting_bytes
        if not is_body and self._in_buffer_len >= 4:
            length = int.from_bytes(self._get_in_bytes(4), "big")
            if length > ARGUMENTS_BYTES_MAX:
                raise SmartProtocolError(
                    f"headers or arguments of {length} bytes; at most {ARGUMENTS_BYTES_MAX}"
                )
        extracted: bytes = extract(self)
        return extracted

    def bounded_length(wait: Any) -> Any:
        def waiting(self: Any) -> Any:
            if (
                self._in_buffer_len > LENGTH_BYTES_MAX
                and b"\n" not in self._get_in_buffer()[: LENGTH_BYTES_MAX + 1]
            ):
                raise SmartProtocolError(
                    f"the length of a body has more than {LENGTH_BYTES_MAX} digits"
                )
            return wait(self)

        return waiting

    protocol.SmartServerRequestProtocolOne.accept_bytes = accept_bytes  # type: ignore[assignment]
    setattr(
        protocol.ProtocolThreeDecoder,
        "_extract_length_prefixed_bytes",
        extract_length_prefixed_bytes,
    )
    for kind, name in (
        (protocol.ChunkedBodyDecoder, "_extract_line"),
        (protocol.LengthPrefixedBodyDecoder, LENGTH),
    ):
        setattr(kind, name, bounded_length(getattr(kind, name)))


def _end_without_memory() -> None:
    """Ends the session when memory runs out. Breezy would answer with an empty error and read the
    rest of the request as the next request."""
    answer = message.ConventionalRequestHandler.protocol_error

    def protocol_error(self: Any, exception: BaseException) -> None:
        if isinstance(exception, MemoryError):
            raise exception
        answer(self, exception)

    message.ConventionalRequestHandler.protocol_error = protocol_error  # type: ignore[assignment]


def _failed(self: Any, args: Any, body: Any = None, body_stream: Any = None) -> None:
    SmartServerResponse.__init__(self, tuple(map(without_inner_names, args)), body, body_stream)


def install() -> None:
    """Installs these replacements in Breezy; calling it again changes nothing."""
    if medium._get_line is get_line:
        return
    medium._get_line = get_line
    medium.SmartServerStreamMedium.serve = serve  # type: ignore[assignment]
    SmartServerPipeStreamMedium.terminate_due_to_error = _keep_cause  # type: ignore[assignment]
    FailedSmartServerResponse.__init__ = _failed  # type: ignore[assignment]
    _bound_lines()
    _end_without_memory()
