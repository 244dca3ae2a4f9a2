"""A client that sends nonsense, or a request without end, soon gets an answer in words, which
reveals nothing of this process.
"""

import io
import logging
import sys
import unittest
from unittest import mock

import bounded
import tracing
from breezy.bzr.smart import protocol
from breezy.bzr.smart.medium import SmartServerPipeStreamMedium
from breezy.bzr.smart.request import FailedSmartServerResponse
from breezy.transport.memory import MemoryTransport

VERSION_3 = b"bzr message 3 (bzr 1.6)\n"
NO_HEADERS = b"\0\0\0\2de"


class Endless(io.RawIOBase):
    """A client that sends this once, and then the same byte for ever; it counts what was read."""

    def __init__(self, start: bytes, byte: bytes) -> None:
        super().__init__()
        self._start = start
        self._byte = byte
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        part, self._start = self._start[:size], self._start[size:]
        return part or self._byte * size


class Kept(io.BytesIO):
    """An output whose content stays readable after it was closed."""

    def close(self) -> None:
        pass


def serve(client: io.IOBase) -> bytes:
    """The server's answers until the session ends."""
    output = Kept()
    SmartServerPipeStreamMedium(client, output, MemoryTransport(), timeout=1).serve()
    return output.getvalue()


class Bounds(unittest.TestCase):
    def setUp(self) -> None:
        bounded.install()

    def test_a_request_without_an_end_ends_the_session_in_words(self) -> None:
        for name, start, byte in (
            ("a line of version 1", b"", b"x"),
            ("a line of version 2", b"bzr request 2\n", b"x"),
            ("the length of a body", b"bzr request 2\nput\x01/x\n", b"9"),
        ):
            with self.subTest(name):
                client = Endless(start, byte)
                with self.assertRaisesRegex(
                    bounded.NoRequestError,
                    "cannot be understood: .*(longer than 65536|more than 32)",
                ):
                    serve(client)
                self.assertLess(client.taken, bounded.LINE_BYTES_MAX + 100)

    def test_headers_and_arguments_are_refused_by_their_length(self) -> None:
        for name, sent in (("headers", VERSION_3), ("arguments", VERSION_3 + NO_HEADERS + b"s")):
            with self.subTest(name):
                answer = serve(io.BytesIO(sent + b"\xff\xff\xff\xff" + b"x" * 10))
                self.assertIn(b"headers or arguments of 4294967295 bytes; at most 16777216", answer)

    def test_a_request_that_is_no_text_is_told_as_such(self) -> None:
        for sent in (b"\x00\xff\xfe\n", b"\xff\n"):
            with self.subTest(sent), self.assertRaisesRegex(
                bounded.NoRequestError, "^the request cannot be understood: "
            ) as raised:
                serve(io.BytesIO(sent))
            self.assertNotRegex(str(raised.exception), "0x[0-9a-f]|object at|codec")

    def test_memory_that_ends_in_a_request_ends_the_session_with_that_cause(self) -> None:
        extract = mock.patch.object(
            protocol.ProtocolThreeDecoder, "_extract_length_prefixed_bytes", side_effect=MemoryError
        )
        with extract, self.assertRaises(MemoryError):
            serve(io.BytesIO(VERSION_3 + NO_HEADERS + b"b" + b"\0\0\0\x04abcd" + b"rest\n"))

    def test_a_request_of_every_version_is_answered(self) -> None:
        hello = b"\0\0\0\x09l5:helloee"[:4] + b"l5:helloe"
        self.assertEqual(serve(io.BytesIO(b"hello\n")), b"ok\x012\n")
        self.assertTrue(
            serve(io.BytesIO(b"bzr request 2\nhello\n")).endswith(b"success\nok\x012\n")
        )
        self.assertIn(b"2:ok1:2", serve(io.BytesIO(VERSION_3 + NO_HEADERS + b"s" + hello + b"e")))

    def test_a_client_that_is_gone_is_no_error(self) -> None:
        output = mock.Mock(flush=mock.Mock(side_effect=BrokenPipeError))
        SmartServerPipeStreamMedium(
            io.BytesIO(b"hello\n"), output, MemoryTransport(), timeout=1
        ).serve()


class Names(unittest.TestCase):
    def setUp(self) -> None:
        bounded.install()

    def test_an_answer_holds_no_address_and_no_inner_url(self) -> None:
        words = (
            b"error",
            "<X object at 0x7f00deadbeef> of filtered-139:///a",
            b"chroot-1:///b",
            None,
        )
        self.assertEqual(
            FailedSmartServerResponse(words).args, (b"error", b"<X object> of /a", b"/b", None)
        )

    def test_a_line_on_stderr_holds_none_either(self) -> None:
        with mock.patch.object(sys, "stderr", io.StringIO()) as stderr:
            record = logging.LogRecord(
                "brz", logging.INFO, "", 0, "<X object at 0x7f00deadbeef>: no", (), None
            )
            tracing.SessionStderr().emit(record)
        self.assertEqual(stderr.getvalue(), "<X object>: no\n")


if __name__ == "__main__":
    unittest.main()
