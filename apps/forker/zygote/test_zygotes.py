import socket
import unittest
from typing import Any
from unittest import mock

import zygotes
from keeper_events import Failure
from loop import Loop
from messages import Configuration
from testing import example_messages

CONFIGURATION = example_messages.configure()


class StandIn:
    """A zygote without a process; the test decides what happens to it."""

    made: list["StandIn"] = []

    def __init__(self, configuration: Configuration, generation: int) -> None:
        self.configuration = configuration
        self.generation = generation
        self.pid = 4_194_400 + len(self.made)
        self.state = "starting"
        self.closed = self.given_up = False
        self.killed_for: str | None = None
        self.modules = self.started_in_ms = self.ready_at_ms = 1
        self.link, self.stderr = socket.socketpair()
        self.made.append(self)

    def read_link(self) -> str:
        self.state = "ready"
        return "ready"

    def read_stderr(self) -> bool:
        return True

    def give_up(self, why: str) -> None:
        self.given_up, self.killed_for = True, why

    def failure(self, _status: int) -> Failure:
        return {"step": "importing x", "message": "no x (exit 1)", "stderr": ["no x"]}

    def close(self) -> None:
        self.closed = True
        self.link.close()
        self.stderr.close()


class ZygotesTest(unittest.TestCase):
    def setUp(self) -> None:
        StandIn.made = []
        for name in ("Zygote", "Spawner"):
            patch = mock.patch(f"zygotes.{name}", StandIn)
            patch.start()
            self.addCleanup(patch.stop)
        self.told: list[str] = []
        self.messages: list[Any] = []
        self.refused: list[str] = []
        self.took_over = 0
        self.loop = Loop()
        self.zygotes = zygotes.Zygotes(self.loop, self._hear, self._take_over, self.refused.append)
        self.addCleanup(self._close)

    def _hear(self, message: Any) -> None:
        self.told.append(message["event"])
        self.messages.append(message)

    def _close(self) -> None:
        for zygote in StandIn.made:
            zygote.close()

    def _take_over(self) -> None:
        self.took_over += 1

    def become_ready(self, zygote: StandIn) -> None:
        self.zygotes._read(zygote)  # type: ignore[arg-type]

    def run_alarm(self) -> None:
        _when, action = self.loop._timers.pop("zygote")
        action()

    def start(self) -> StandIn:
        self.zygotes.configure(CONFIGURATION)
        self.become_ready(StandIn.made[0])
        return StandIn.made[0]

    def test_release_the_old_one_only_when_the_new_one_is_ready(self) -> None:
        old = self.start()
        self.zygotes.replace()
        new = StandIn.made[1]
        self.assertEqual((self.zygotes.ready, old.closed), (old, False))
        self.become_ready(new)
        self.assertEqual((self.zygotes.ready, old.closed), (new, True))
        self.assertGreater(new.generation, old.generation)
        self.assertEqual((self.told, self.took_over), (["zygote.ready", "zygote.ready"], 2))

    def test_keep_the_old_one_when_the_new_one_fails_and_try_again(self) -> None:
        old = self.start()
        self.zygotes.configure(example_messages.configure(fingerprint="changed"))
        self.assertTrue(self.zygotes.died(StandIn.made[1].pid, 256))
        self.assertEqual((self.zygotes.ready, self.zygotes.why_none), (old, None))
        self.assertEqual((self.told[-1], self.refused), ("zygote.failed", []))
        self.run_alarm()
        self.become_ready(StandIn.made[2])
        self.assertEqual((self.zygotes.ready, old.closed), (StandIn.made[2], True))

    def test_try_another_configuration_and_keep_it_when_it_comes_up(self) -> None:
        old = self.start()
        self.zygotes.try_out(example_messages.configure(preload="other"))
        self.assertEqual((self.zygotes.ready, self.zygotes.configuration), (old, CONFIGURATION))
        self.become_ready(StandIn.made[1])
        self.assertEqual(self.zygotes.configuration["preload"], "other")
        self.assertEqual([message.get("tried") for message in self.messages], [False, True])
        self.assertEqual((StandIn.made[1].configuration["preload"], old.closed), ("other", True))

    def test_drop_a_configuration_that_was_tried_in_vain_and_never_come_back_to_it(self) -> None:
        old = self.start()
        self.zygotes.try_out(example_messages.configure(preload="other"))
        self.zygotes.died(StandIn.made[1].pid, 256)
        self.assertEqual(self.messages[-1]["event"], "zygote.rejected")
        self.assertEqual(
            (self.zygotes.ready, self.zygotes.configuration, self.refused), (old, CONFIGURATION, [])
        )
        self.assertNotIn("zygote", self.loop._timers)
        self.zygotes.died(old.pid, 9)
        self.assertEqual(StandIn.made[2].configuration, CONFIGURATION)

    def test_take_up_again_what_a_trial_in_vain_had_put_off(self) -> None:
        self.start()
        upgrade = example_messages.configure(fingerprint="changed")
        self.zygotes.configure(upgrade)
        self.zygotes.try_out(example_messages.configure(preload="other"))
        self.assertTrue(StandIn.made[1].closed)
        self.zygotes.died(StandIn.made[2].pid, 256)
        self.assertEqual(StandIn.made[3].configuration, upgrade)

    def test_start_anew_when_the_one_that_served_died_during_a_trial_in_vain(self) -> None:
        old = self.start()
        self.zygotes.try_out(example_messages.configure(preload="other"))
        self.zygotes.died(old.pid, 9)
        self.zygotes.died(StandIn.made[1].pid, 256)
        self.assertEqual(StandIn.made[2].configuration, CONFIGURATION)
        self.become_ready(StandIn.made[2])
        self.assertIs(self.zygotes.ready, StandIn.made[2])

    def test_tell_who_serves_while_a_newer_one_fails_and_how_often_it_did(self) -> None:
        old = self.start()
        self.zygotes.configure(example_messages.configure(fingerprint="changed"))
        self.zygotes.died(StandIn.made[1].pid, 256)
        self.run_alarm()
        self.zygotes.died(StandIn.made[2].pid, 256)
        failed = self.messages[-1]
        self.assertEqual(
            (failed["servingPid"], failed["attempts"], failed["retryInMs"]), (old.pid, 2, 1000)
        )
        self.zygotes.configure(self.zygotes.configuration.copy())
        self.assertEqual(self.told[-2:], ["zygote.ready", "zygote.failed"])
        self.zygotes.died(old.pid, 9)
        self.zygotes.died(StandIn.made[3].pid, 256)
        self.assertIsNone(self.messages[-1]["servingPid"])

    def test_do_nothing_when_told_the_same_again(self) -> None:
        self.start()
        self.zygotes.configure(CONFIGURATION.copy())
        self.assertEqual((len(StandIn.made), self.told), (1, ["zygote.ready", "zygote.ready"]))

    def test_replace_one_that_died_at_once_and_keep_its_children(self) -> None:
        old = self.start()
        self.assertTrue(self.zygotes.died(old.pid, 9))
        self.assertEqual(
            (self.zygotes.ready, self.zygotes.why_none, self.refused), (None, None, [])
        )
        self.assertEqual(StandIn.made[1].generation, old.generation)

    def test_let_the_successor_take_over_from_one_that_died_meanwhile(self) -> None:
        old = self.start()
        self.zygotes.replace()
        self.zygotes.died(old.pid, 9)
        self.assertEqual(len(StandIn.made), 2)
        self.become_ready(StandIn.made[1])
        self.assertEqual(self.zygotes.ready, StandIn.made[1])

    def test_slow_down_when_one_after_the_other_dies(self) -> None:
        zygote = self.start()
        for death in range(1, zygotes.DEATHS_MAX):
            self.zygotes.died(zygote.pid, 11)
            zygote = StandIn.made[death]
            self.become_ready(zygote)
        self.zygotes.died(zygote.pid, 11)
        self.assertEqual(len(StandIn.made), zygotes.DEATHS_MAX)
        self.assertEqual(self.told[-2:], ["zygote.died", "zygote.failed"])
        self.assertRegex(
            self.refused[0], "serving: it died 5 times within 60 s; the last time: no x"
        )
        self.run_alarm()
        self.become_ready(StandIn.made[-1])
        self.assertIsNone(self.zygotes.why_none)

    def test_refuse_with_the_step_while_none_comes_up(self) -> None:
        self.zygotes.configure(CONFIGURATION)
        self.zygotes.died(StandIn.made[0].pid, 256)
        self.assertEqual(self.refused, ["the zygote does not start: importing x: no x (exit 1)"])
        self.assertEqual(self.zygotes.why_none, self.refused[0])

    def test_give_up_one_that_hangs_but_none_that_is_ready(self) -> None:
        self.zygotes.configure(CONFIGURATION)
        self.run_alarm()
        self.assertTrue(StandIn.made[0].given_up)
        self.become_ready(StandIn.made[0])
        self.zygotes.replace()
        self.become_ready(StandIn.made[1])
        self.assertNotIn("zygote", self.loop._timers)

    def test_do_not_take_the_end_of_another_process_for_theirs(self) -> None:
        old = self.start()
        self.zygotes.replace()
        self.become_ready(StandIn.made[1])
        self.assertFalse(self.zygotes.died(old.pid, 0))
        self.assertFalse(self.zygotes.died(1, 0))


if __name__ == "__main__":
    unittest.main()
