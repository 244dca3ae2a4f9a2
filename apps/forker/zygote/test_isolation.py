import contextlib
import json
import os
import re
import resource
import signal
import time
import unittest
from collections.abc import Callable
from unittest import mock

import isolation
from testing import example_messages


def mounted_cgroup() -> str | None:
    """The cgroup v2 mount, if groups can be made there."""
    with open("/proc/self/mountinfo") as stream:
        found = re.search(r"^(?:\S+ ){4}(\S+) .* - cgroup2 ", stream.read(), re.MULTILINE)
    return found[1] if found is not None and os.access(found[1], os.W_OK) else None


def forked(work: Callable[[], object]) -> object:
    """What `work` returns in a real child, passed as JSON; its exception's name when it fails."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        answer: object = None
        try:
            answer = work()
        except Exception as error:
            answer = type(error).__name__
        finally:
            os.write(writing, json.dumps(answer).encode())
            os._exit(0)
    os.close(writing)
    with open(reading) as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return json.loads(text)


class Isolation(unittest.TestCase):
    def test_gives_each_child_a_process_group_of_its_own(self) -> None:
        def work() -> object:
            with mock.patch("os.closerange"):
                isolation.isolate(3, example_messages.configure())
            return [os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid()]

        self.assertEqual(forked(work), [True, True])

    def test_leaves_a_child_its_streams_and_its_channel_and_nothing_else(self) -> None:
        """The program that started the service may have left descriptors open, and a forked child
        has those of the zygote.
        """

        def work() -> object:
            answer, null = os.dup(writing), os.open(os.devnull, os.O_RDONLY)
            for number in (30, 41, 1000):
                os.dup2(null, number)
            os.dup2(answer, 40)
            isolation.isolate(40, example_messages.configure())
            left = sorted(int(name) for name in os.listdir("/proc/self/fd"))
            os.write(40, json.dumps(left).encode())
            return None

        reading, writing = os.pipe()
        if os.fork() == 0:
            with contextlib.suppress(BaseException):
                work()
            os._exit(0)
        os.close(writing)
        with open(reading) as stream:
            left = json.loads(stream.read())
        os.wait()
        # The listing has one of its own, the lowest that is free.
        self.assertEqual(left, [0, 1, 2, 3, 40])

    def test_takes_a_limit_for_good_and_none_away(self) -> None:
        def work() -> object:
            isolation.limit(resource.RLIMIT_NOFILE, 100)
            isolation.limit(resource.RLIMIT_NOFILE, 0)
            isolation.limit(resource.RLIMIT_NOFILE, 10_000)
            return resource.getrlimit(resource.RLIMIT_NOFILE)

        self.assertEqual(forked(work), [100, 100])

    def test_of_a_user_that_does_not_exist_is_an_error(self) -> None:
        self.assertEqual(forked(lambda: isolation.become("no-such-user")), "KeyError")

    @unittest.skipUnless(os.getuid() == 0, "needs root")
    def test_of_another_user_leaves_nothing_of_root(self) -> None:
        def work() -> object:
            isolation.become("nobody")
            with contextlib.suppress(PermissionError):
                os.setuid(0)
                return "root again"
            return [0 in os.getresuid(), 0 in os.getresgid(), 0 in os.getgroups()]

        self.assertEqual(forked(work), [False, False, False])


@unittest.skipUnless(mounted_cgroup(), "cgroup v2 cannot be written here")
class ControlGroup(unittest.TestCase):
    def setUp(self) -> None:
        self.parent = os.path.join(mounted_cgroup() or "", f"hatchery-test-{os.getpid()}")
        os.mkdir(self.parent)
        self.addCleanup(os.rmdir, self.parent)

    def enter(self) -> tuple[int, str]:
        isolation.enter_cgroup(self.parent)
        with open("/proc/self/cgroup") as stream:
            own = re.search(r"^0::(.*)$", stream.read(), re.MULTILINE)
        return os.getpid(), own[1] if own else ""

    def test_of_a_child_is_its_own_and_goes_with_it(self) -> None:
        answer = forked(self.enter)
        assert isinstance(answer, list)
        pid, path = answer
        self.assertEqual(path, f"/{os.path.basename(self.parent)}/{pid}")
        self.assertTrue(isolation.remove_cgroup(self.parent, pid))
        self.assertTrue(isolation.remove_cgroup(self.parent, pid))
        self.assertEqual([name for name in os.listdir(self.parent) if name.isdigit()], [])

    def test_is_entered_once_by_a_child_that_is_another_user_the_second_time(self) -> None:
        """Regression: a service without a zygote confines and isolates in one process, and all its
        children failed."""

        def work() -> object:
            pid, path = self.enter()
            if os.getuid() == 0:
                isolation.become("nobody")
            return [pid, path, *self.enter()]

        answer = forked(work)
        assert isinstance(answer, list)
        self.assertEqual(answer[:2], answer[2:])
        self.assertTrue(isolation.remove_cgroup(self.parent, answer[0]))

    def test_is_made_though_a_dead_one_of_the_same_pid_left_its_own(self) -> None:
        def work() -> object:
            os.mkdir(os.path.join(self.parent, str(os.getpid())))
            return self.enter()

        answer = forked(work)
        assert isinstance(answer, list)
        self.assertEqual(answer[1], f"/{os.path.basename(self.parent)}/{answer[0]}")
        self.assertTrue(isolation.remove_cgroup(self.parent, answer[0]))

    def test_of_a_dead_child_is_cleared_of_what_it_started(self) -> None:
        def work() -> object:
            pid, _path = self.enter()
            grandchild = os.fork()
            if grandchild == 0:
                os.closerange(3, 1000)
                signal.pause()
            return [pid, grandchild]

        answer = forked(work)
        assert isinstance(answer, list)
        pid, grandchild = answer
        self.assertFalse(isolation.remove_cgroup(self.parent, pid))
        deadline = time.monotonic() + 30
        while not isolation.remove_cgroup(self.parent, pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertFalse(os.path.exists(os.path.join(self.parent, str(pid))))
        # Killed but perhaps not reaped yet: it is not our child to wait for.
        with contextlib.suppress(FileNotFoundError), open(f"/proc/{grandchild}/stat") as stream:
            self.assertIn(stream.read().rpartition(") ")[2][0], "ZX")


if __name__ == "__main__":
    unittest.main()
