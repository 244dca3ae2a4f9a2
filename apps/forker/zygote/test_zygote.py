import contextlib
import ctypes
import fcntl
import io
import os
import signal
import socket
import sys
import threading
import time
import types
import unittest
from collections.abc import Callable
from unittest import mock

import wire
import zygote
from keeper import PR_SET_CHILD_SUBREAPER
from testing import example_messages


class Loading(unittest.TestCase):
    def setUp(self) -> None:
        self.keeper, self.link = wire.packet_pair()
        self.addCleanup(self.keeper.close)
        self.addCleanup(self.link.close)

    def load(self, work: Callable[[Callable[[str], None]], int]) -> None:
        stand_in = types.ModuleType("preload")
        stand_in.load = lambda manifest, step: work(step)  # type: ignore[attr-defined]
        ours = set(os.listdir("/proc/self/fd"))
        with mock.patch.dict(sys.modules, preload=stand_in), mock.patch("gc.freeze"), mock.patch(
            "zygote.DESCRIPTORS", ours
        ):
            zygote.load(self.link, "manifest")

    def test_tells_each_step_and_then_that_it_is_ready(self) -> None:
        def work(step: Callable[[str], None]) -> int:
            step("importing a")
            return 7

        self.load(work)
        told = [wire.receive_packet(self.keeper)[0] or {} for _ in range(3)]
        self.assertEqual([message.get("step") for message in told[:2]], ["importing a", "freezing"])
        self.assertEqual((told[2]["event"], told[2]["modules"]), ("ready", 7))

    def test_refuses_a_module_that_started_a_thread(self) -> None:
        stop = threading.Event()
        self.addCleanup(stop.set)

        def work(_step: Callable[[str], None]) -> int:
            threads.append(threading.Thread(target=stop.wait))
            threads[0].start()
            return 1

        threads: list[threading.Thread] = []
        with self.assertRaisesRegex(RuntimeError, "a preloaded module started a thread"):
            self.load(work)
        stop.set()
        threads[0].join()

    def test_refuses_a_module_that_left_a_file_open(self) -> None:
        def work(_step: Callable[[str], None]) -> int:
            # A number that no earlier listing has had.
            self.addCleanup(os.close, fcntl.fcntl(self.link.fileno(), fcntl.F_DUPFD, 200))
            return 1

        with self.assertRaisesRegex(
            RuntimeError, r"a preloaded module left descriptors open: \['200'\]"
        ):
            self.load(work)


class Forking(unittest.TestCase):
    """Each test runs the zygote in a process of its own, which writes to a pipe when it is back in
    its loop.
    """

    def processes_back_in_the_loop(
        self, fork: Callable[[], int], run: Callable[..., int]
    ) -> list[str]:
        read, write = os.pipe()
        if os.fork() == 0:
            try:
                self._play_zygote(write, fork, run)
            finally:
                os._exit(0)
        os.close(write)
        with open(read) as stream:
            # The pipe ends when the last process that could go on as a zygote is gone.
            lines = stream.read().splitlines()
        os.wait()
        return lines

    def _play_zygote(self, write: int, fork: Callable[[], int], run: Callable[..., int]) -> None:
        keeper = socket.socket(socket.AF_UNIX)
        child = types.ModuleType("child")
        child.run = run  # type: ignore[attr-defined]
        quiet = contextlib.redirect_stderr(io.StringIO())
        with mock.patch.dict(sys.modules, child=child), mock.patch("os.fork", fork), quiet:
            with contextlib.suppress(OSError):
                zygote.fork_orphan(99, example_messages.configure())
            os.write(write, f"{os.getpid()}\n".encode())
        keeper.close()

    def test_leaves_one_zygote_in_the_loop(self) -> None:
        self.assertEqual(
            len(self.processes_back_in_the_loop(os.fork, lambda channel, configuration: 0)), 1
        )

    def test_leaves_one_zygote_when_a_child_fails_before_it_is_one(self) -> None:
        """Regression: in Launchpad's service, a child that failed this way went on as a second
        server."""

        def fail(*_: object) -> int:
            raise RuntimeError("no session")

        self.assertEqual(len(self.processes_back_in_the_loop(os.fork, fail)), 1)

    def test_leaves_one_zygote_when_the_second_fork_fails(self) -> None:
        real, calls = os.fork, [0]

        def fork() -> int:
            calls[0] += 1
            if calls[0] == 2:
                raise BlockingIOError("no more processes")
            return real()

        self.assertEqual(
            len(self.processes_back_in_the_loop(fork, lambda channel, configuration: 0)), 1
        )

    def test_leaves_the_status_of_a_child_that_ends_before_the_process_between(self) -> None:
        """The zygote ignores SIGCHLD, so the kernel would reap such a child for it."""
        real, calls = os.fork, [0]

        def fork() -> int:
            calls[0] += 1
            forked = real()
            if calls[0] == 2 and forked != 0:
                time.sleep(0.2)
            return forked

        def run(*_: object) -> int:
            return 7

        read, write = os.pipe()
        if os.fork() == 0:
            try:
                self._play_keeper(write, fork, run)
            finally:
                os._exit(0)
        os.close(write)
        with open(read) as stream:
            self.assertIn("7", stream.read().split())
        os.wait()

    def _play_keeper(self, write: int, fork: Callable[[], int], run: Callable[..., int]) -> None:
        """Reaps everything below it, and writes the statuses."""
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        if os.fork() == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_IGN)
                self._play_zygote(os.open(os.devnull, os.O_WRONLY), fork, run)
            finally:
                os._exit(0)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.write(write, f"{os.waitstatus_to_exitcode(os.wait()[1])}\n".encode())

    def test_leaves_the_zygote_when_the_first_fork_fails(self) -> None:
        def fork() -> int:
            raise BlockingIOError("no more processes")

        self.assertEqual(
            len(self.processes_back_in_the_loop(fork, lambda channel, configuration: 0)), 1
        )


if __name__ == "__main__":
    unittest.main()
