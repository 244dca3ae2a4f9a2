import os
import socket
import unittest
from unittest import mock

import wire
import zygote_link


class ZygoteLink(unittest.TestCase):
    def setUp(self) -> None:
        #: The other ends of a zygote without a process.
        self.ends: list[int] = []
        patch = mock.patch("zygote_link.spawn", self._spawn)
        patch.start()
        self.addCleanup(patch.stop)
        self.zygote = zygote_link.Zygote({}, 1)
        self.addCleanup(self.zygote.close)

    def _spawn(self, _configuration: wire.Message, link: int, moves: list[tuple[int, int, int]]) -> int:
        self.ends = [os.dup(link), os.dup(moves[0][1])]
        return 4_194_400

    def test_tell_the_step_that_an_end_was_seen_before(self) -> None:
        link = socket.socket(fileno=self.ends[0])
        wire.send_packet(link, {"event": "step", "step": "importing json"})
        wire.send_packet(link, {"event": "step", "step": "importing x"})
        link.close()
        os.write(self.ends[1], b"Traceback\nno x\n")
        os.close(self.ends[1])
        # Nothing has been read by then: the keeper learns of the end by a signal, of the steps by its link.
        expected = {"step": "importing x", "message": "no x (exit 1)", "stderr": ["Traceback", "no x"]}
        self.assertEqual(self.zygote.failure(256), expected)

    def test_tell_the_first_step_of_one_that_never_spoke(self) -> None:
        for end in self.ends:
            os.close(end)
        expected = {"step": "starting python", "message": "nothing on stderr (signal 9)", "stderr": []}
        self.assertEqual(self.zygote.failure(9), expected)


if __name__ == "__main__":
    unittest.main()
