# Long: the children of one keeper from birth to burial.
"""Follows children from birth to end: the pool, the waiting requests, and the reaping."""

import os
import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import hearing
import isolation
import pipes
import wire
from keeper_events import Event
from loop import Loop, readable
from messages import Fork
from registry import Child, Registry
from zygotes import Zygotes

#: How often a fork is requested again when it fails under a live zygote.
FORK_ATTEMPTS_MAX = 3

#: The pool is refilled once no request has arrived for this long, so that a refill delays no
#: request.
REFILL_PAUSE_S = 0.03

#: Forks requested from the zygote at a time. It does one after the other, and its packet queue is
#: finite.
FORKS_AT_A_TIME_MAX = 32

#: How soon to retry the removal of a control group that still held processes of a dead child, which
#: are killed.
CGROUP_RETRY_S = 0.05


@dataclass
class Waiting:
    """A request that waits for a child, and how many forks for it failed."""

    request: Fork
    attempts: int = 0


class Nursery:
    """Follows every child from its fork to its exit status."""

    def __init__(self, loop: Loop, directory: str, tell: Callable[[Event], None]) -> None:
        self.registry = Registry()
        #: Fork requests that wait for a child, oldest first.
        self.waiting: list[Waiting] = []
        self._loop = loop
        self._directory = directory
        self._tell = tell
        self.zygotes = Zygotes(loop, tell, self._took_over, self._refuse_all)
        #: Channels to children. One without a pid has not reported yet; one with a pid and no id is
        #: in the pool.
        self._channels: dict[socket.socket, Child] = {}
        self._hearing = hearing.Hearing(self.registry, tell)

    def _took_over(self) -> None:
        for channel, child in list(self._channels.items()):
            if child.pid is not None and child.id is None and self._is_stale(child):
                self._close(channel)
        self._serve_waiting()

    def _is_stale(self, child: Child) -> bool:
        """Whether it was forked by a zygote that has been replaced. Children of a zygote that died
        are still good.
        """
        return (
            self.zygotes.serving is not None and child.generation != self.zygotes.serving.generation
        )

    # Requests.

    def fork(self, request: Fork) -> None:
        """Gives the request to a child as soon as there is one; refuses it at once when none is to
        be expected.
        """
        self.waiting.append(Waiting(request))
        self._serve_waiting()
        if self.zygotes.why_none is not None:
            self._refuse_all(self.zygotes.why_none)

    def _serve_waiting(self) -> None:
        while self.waiting and (member := self._pool_member()) is not None:
            self._begin(self.waiting.pop(0), *member)
        if self.zygotes.ready is None:
            return
        on_the_way = sum(child.pid is None for child in self._channels.values())
        for _ in range(min(len(self.waiting), FORKS_AT_A_TIME_MAX) - on_the_way):
            self._ask_for_child()
        self._loop.alarm("refill", REFILL_PAUSE_S, self._refill)

    def _refill(self) -> None:
        pool = sum(child.id is None for child in self._channels.values())
        if self.zygotes.ready is not None and pool < self.zygotes.configuration["poolSize"]:
            self._ask_for_child()

    def _ask_for_child(self) -> None:
        assert self.zygotes.ready is not None
        generation = self.zygotes.ready.generation
        try:
            channel = self.zygotes.ready.fork()
        except OSError as error:
            self._refuse_all(f"the keeper cannot take another child: {error.strerror}")
            return
        self.zygotes.vigil.expect()
        wire.identify_senders(channel)
        self._channels[channel] = Child(generation=generation)
        self._loop.watch(channel, lambda: self._read_child(channel))

    def _pool_member(self) -> tuple[socket.socket, Child] | None:
        idle = (
            (end, child)
            for end, child in self._channels.items()
            if child.pid is not None and child.id is None
        )
        return next(idle, None)

    def _begin(self, waiting: Waiting, channel: socket.socket, child: Child) -> None:
        directory, request, pid = "", waiting.request, child.pid
        assert pid is not None
        try:
            directory = pipes.make(
                self._directory, request["id"], self.zygotes.configuration["runAs"]
            )
            wire.send_packet(channel, {**request, "directory": directory})
        except OSError as error:
            if directory:
                pipes.remove(directory)
            self._close(channel)
            if isinstance(error, ConnectionError):
                self.waiting.insert(
                    0, waiting
                )  # That member of the pool had just died; take another.
            else:
                self._refuse(request, f"cannot hand the request to a child: {error}")
            return
        child.id, child.directory, child.details = request["id"], directory, request["details"]
        self._tell({"event": "started", "id": child.id, "pid": pid, "directory": directory})

    def _refuse(self, request: Fork, reason: str) -> None:
        self._tell({"event": "refused", "id": request["id"], "reason": reason})

    def _refuse_all(self, reason: str) -> None:
        while self.waiting:
            self._refuse(self.waiting.pop(0).request, reason)

    # Children.

    def _read_child(self, channel: socket.socket, reaped: int | None = None) -> None:
        """Reads one packet of a child. An invalid claim ends that child only."""
        child = self._channels[channel]
        try:
            event = self._hearing.take(channel, child, reaped)
        except (BlockingIOError, ConnectionResetError):
            # First report a child that ended before it read its request; what it said comes after
            # that.
            return
        except ValueError as error:
            self._close(channel)
            self._hearing.condemn(child, str(error))
            return self._lost(child)
        except OSError:
            event = None
        except Exception:
            # A defect of the keeper that a child's message triggered: end that child and nothing
            # else.
            hearing.complain(
                f"handling a packet of child {child.pid} failed: {traceback.format_exc()!r}"
            )
            self._close(channel)
            self._hearing.condemn(child, "it sent what the keeper could not read")
            return self._lost(child)
        if event is None:
            self._close(channel)
            self._hearing.tell_last_words(child)
            self._lost(child)
        elif event == "started":
            self.zygotes.vigil.heard(child.generation)
            if self._is_stale(child):
                self._close(channel)  # The child ends when it reads the end of its channel.
            self._serve_waiting()
        elif event == "crash":
            self._loop.alarm(
                f"crash {channel.fileno()}", hearing.CRASH_S_MAX, lambda: self._end_crash(channel)
            )
        elif (rest_s := self._hearing.rest_s(child)) > 0:
            self._rest(channel, rest_s)

    def _lost(self, child: Child) -> None:
        """A channel has ended. If no process had spoken on it, the fork failed."""
        if not child.started:
            self.zygotes.vigil.heard(child.generation)
            self._fork_came_to_nothing()
        self._serve_waiting()

    def _end_crash(self, channel: socket.socket) -> None:
        if (child := self._channels.get(channel)) is not None:
            self._close(channel)
            self._hearing.condemn(
                child, f"it was alive {hearing.CRASH_S_MAX:.0f} s after it had reported a crash"
            )

    def _rest(self, channel: socket.socket, seconds: float) -> None:
        """Stops reading a child that sends too much, so that the others are heard; its packets wait
        in its queue.
        """

        def resume() -> None:
            if channel in self._channels:
                self._loop.watch(channel, lambda: self._read_child(channel))

        self._loop.forget(channel)
        self._loop.alarm(f"rest {channel.fileno()}", seconds, resume)

    def _fork_came_to_nothing(self) -> None:
        """Counts a failed attempt, unless the zygote is to blame: then its successor gets the
        request."""
        if self.zygotes.ready is None or not self.waiting:
            return
        first = self.waiting[0]
        first.attempts += 1
        if first.attempts >= FORK_ATTEMPTS_MAX:
            self._refuse(
                self.waiting.pop(0).request,
                f"fork failed {first.attempts} times: try again in a minute",
            )

    def _close(self, channel: socket.socket) -> None:
        self._loop.forget(channel)
        for alarm in ("rest", "crash"):
            self._loop.cancel(f"{alarm} {channel.fileno()}")
        self._channels.pop(channel, None)
        channel.close()

    def reap(self) -> None:
        """Collects every available exit status. The packets that a child sent before its end are
        read first."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._remove_cgroup(pid)
            if self.zygotes.died(pid, status):
                continue
            self._hear_out(pid)
            child = self.registry.children.get(pid)
            left_behind = (
                child is not None and child.directory != "" and pipes.remove(child.directory)
            )
            message = self.registry.exited(pid, status, usage, left_behind)
            if message is not None:
                self._tell(message)

    def _remove_cgroup(self, pid: int) -> None:
        if not isolation.remove_cgroup(self.zygotes.cgroup, pid):
            self._loop.alarm(f"cgroup {pid}", CGROUP_RETRY_S, lambda: self._remove_cgroup(pid))

    def _hear_out(self, pid: int) -> None:
        """Reads everything that the dead child sent. When the pid is unknown, its channel is one of
        those that have not spoken yet.
        """
        if (known := self.registry.children.get(pid)) is not None:
            known.reaped = True
        else:
            for channel, child in list(self._channels.items()):
                if not child.started and readable(channel):
                    self._read_child(channel, pid)
        for channel, child in list(self._channels.items()):
            while child.pid == pid and channel in self._channels and readable(channel):
                self._read_child(channel, pid)
