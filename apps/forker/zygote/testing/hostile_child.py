"""A real keeper whose child is the test: over real sockets, with senders named by the kernel."""

import itertools
import os
import socket
import tempfile
import unittest
from typing import Any, cast
from unittest import mock

import wire
from keeper import Keeper, listen
from loop import Loop
from testing import example_messages
from testing.hostile_packets import Packet

#: The keeper's events that a child's message may cause.
ABOUT_A_CHILD = {"started", "connected", "lock", "log", "failed", "condemned"}


class StandIn:
    """A zygote that hands out channels; the test is the child at the other end, with its own pid."""

    state = "ready"
    generation = 1
    pid = 4_194_400

    def __init__(self) -> None:
        self.ends: list[socket.socket] = []

    def fork(self) -> socket.socket:
        ours, theirs = wire.packet_pair()
        ours.setblocking(False)
        self.ends.append(theirs)
        return ours


class Stand(unittest.TestCase):
    """A real keeper with its forker, both in this process, and one child at a time, which the test
    plays.
    """

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory(
            dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        )
        self.addCleanup(scratch.cleanup)
        self.addCleanup(os.umask, os.umask(0o077))
        self.loop = Loop()
        listener = listen(scratch.name)
        self.address = listener.getsockname()
        self.keeper = Keeper(self.loop, listener, scratch.name)
        self.zygote = StandIn()
        self.nursery = self.keeper.nursery
        self.nursery.zygotes.serving = cast(Any, self.zygote)
        self.nursery.zygotes._configuration = example_messages.configure()
        self.forker = socket.socket(socket.AF_UNIX)
        self.forker.connect(self.address)
        self.killed: list[int] = []
        self.complaints: list[str] = []
        # This process is the keeper and so not below it; let it also be one child at a time.
        stand_ins = {
            "ancestry.is_apart": lambda _pid: True,
            "ancestry.is_new_child": lambda pid, known: pid not in known,
            "os.killpg": lambda pid, _signal: self.killed.append(pid),
            "os.kill": lambda *_: None,
            "isolation.offer_to_kernel": lambda *_: None,
            "hearing.complain": self.complaints.append,
            "keeper.complain": self.complaints.append,
            "callers.complain": self.complaints.append,
            "hearing.PACKETS_S": 0.0,
        }
        for name, stand_in in stand_ins.items():
            patch = mock.patch(name, stand_in)
            patch.start()
            self.addCleanup(patch.stop)
        for end in (listener, self.forker):
            self.addCleanup(end.close)
        self.addCleanup(lambda: cast(Any, self.keeper)._drop_forker())
        self.numbers = itertools.count()
        self.forker.sendall(b'{"request":"ping"}\n')
        self.tell()

    def turn(self) -> None:
        """Lets the keeper take one turn of its loop."""
        self.loop.running = True
        self.loop.alarm("turn", 0, lambda: setattr(self.loop, "running", False))
        self.loop.run()

    def tell(self, turns: int = 2) -> list[wire.Message]:
        """What the keeper sends the forker in this many turns."""
        for _ in range(turns):
            self.turn()
        try:
            data = self.forker.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return []
        # A name that is not UTF-8 is sent unchanged; Node replaces its bytes.
        return [wire.decode(line) for line in data.splitlines()]

    def new_child(self) -> tuple[str, socket.socket]:
        """A child that serves a session: its id and its own end of the channel."""
        name = f"c{next(self.numbers)}"
        self.nursery.fork(example_messages.fork(name))
        end = self.zygote.ends.pop()
        for event in ("started", "connected"):
            end.send(wire.encode({"event": event}))
        self.assertEqual([message["event"] for message in self.tell()], ["started", "connected"])
        return name, end

    def end(self, end: socket.socket) -> None:
        """The child has ended and was reaped."""
        end.close()
        self.nursery.registry.children.pop(os.getpid())
        self.tell()
        self.assertEqual(list(cast(Any, self.nursery)._channels), [])

    def send(self, name: str, end: socket.socket, batch: list[Packet]) -> bool:
        """Sends packets of which only the last may end the child, and returns whether it is still
        alive. The keeper must report nothing about any other child.
        """
        self.killed.clear()
        for data, _ in batch:
            end.send(data)
        told = self.tell(turns=len(batch))
        last, lives = batch[-1]
        condemned = told[-1:] if told and told[-1]["event"] == "condemned" else []
        self.assertEqual(len(told), len(batch) - (0 if told[len(batch) - 1 :] else 1), last[:200])
        self.assertLessEqual({message["event"] for message in told}, ABOUT_A_CHILD, last[:200])
        self.assertEqual({message["id"] for message in told} - {name}, set(), last[:200])
        self.assertEqual(self.killed, [os.getpid()] * len(condemned), last[:200])
        if lives is not None:
            self.assertEqual(condemned == [], lives, last[:200])
        return condemned == []
