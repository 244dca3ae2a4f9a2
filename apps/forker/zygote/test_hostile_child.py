"""A compromised child against the real keeper: over real sockets, with senders named by the
kernel.
"""

import os
import socket
import time
import unittest
from typing import Any, cast
from unittest import mock

import ancestry
import claims
import hearing
import wire
from testing.hostile_child import Stand
from testing.hostile_packets import packets

#: Generated packets in one run of the tests; set HATCHERY_FUZZ_PACKETS for more, HATCHERY_FUZZ_SEED
#: for others.
PACKETS = int(os.environ.get("HATCHERY_FUZZ_PACKETS", "100000"))
SEED = int(os.environ.get("HATCHERY_FUZZ_SEED", "11"))

#: A packet queue holds 10 unless the system sets more (net.unix.max_dgram_qlen).
BATCH_MAX = 8

is_apart = ancestry.is_apart


class HostileChild(Stand):
    def test_ends_itself_and_nobody_else_whatever_it_sends(self) -> None:
        sent, condemned = 0, 0
        open_before = len(os.listdir("/proc/self/fd"))
        source = packets(SEED)
        while sent < PACKETS:
            name, end = self.new_child()
            lives = True
            while lives and sent < PACKETS:
                batch = [next(source)]
                while batch[-1][1] is True and len(batch) < BATCH_MAX:
                    batch.append(next(source))
                sent += len(batch)
                lives = self.send(name, end, batch)
            condemned += not lives
            self.end(end)
        self.assertGreater(condemned, PACKETS / 10)
        self.assertLessEqual(len(os.listdir("/proc/self/fd")), open_before)
        self.assertEqual([line for line in self.complaints if "riddle" in line], [])
        # And the keeper still serves.
        _, end = self.new_child()
        self.end(end)

    def test_is_ended_for_each_of_what_only_others_may_say(self) -> None:
        for data in (
            b'{"event":"started"}',
            b'{"event":"connected"}',
            b"{}",
            b"[" * 100_000,
            b'{"event":"exited","id":"a","status":0}',
            b'{"event":"zygote.died","status":9,"cause":"it was told so"}',
            b'{"event":"log"}',
            wire.encode(
                {
                    "event": "lock",
                    "action": "acquired",
                    "path": "/",
                    "nonce": None,
                    "atS": 2**39,
                    "lost": 0,
                }
            ),
        ):
            name, end = self.new_child()
            self.assertFalse(self.send(name, end, [(data, False)]), data[:40])
            self.end(end)

    def test_cannot_pass_descriptors(self) -> None:
        name, end = self.new_child()
        open_before = len(os.listdir("/proc/self/fd"))
        socket.send_fds(end, [b'{"event":"log","text":"x"}'], [0, 1, 2])
        self.assertEqual([message["reason"] for message in self.tell()], ["it sent descriptors"])
        end.close()
        self.assertLess(len(os.listdir("/proc/self/fd")), open_before)
        self.nursery.registry.children.clear()

    def test_is_not_spoken_for_by_another_process(self) -> None:
        name, end = self.new_child()
        thief = os.fork()
        if thief == 0:
            end.send(b'{"event":"log","text":"x"}')
            os._exit(0)
        os.waitpid(thief, 0)
        self.assertEqual(
            self.tell(),
            [{"event": "condemned", "id": name, "reason": f"process {thief} spoke in its place"}],
        )
        self.assertEqual(self.killed, [os.getpid()])
        self.end(end)

    def test_may_tell_of_its_crash_and_must_then_end(self) -> None:
        with mock.patch("hearing.CRASH_S_MAX", 0.01):
            name, end = self.new_child()
            for words in (
                b"Fatal Python error: ",
                b"Segmentation fault",
                b"\n\n",
                b'{"event":"zygote.died"}',
            ):
                self.assertTrue(self.send(name, end, [(words, None)]))
                if words == b"\n\n":
                    break
            time.sleep(0.02)
            reasons = [
                message["reason"] for message in self.tell() if message["event"] == "condemned"
            ]
            self.assertEqual(len(reasons), 1)
            self.assertIn("after it had reported a crash", reasons[0])
            self.end(end)

    def test_that_crashes_has_its_last_words_in_the_log(self) -> None:
        name, end = self.new_child()
        for words in (b"Fatal Python error: ", b"Segmentation fault", b"\n\n"):
            end.send(words)
        end.close()
        told = self.tell(turns=6)
        self.assertEqual(
            told,
            [{"event": "log", "id": name, "text": "Fatal Python error: Segmentation fault\n\n"}],
        )
        self.assertEqual(self.killed, [])

    def intrude(self, stays: bool) -> int:
        """A process below the keeper that asks to be its forker, and has asked when this returns;
        its pid.
        """
        ready, asked = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                intruder = socket.socket(socket.AF_UNIX)
                intruder.connect(self.address)
                intruder.sendall(b'{"request":"quit"}\n')
                os.write(asked, b"x")
                if stays:
                    intruder.recv(1)
            finally:
                os._exit(0)
        os.read(ready, 1)
        for descriptor in (ready, asked):
            os.close(descriptor)
        return pid

    def test_and_what_it_starts_is_no_forker(self) -> None:
        expected = []
        with mock.patch("ancestry.is_apart", is_apart):
            for stays in (True, False):
                pid = self.intrude(stays)
                if not stays:
                    os.waitpid(pid, 0)
                self.assertEqual(self.tell(), [])
                if stays:
                    os.waitpid(pid, 0)
                expected.append(
                    f"process {pid} is a child of this service or gone, not a forker; its connection is closed"
                )
        self.assertEqual(self.complaints, expected)

    def test_a_forker_that_asks_for_nonsense_is_cut_off(self) -> None:
        self.forker.sendall(b'{"request":"signal"}\n')
        self.turn()
        self.assertEqual(self.forker.recv(1, socket.MSG_DONTWAIT), b"")
        self.assertRegex(
            self.complaints[0], "^the forker sent an invalid request and is disconnected: signal: "
        )

    def test_that_logs_without_end_is_not_told_of_without_end(self) -> None:
        name, end = self.new_child()
        told = []
        for _ in range(3 * hearing.LOGS_MAX):
            end.send(b'{"event":"log","text":"x"}')
            told += self.tell()
        self.assertEqual(len(told), hearing.LOGS_MAX)
        self.assertIn(name, told[0]["id"])
        self.end(end)

    def test_that_floods_is_left_unread_for_a_while(self) -> None:
        _, end = self.new_child()
        child = self.nursery.registry.children[os.getpid()]
        packet = wire.encode(
            {"event": "lock", "action": "opened", "path": "/", "nonce": None, "atS": 0, "lost": 0}
        )
        with mock.patch("hearing.PACKETS_S", 60.0):
            for _ in range(2 * hearing.PACKETS_AT_A_TIME_MAX):
                end.send(packet)
                self.tell()
        self.assertEqual(child.packets, hearing.PACKETS_AT_A_TIME_MAX)
        # Once the process has ended, none of its packets is left unread.
        cast(Any, self.nursery)._hear_out(os.getpid())
        self.assertEqual(child.packets, 2 * hearing.PACKETS_AT_A_TIME_MAX + 2)
        end.close()
        cast(Any, self.nursery)._hear_out(os.getpid())
        self.assertEqual(list(cast(Any, self.nursery)._channels), [])


class Claims(unittest.TestCase):
    def test_are_told_in_words_when_they_are_none(self) -> None:
        with self.assertRaisesRegex(claims.NoClaim, "^it sent 'lock' with an invalid path$"):
            lock = {
                "event": "lock",
                "action": "opened",
                "path": "x",
                "nonce": None,
                "atS": 0,
                "lost": 0,
            }
            claims.read(wire.encode(lock), claims.OF_CHILD)


if __name__ == "__main__":
    unittest.main()
