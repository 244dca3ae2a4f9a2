"""Connections to the keeper that are not the forker's: how many it keeps, and what happens to a
forker meanwhile."""

import errno
import os
import socket
import tempfile
import unittest
from unittest import mock

import callers
import keeper
from loop import Loop


class CallersTest(unittest.TestCase):
    """Each test has a keeper without a forker, and calls it."""

    def setUp(self) -> None:
        directory = self.enterContext(tempfile.TemporaryDirectory())
        self.path = os.path.join(directory, "keeper.sock")
        self.listener = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.loop = Loop()
        self.enterContext(mock.patch("callers.ancestry.is_apart", return_value=True))
        self.enterContext(mock.patch("callers.complain"))
        self.keeper = keeper.Keeper(self.loop, self.listener, directory)
        self.addCleanup(self.hang_up)

    def hang_up(self) -> None:
        """Closes the keeper's ends, so that a later test gets no warning about unclosed sockets."""
        for key in list(self.loop._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket) and key.fileobj is not self.listener:
                self.loop.forget(key.fileobj)
                key.fileobj.close()

    def call(self) -> socket.socket:
        caller = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        caller.connect(self.path)
        self.serve()
        caller.setblocking(False)
        return caller

    def serve(self) -> None:
        """Lets the keeper handle everything that is due."""
        self.loop.running = True
        self.loop.alarm("enough", 0.02, lambda: setattr(self.loop, "running", False))
        self.loop.run()

    @staticmethod
    def is_open(caller: socket.socket) -> bool:
        try:
            return caller.recv(1) != b""
        except BlockingIOError:
            return True

    def test_silent_callers_give_way_to_newer_ones_and_a_forker_is_served(self) -> None:
        silent = [self.call() for _ in range(callers.CALLERS_MAX + 4)]
        self.assertEqual(
            [self.is_open(caller) for caller in silent], [False] * 4 + [True] * callers.CALLERS_MAX
        )
        forker = self.call()
        forker.send(b'{"request": "ping"}\n')
        self.serve()
        self.assertIn(b'"hello"', forker.recv(4096))

    def test_a_keeper_without_descriptors_lives_and_serves_when_there_are_some(self) -> None:
        with mock.patch("callers.ACCEPT_RETRY_S", 0.001):
            with mock.patch.object(
                socket.socket, "accept", side_effect=OSError(errno.EMFILE, "Too many open files")
            ):
                forker = self.call()
            forker.send(b'{"request": "ping"}\n')
            self.serve()
        self.assertIn(b'"hello"', forker.recv(4096))


if __name__ == "__main__":
    unittest.main()
