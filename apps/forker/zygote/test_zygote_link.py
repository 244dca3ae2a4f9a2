import os
import signal
import socket
import unittest
from unittest import mock

import wire
import zygote_link
from testing import example_messages


class ZygoteLink(unittest.TestCase):
    def setUp(self) -> None:
        #: The other ends of a zygote without a process.
        self.ends: list[int] = []
        patch = mock.patch("zygote_link.spawn", self._spawn)
        patch.start()
        self.addCleanup(patch.stop)
        self.zygote = zygote_link.Zygote(example_messages.configure(), 1)
        self.addCleanup(self.zygote.close)

    def _spawn(
        self, _configuration: wire.Message, link: int, moves: list[tuple[int, int, int]]
    ) -> int:
        self.ends = [os.dup(link), os.dup(moves[0][1])]
        return os.getpid()  # For the kernel, the sender is this process.

    def test_tell_the_step_that_an_end_was_seen_before(self) -> None:
        link = socket.socket(fileno=self.ends[0])
        wire.send_packet(link, {"event": "step", "step": "importing json"})
        wire.send_packet(link, {"event": "step", "step": "importing x"})
        link.close()
        os.write(self.ends[1], b"Traceback\nno x\n")
        os.close(self.ends[1])
        # Nothing has been read by then: a signal tells the keeper of the end, the link of the
        # steps.
        expected = {
            "step": "importing x",
            "message": "no x (exit 1)",
            "stderr": ["Traceback", "no x"],
        }
        self.assertEqual(self.zygote.failure(256), expected)

    def test_believes_what_a_zygote_says_and_nothing_else(self) -> None:
        ready = b'{"event":"ready","modules":7,"startedInMs":3}'
        foreign = [
            b"{}",
            b"[]",
            b"nonsense",
            b"[" * 50_000,
            b'{"event":"started"}',
            b'{"event":"exited","id":"a","status":0}',
            b'{"event":"ready","modules":"7","startedInMs":3}',
            b'{"event":"ready","modules":7,"startedInMs":1e999}',
            b'{"event":"ready","modules":7,"startedInMs":3,"pid":1}',
            b'{"event":"step","step":"\\ud800"}',
            b"x" * 200_000,
        ]
        link = socket.socket(fileno=self.ends[0])
        self.addCleanup(os.close, self.ends[1])
        self.addCleanup(link.close)
        link.send(ready)
        self.assertEqual(self.zygote.read_link(), "ready")
        for data in [*foreign, ready]:
            self.zygote.state, self.zygote.killed_for = "ready", None
            with mock.patch("os.kill") as kill:
                link.send(data)
                self.assertIsNone(self.zygote.read_link(), data[:40])
                kill.assert_called_once_with(os.getpid(), signal.SIGKILL)
            self.assertEqual(self.zygote.state, "gone")
            self.assertRegex(self.zygote.killed_for or "", "it sent .*, and was killed$")

    def test_does_not_listen_to_another_process_on_its_link(self) -> None:
        thief = os.fork()
        if thief == 0:
            os.write(self.ends[0], b'{"event":"ready","modules":7,"startedInMs":3}')
            os._exit(0)
        os.waitpid(thief, 0)
        for end in self.ends:
            self.addCleanup(os.close, end)
        with mock.patch("os.kill"):
            self.assertIsNone(self.zygote.read_link())
        self.assertEqual(
            self.zygote.killed_for, f"process {thief} spoke in its place, and was killed"
        )

    def test_tell_the_first_step_of_one_that_never_spoke(self) -> None:
        for end in self.ends:
            os.close(end)
        expected = {
            "step": "starting python",
            "message": "nothing on stderr (signal 9)",
            "stderr": [],
        }
        self.assertEqual(self.zygote.failure(9), expected)


if __name__ == "__main__":
    unittest.main()
