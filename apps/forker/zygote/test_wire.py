import os
import socket
import unittest

import wire


class Packets(unittest.TestCase):
    def setUp(self) -> None:
        self.ours, self.theirs = wire.packet_pair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)

    def test_arrive_whole_and_apart(self) -> None:
        messages: list[wire.Message] = [{"n": 1}, {"text": "a\nb\u20ac" * 30_000}, {}]
        for message in messages:
            wire.send_packet(self.ours, message)
        for message in messages:
            self.assertEqual(wire.receive_packet(self.theirs), (message, []))

    def test_carry_a_descriptor_that_no_program_inherits(self) -> None:
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        wire.send_packet(self.ours, {"request": "fork"}, [write])
        os.close(write)
        message, descriptors = wire.receive_packet(self.theirs)
        self.assertEqual(message, {"request": "fork"})
        self.assertEqual(len(descriptors), 1)
        self.assertFalse(os.get_inheritable(descriptors[0]))
        os.write(descriptors[0], b"x")
        os.close(descriptors[0])
        self.assertEqual(os.read(read, 9), b"x")

    def test_bytes_that_are_no_text_survive(self) -> None:
        value = os.fsdecode(b"caf\xe9 \xff")
        wire.send_packet(self.ours, {"value": value})
        self.assertEqual(wire.receive_packet(self.theirs)[0], {"value": value})

    def test_end_when_the_peer_is_gone(self) -> None:
        wire.send_packet(self.theirs, {"last": True})
        self.theirs.close()
        self.assertEqual(wire.receive_packet(self.ours)[0], {"last": True})
        self.assertEqual(wire.receive_packet(self.ours), (None, []))
        with self.assertRaises(ConnectionError):
            wire.send_packet(self.ours, {})

    def test_a_packet_that_is_no_object_is_refused(self) -> None:
        for data in (b"[]", b"1", b"null", b"nonsense", b"{", b'"x"'):
            self.theirs.send(data)
            with self.assertRaises(ValueError, msg=data):
                wire.receive_packet(self.ours)

    def test_a_full_queue_refuses_instead_of_waiting(self) -> None:
        self.ours.setblocking(False)
        with self.assertRaises(BlockingIOError):
            while True:
                wire.send_packet(self.ours, {"x": "x" * 1000})


class LinesOfAForker(unittest.TestCase):
    def setUp(self) -> None:
        self.forker, end = socket.socketpair()
        self.lines = wire.Lines(end)
        self.addCleanup(self.forker.close)
        self.addCleanup(end.close)

    def test_may_be_cut_anywhere(self) -> None:
        data = b'{"n":1}\n\n{"text":"\xe2\x82\xac"}\n'
        for at in range(len(data) + 1):
            received = []
            for piece in (data[:at], data[at:]):
                if piece:
                    self.forker.sendall(piece)
                    received += self.lines.receive() or []
            self.assertEqual(received, [{"n": 1}, {"text": "\u20ac"}], at)

    def test_nothing_yet_is_not_the_end(self) -> None:
        self.assertEqual(self.lines.receive(), [])
        self.forker.close()
        self.assertIsNone(self.lines.receive())

    def test_nonsense_is_refused(self) -> None:
        self.forker.sendall(b"nonsense\n")
        with self.assertRaises(ValueError):
            self.lines.receive()

    def test_a_message_is_one_line(self) -> None:
        self.lines.send({"text": "a\nb"})
        self.assertEqual(self.forker.recv(100), b'{"text":"a\\nb"}\n')
        self.assertEqual(self.lines.backlog, b"")

    def test_what_a_slow_forker_does_not_take_is_kept_in_order(self) -> None:
        text = "x" * 1000
        for number in range(2000):
            self.lines.send({"n": number, "text": text})
        self.assertGreater(len(self.lines.backlog), 0)
        received = b""
        while self.lines.backlog:
            received += self.forker.recv(1_000_000)
            self.lines.flush()
        self.forker.setblocking(False)
        with self.assertRaises(BlockingIOError):
            while True:
                received += self.forker.recv(1_000_000)
        numbers = [wire.decode(line)["n"] for line in received.splitlines()]
        self.assertEqual(numbers, list(range(2000)))

    def test_a_forker_that_does_not_read_is_cut_off(self) -> None:
        with self.assertRaises(ConnectionAbortedError):
            for _ in range(40):
                self.lines.send({"text": "x" * 1_000_000})

    def test_a_forker_that_is_gone_is_an_error(self) -> None:
        self.forker.close()
        with self.assertRaises(ConnectionError):
            self.lines.send({})


if __name__ == "__main__":
    unittest.main()
