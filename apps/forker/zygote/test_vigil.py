import os
import signal
import subprocess
import sys
import unittest
from typing import cast
from unittest import mock

import vigil
from loop import Loop
from zygote_link import Zygote


class StandIn:
    """A zygote without a process; the test decides whether it answers."""

    generation = 7
    pid = 4_194_400

    def __init__(self) -> None:
        self.pings = 0
        self.given_up: list[str] = []

    def ping(self) -> None:
        self.pings += 1

    def give_up(self, why: str) -> None:
        self.given_up.append(why)


class VigilTest(unittest.TestCase):
    def setUp(self) -> None:
        self.loop = Loop()
        self.vigil = vigil.Vigil(self.loop)
        self.zygote = StandIn()
        self.vigil.begin(cast(Zygote, self.zygote))
        self.at_work = False
        patch = mock.patch("vigil.is_at_work", lambda _pid: self.at_work)
        patch.start()
        self.addCleanup(patch.stop)

    def alarm(self, times: int = 1) -> None:
        for _ in range(times):
            _when, action = self.loop._timers.pop("vigil")
            action()

    def test_asks_one_that_is_asked_for_a_child_and_leaves_it_alone_when_it_answers(self) -> None:
        self.vigil.expect()
        self.vigil.expect()
        self.assertEqual(self.zygote.pings, 1)
        self.alarm(vigil.LOOKS_MAX - 1)
        self.vigil.heard(7)
        self.alarm()
        self.vigil.expect()
        self.alarm(vigil.LOOKS_MAX - 1)
        self.assertEqual((self.zygote.given_up, self.zygote.pings), ([], 2))

    def test_asks_one_that_nobody_needs_now_and_then(self) -> None:
        self.alarm()
        self.assertEqual(self.zygote.pings, 1)
        self.alarm(vigil.LOOKS_MAX)
        self.assertEqual(self.zygote.given_up, ["it gave no answer for 5 s and was killed"])

    def test_asks_again_at_once_for_a_child_that_was_asked_for_meanwhile(self) -> None:
        self.vigil.expect()
        self.vigil.heard(7)
        self.vigil.expect()
        self.alarm()
        self.assertEqual(self.zygote.pings, 2)
        self.alarm(vigil.LOOKS_MAX)
        self.assertEqual(len(self.zygote.given_up), 1)

    def test_waits_longer_for_one_that_is_at_work_but_not_for_ever(self) -> None:
        self.at_work = True
        self.vigil.expect()
        self.alarm(vigil.LOOKS_AT_WORK_MAX - 1)
        self.assertEqual(self.zygote.given_up, [])
        self.alarm()
        self.assertEqual(self.zygote.given_up, ["it gave no answer for 30 s and was killed"])

    def test_takes_no_word_of_another_generation_for_its_own(self) -> None:
        self.vigil.expect()
        self.vigil.heard(6)
        self.alarm(vigil.LOOKS_MAX)
        self.assertEqual(len(self.zygote.given_up), 1)

    def test_looks_no_more_when_it_watches_nobody(self) -> None:
        self.vigil.expect()
        self.vigil.end()
        self.assertNotIn("vigil", self.loop._timers)
        self.vigil.expect()
        self.assertNotIn("vigil", self.loop._timers)


class AtWork(unittest.TestCase):
    def test_is_who_runs_and_not_who_sleeps_or_is_stopped(self) -> None:
        self.assertTrue(vigil.is_at_work(os.getpid()))
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            try:
                process.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, process.pid, os.WSTOPPED)
                self.assertFalse(vigil.is_at_work(process.pid))
            finally:
                process.kill()
        self.assertFalse(vigil.is_at_work(process.pid))


if __name__ == "__main__":
    unittest.main()
