"""Decides what the keeper does with a child's messages: the one place where a claim becomes an
action or an event for the forker.

Only the user that a child serves could take it over, so nothing that a child says may affect other
children. The kernel says who sent a packet, claims.py says what it may contain, and the channel it
came by says which child it concerns.
"""

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import cast

import ancestry
import claims
import isolation
import pipes
import wire
from keeper_events import Event, Failed, Lock
from registry import Child, Registry
from wire import Message

#: How much the keeper keeps of a crash report: faulthandler's dump of a deep stack.
LAST_WORDS_MAX = 16_384

#: How long a child may live after it reports its crash. It takes milliseconds to write the report
#: and end.
CRASH_S_MAX = 1.0

#: The keeper stops reading a child for a moment after this many packets in a short time. The
#: busiest session measured sent 300 a second; a child that sends more than 1,000 fills its queue,
#: and counts what it could not send.
PACKETS_AT_A_TIME_MAX = 200
PACKETS_S = 0.2

#: Entries for the service's log that the keeper accepts from one child; a child sends at most
#: tracing.REPORTS_MAX.
LOGS_MAX = 64


class Hearing:
    """Reads children's packets, and kills a child that sends what it may not."""

    def __init__(self, registry: Registry, tell: Callable[[Event], None]) -> None:
        self._registry = registry
        self._tell = tell

    def take(self, channel: socket.socket, child: Child, reaped: int | None) -> str | None:
        """Takes one packet and returns its event, or None at the end of the channel. Raises
        ValueError with the reason when the packet is no claim.

        `reaped` is the pid of one of our processes that has just ended and that /proc no longer
        lists.
        """
        packet = wire.receive_from(channel, claims.CLAIM_BYTES_MAX)
        if packet is None:
            return None
        data, sender = packet
        if child.pid is None:
            self._identify(child, sender, reaped)
        elif sender != child.pid:
            raise claims.NoClaim(f"process {sender} spoke in its place")
        child.packets += 1
        if child.last_words or data.startswith(claims.CRASH):
            child.last_words = (child.last_words + data.decode("utf-8", "replace"))[
                -LAST_WORDS_MAX:
            ]
            return "crash"
        message = claims.read(data, claims.OF_CHILD)
        self._act(child, message)
        event: str = message["event"]
        return event

    def _identify(self, child: Child, sender: int, reaped: int | None) -> None:
        """The first sender is the child, if the kernel knows it as our process and it does not
        belong to another channel.
        """
        known = self._registry.children
        if sender in known or not (sender == reaped or ancestry.is_new_child(sender, known)):
            raise claims.NoClaim(f"process {sender} spoke in its place")
        child.pid, child.reaped, child.counted_from_s = sender, sender == reaped, time.monotonic()
        known[sender] = child

    def _act(self, child: Child, message: Message) -> None:
        event = message["event"]
        if (event == "started") == child.started:
            raise claims.NoClaim(
                "it said 'started' twice" if child.started else "it did not say 'started' first"
            )
        if event == "started":
            child.started = True
            if not child.reaped and child.pid is not None:
                isolation.offer_to_kernel(child.pid, isolation.OOM_OF_SESSION)
        elif event == "log":
            self._log(child, message["text"])
        elif child.id is None or (event == "connected") == child.connected:
            raise claims.NoClaim(f"it sent '{event}' at the wrong time")
        elif event == "connected":
            child.connected = True
            # A child that runs as another user can empty the directory, but cannot remove it from
            # ours.
            pipes.remove(child.directory)
            self._tell({"event": event, "id": child.id})
        elif event == "lock" and message["atS"] > time.monotonic():
            raise claims.NoClaim("it reported a lock in the future")
        else:
            told = {**message, "id": child.id}
            self._tell(cast(Lock, told) if event == "lock" else cast(Failed, told))

    def rest_s(self, child: Child) -> float:
        """How long the keeper stops reading this child; 0 for one that sends no more than
        it may."""
        if child.packets % PACKETS_AT_A_TIME_MAX != 0:
            return 0.0
        now = time.monotonic()
        child.counted_from_s, rest_s = now, max(0.0, child.counted_from_s + PACKETS_S - now)
        return rest_s

    def tell_last_words(self, child: Child) -> None:
        """Reports what the child wrote when it crashed, if it did."""
        if child.last_words:
            self._log(child, child.last_words)

    def _log(self, child: Child, text: str) -> None:
        child.logs += 1
        if child.logs > LOGS_MAX:
            return
        if child.id is not None:
            self._tell({"event": "log", "id": child.id, "text": text})
        else:
            # As one line, whatever it is: programs read this log too.
            complain(f"child {child.pid} without a session: {text!r}")

    def condemn(self, child: Child, reason: str) -> None:
        """Kills a child that cannot be trusted, and says why. The caller has closed its channel."""
        complain(
            f"child {child.pid}: {reason}; it is killed"
            if child.pid
            else f"a child that was just forked: {reason}"
        )
        if child.pid is None:
            # The kernel has not named the sender yet. The child ends when it finds its channel
            # closed.
            return
        if child.id is not None:
            self._tell({"event": "condemned", "id": child.id, "reason": reason})
        if child.reaped or self._registry.children.get(child.pid) is not child:
            return
        # The child is ours and not reaped, so no other process has its pid. Its process group has
        # that number or does not exist.
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(child.pid, signal.SIGKILL)


def complain(text: str) -> None:
    """Writes one line to the service's log, if that is still open."""
    with contextlib.suppress(OSError):
        print(f"keeper: {text}", file=sys.stderr, flush=True)
