import os
import resource
import socket
import tempfile
import unittest
from typing import Any, cast
from unittest import mock

import nursery
import wire
import zygotes
from loop import Loop
from nursery import Nursery
from testing import example_messages


CONFIGURATION = example_messages.configure()


receive_from = wire.receive_from


class StandIn:
    """A zygote that only hands out channels; the test plays the children at the other ends."""

    state = "ready"
    generation = 1

    def __init__(self) -> None:
        self.ends: list[socket.socket] = []
        #: Of the child at the other end. For the kernel all are this process.
        self.pids: dict[socket.socket, int] = {}

    def receive_from(self, end: socket.socket, bytes_max: int) -> tuple[bytes, int] | None:
        packet = receive_from(end, bytes_max)
        return packet and (packet[0], self.pids[end])

    def fork(self) -> socket.socket:
        ours, theirs = wire.packet_pair()
        ours.setblocking(False)
        self.ends.append(theirs)
        self.pids[ours] = 4_194_400 + len(self.pids)
        return ours


class NurseryTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = scratch.name
        self.told: list[Any] = []
        self.nursery = Nursery(Loop(), self.directory, self.told.append)
        self.zygote = StandIn()
        self.nursery.zygotes.serving = cast(Any, self.zygote)
        self.nursery.zygotes._configuration = CONFIGURATION
        for name, stand_in in (
            ("wire.receive_from", self.zygote.receive_from),
            ("ancestry.is_new_child", lambda *_: True),
        ):
            patch = mock.patch(name, stand_in)
            patch.start()
            self.addCleanup(patch.stop)
        self.addCleanup(self._close)

    def _close(self) -> None:
        for end in [*self.zygote.ends, *self._channels()]:
            end.close()

    def _channels(self) -> list[socket.socket]:
        return list(cast(Any, self.nursery)._channels)

    def _read(self) -> None:
        for channel in self._channels():
            cast(Any, self.nursery)._read_child(channel)

    def _ask(self, name: str) -> None:
        self.nursery.fork(example_messages.fork(name))

    def test_gives_a_request_to_the_child_that_comes(self) -> None:
        self._ask("a")
        wire.send_packet(self.zygote.ends[0], {"event": "started"})
        self._read()
        request, _ = wire.receive_packet(self.zygote.ends[0])
        assert request is not None
        self.assertEqual((request["id"], request["command"]), ("a", ["rocks"]))
        self.assertEqual(os.listdir(self.directory), ["lp-forking-service-child-a"])
        self.assertEqual([message["event"] for message in self.told], ["started"])

    def test_asks_again_for_a_fork_that_came_to_nothing_and_gives_up_in_the_end(self) -> None:
        self._ask("a")
        for attempt in range(nursery.FORK_ATTEMPTS_MAX):
            self.assertEqual(len(self.zygote.ends), attempt + 1)
            self.zygote.ends[-1].close()
            self._read()
        self.assertEqual(
            [(message["event"], message["id"]) for message in self.told], [("refused", "a")]
        )
        self.assertEqual(os.listdir(self.directory), [])
        self.assertEqual(self.nursery.waiting, [])

    def test_does_not_hold_the_death_of_the_zygote_against_the_request(self) -> None:
        self._ask("a")
        self.zygote.state = "gone"
        self.zygote.ends[-1].close()
        self._read()
        self.assertEqual(self.told, [])
        self.assertEqual([waiting.request["id"] for waiting in self.nursery.waiting], ["a"])
        self.assertEqual(self.nursery.waiting[0].attempts, 0)

    def test_gives_the_request_of_a_member_of_the_pool_that_just_died_to_another(self) -> None:
        self._ask("a")
        self._ask("b")
        for end in self.zygote.ends:
            wire.send_packet(end, {"event": "started"})
        self.zygote.ends[0].close()
        self._read()
        self.assertEqual([message["id"] for message in self.told], ["a"])
        self.assertEqual([waiting.request["id"] for waiting in self.nursery.waiting], ["b"])
        self.assertEqual(os.listdir(self.directory), ["lp-forking-service-child-a"])
        self.assertEqual(len(self.zygote.ends), 3)

    def test_refuses_what_it_can_make_no_pipes_for(self) -> None:
        os.mkdir(os.path.join(self.directory, "lp-forking-service-child-a"))
        self._ask("a")
        wire.send_packet(self.zygote.ends[0], {"event": "started"})
        self._read()
        self.assertIn("cannot hand the request to a child", self.told[0]["reason"])

    def test_asks_the_zygote_for_a_bounded_number_at_a_time(self) -> None:
        for number in range(100):
            self._ask(f"c{number}")
        self.assertEqual(len(self.zygote.ends), nursery.FORKS_AT_A_TIME_MAX)
        for number in range(100):
            wire.send_packet(self.zygote.ends[number], {"event": "started"})
            self._read()
        self.assertEqual(len(self.told), 100)

    def test_refuses_and_lives_on_when_it_has_no_descriptor_left(self) -> None:
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        self._ask("a")
        self.assertEqual(
            self.told[0]["reason"], "the keeper cannot take another child: Too many open files"
        )
        self.assertEqual(self._channels(), [])


class ZygoteThatCannotStart(unittest.TestCase):
    def test_is_told_with_its_step_and_refuses_requests_at_once(self) -> None:
        told: list[Any] = []
        place = Nursery(Loop(), "/nowhere", told.append)
        open_before = len(os.listdir("/proc/self/fd"))
        place.zygotes.configure(CONFIGURATION)
        self.assertEqual(
            [(message["event"], message["step"]) for message in told],
            [("zygote.failed", "starting python")],
        )
        self.assertEqual(told[0]["retryInMs"], zygotes.RETRY_S[0] * 1000)
        place.fork(example_messages.fork("a"))
        self.assertEqual(told[1]["event"], "refused")
        self.assertIn("the zygote does not start: starting python: ", told[1]["reason"])
        self.assertEqual(len(os.listdir("/proc/self/fd")), open_before)

    def test_is_tried_again_more_and_more_seldom(self) -> None:
        told: list[Any] = []
        place = Nursery(Loop(), "/nowhere", told.append)
        place.zygotes.configure(CONFIGURATION)
        for _ in range(7):
            place.zygotes.replace()
        waits = [message["retryInMs"] for message in told]
        self.assertEqual(waits, [500, 1000, 2000, 5000, 10000, 30000, 30000, 30000])


if __name__ == "__main__":
    unittest.main()
