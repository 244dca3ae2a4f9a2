import fcntl
import os
import resource
import socket
import unittest
from collections.abc import Callable

from loop import Loop, readable


class LoopTest(unittest.TestCase):
    def setUp(self) -> None:
        self.loop = Loop()
        self.calls: list[str] = []
        # No test of a loop may run for ever.
        self.loop.alarm("deadline", 30, self._fail)

    def _fail(self) -> None:
        self.loop.running = False
        self.calls.append("deadline")

    def _call(self, name: str, stop: bool = False) -> Callable[[], None]:
        def call() -> None:
            self.calls.append(name)
            self.loop.running = self.loop.running and not stop

        return call

    def _pair(self) -> tuple[socket.socket, socket.socket]:
        pair = socket.socketpair()
        for end in pair:
            self.addCleanup(end.close)
        return pair

    def test_calls_back_when_a_source_can_be_read(self) -> None:
        ours, theirs = self._pair()
        self.loop.watch(ours, self._call("read", stop=True))
        theirs.send(b"x")
        self.loop.run()
        self.assertEqual(self.calls, ["read"])

    def test_forgets_a_source_that_an_earlier_call_of_the_round_closed(self) -> None:
        (first, theirs), (second, others) = self._pair(), self._pair()

        def close(other: socket.socket) -> Callable[[], None]:
            def call() -> None:
                self.calls.append("read")
                self.loop.forget(other)
                other.close()
                self.loop.running = False

            return call

        self.loop.watch(first, close(second))
        self.loop.watch(second, close(first))
        theirs.send(b"x")
        others.send(b"x")
        self.loop.run()
        self.assertEqual(self.calls, ["read"])

    def test_forgetting_twice_is_no_error(self) -> None:
        ours, _ = self._pair()
        self.loop.watch(ours, self._call("read"))
        self.loop.forget(ours)
        self.loop.forget(ours)

    def test_calls_back_once_when_a_timer_has_run_out(self) -> None:
        self.loop.alarm("a", 0, self._call("a"))
        self.loop.alarm("stop", 0.02, self._call("stop", stop=True))
        self.loop.run()
        self.assertEqual(self.calls, ["a", "stop"])

    def test_takes_the_latest_alarm_of_a_name_alone(self) -> None:
        self.loop.alarm("a", 0, self._call("early"))
        self.loop.alarm("a", 0.01, self._call("late", stop=True))
        self.loop.run()
        self.assertEqual(self.calls, ["late"])

    def test_a_cancelled_alarm_stays_silent(self) -> None:
        self.loop.alarm("a", 0, self._call("a"))
        self.loop.cancel("a")
        self.loop.cancel("never set")
        self.loop.alarm("stop", 0.01, self._call("stop", stop=True))
        self.loop.run()
        self.assertEqual(self.calls, ["stop"])

    def test_an_alarm_may_set_itself_again(self) -> None:
        def again() -> None:
            self.calls.append("again")
            if len(self.calls) < 3:
                self.loop.alarm("a", 0, again)
            else:
                self.loop.running = False

        self.loop.alarm("a", 0, again)
        self.loop.run()
        self.assertEqual(self.calls, ["again"] * 3)


class Readable(unittest.TestCase):
    def test_is_what_has_data_or_has_ended(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self.assertFalse(readable(ours))
            theirs.send(b"x")
            self.assertTrue(readable(ours))
            ours.recv(1)
            theirs.close()
            self.assertTrue(readable(ours))

    def test_may_have_any_number(self) -> None:
        """select(2) takes no descriptor above 1023, and a keeper of many children has more."""
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(limits[1], 4096), limits[1]))
        read, write = os.pipe()
        high = fcntl.fcntl(read, fcntl.F_DUPFD, 2000)
        for descriptor in (read, write, high):
            self.addCleanup(os.close, descriptor)
        self.assertFalse(readable(high))
        os.write(write, b"x")
        self.assertTrue(readable(high))


if __name__ == "__main__":
    unittest.main()
