"""Where children come from and where they end: the zygote, the pool, the requests that wait, and the reaping."""

import os
import socket
from collections.abc import Callable

import pipes
import wire
import zygote_link
from loop import Loop, readable
from registry import Child, Registry
from wire import Message

#: A fork that comes to nothing under a living zygote is asked for again this often.
FORK_ATTEMPTS_MAX = 3

#: Requests must have paused for this long before the pool is refilled, so that a refill delays nobody.
REFILL_PAUSE_S = 0.03

#: Forks that the zygote is asked for at a time. It does one after the other, and its queue of packets is finite.
FORKS_AT_A_TIME_MAX = 32


class Nursery:
    """Keeps a zygote, and follows every child from its fork to its status."""

    def __init__(self, loop: Loop, directory: str, tell: Callable[[Message], None]) -> None:
        self.registry = Registry()
        #: Fork requests that wait for a child, oldest first.
        self.waiting: list[Message] = []
        self._loop = loop
        self._directory = directory
        self._tell = tell
        self._configuration: Message = {}
        self._zygote: zygote_link.Zygote | None = None
        self._failure: Message | None = None
        self._failures = 0
        #: Channels to children; one without a pid has not reported yet, one with a pid and no id is in the pool.
        self._channels: dict[socket.socket, Child] = {}

    # The zygote.

    def configure(self, configuration: Message) -> None:
        """Starts a zygote, or a new one when the configuration has changed; says again what the forker may have missed."""
        if configuration != self._configuration:
            self._configuration = configuration
            self.start_zygote()
        elif self._has_ready_zygote():
            self._tell_ready()
        elif self._failure is not None:
            self._tell({"event": "zygote.failed", **self._failure})

    def start_zygote(self) -> None:
        """Lets go of the zygote there is, and starts another. Children that serve a session do not notice."""
        self._loop.cancel("zygote")
        self._release_zygote()
        try:
            zygote = zygote_link.Zygote(self._configuration)
        except OSError as error:
            self._fail({"step": "starting python", "message": str(error), "stderr": []})
            return
        self._zygote = zygote
        self._loop.watch(zygote.link, self._read_zygote)
        self._loop.watch(zygote.stderr, self._read_zygote_stderr)

    def _has_ready_zygote(self) -> bool:
        return self._zygote is not None and self._zygote.state == "ready"

    def _release_zygote(self) -> None:
        for channel, child in list(self._channels.items()):
            if child.id is None and child.pid is not None:
                self._close(channel)
        if self._zygote is not None:
            self._loop.forget(self._zygote.link)
            self._loop.forget(self._zygote.stderr)
            self._zygote.close()
            self._zygote = None

    def _read_zygote(self) -> None:
        assert self._zygote is not None
        if self._zygote.read_link():
            self._failure, self._failures = None, 0
            self._tell_ready()
            self._serve_waiting()
        elif self._zygote.state == "gone":
            self._loop.forget(self._zygote.link)

    def _tell_ready(self) -> None:
        assert self._zygote is not None
        self._tell({**self._zygote.ready, "event": "zygote.ready", "pid": self._zygote.pid})

    def _read_zygote_stderr(self) -> None:
        assert self._zygote is not None
        if not self._zygote.read_stderr():
            self._loop.forget(self._zygote.stderr)

    def _zygote_died(self, status: int) -> None:
        assert self._zygote is not None
        was_ready, failure = bool(self._zygote.ready), self._zygote.failure(status)
        self._release_zygote()
        if was_ready:
            # It has proved that it can start: whoever asks meanwhile waits for the next one.
            self._tell({"event": "zygote.died", "status": status})
            self.start_zygote()
        else:
            self._fail(failure)

    def _fail(self, failure: Message) -> None:
        retry_s = zygote_link.RETRY_S[min(self._failures, len(zygote_link.RETRY_S) - 1)]
        self._failures += 1
        self._failure = {**failure, "retryInMs": round(retry_s * 1000)}
        self._tell({"event": "zygote.failed", **self._failure})
        self._refuse_all(self._why_no_zygote(self._failure))
        self._loop.alarm("zygote", retry_s, self.start_zygote)

    def _why_no_zygote(self, failure: Message) -> str:
        return f"the zygote does not start: {failure['step']}: {failure['message']}"

    # Requests.

    def fork(self, message: Message) -> None:
        """Gives the request to a child as soon as there is one; refuses it at once when there will be none."""
        if self._failure is not None and not self._has_ready_zygote():
            self._refuse(message, self._why_no_zygote(self._failure))
            return
        self.waiting.append(message)
        self._serve_waiting()

    def _serve_waiting(self) -> None:
        while self.waiting and (member := self._pool_member()) is not None:
            self._begin(self.waiting.pop(0), *member)
        if not self._has_ready_zygote():
            return
        on_the_way = sum(child.pid is None for child in self._channels.values())
        for _ in range(min(len(self.waiting), FORKS_AT_A_TIME_MAX) - on_the_way):
            self._ask_for_child()
        self._loop.alarm("refill", REFILL_PAUSE_S, self._refill)

    def _refill(self) -> None:
        pool = sum(child.id is None for child in self._channels.values())
        if self._has_ready_zygote() and pool < self._configuration["poolSize"]:
            self._ask_for_child()

    def _ask_for_child(self) -> None:
        assert self._zygote is not None
        try:
            channel = self._zygote.fork()
        except OSError as error:
            self._refuse_all(f"the keeper cannot take another child: {error.strerror}")
            return
        self._channels[channel] = Child()
        self._loop.watch(channel, lambda: self._read_child(channel))

    def _pool_member(self) -> tuple[socket.socket, Child] | None:
        idle = ((end, child) for end, child in self._channels.items() if child.pid is not None and child.id is None)
        return next(idle, None)

    def _begin(self, message: Message, channel: socket.socket, child: Child) -> None:
        directory = ""
        try:
            directory = pipes.make(self._directory, message["id"])
            wire.send_packet(channel, {**message, "directory": directory})
        except OSError as error:
            if directory:
                pipes.remove(directory)
            self._close(channel)
            if isinstance(error, ConnectionError):
                self.waiting.insert(0, message)  # That member of the pool had just died; there are others.
            else:
                self._refuse(message, f"cannot hand the request to a child: {error}")
            return
        child.id, child.directory, child.details = message["id"], directory, message["details"]
        self._tell({"event": "started", "id": child.id, "pid": child.pid, "directory": directory})

    def _refuse(self, message: Message, reason: str) -> None:
        self._tell({"event": "refused", "id": message["id"], "reason": reason})

    def _refuse_all(self, reason: str) -> None:
        while self.waiting:
            self._refuse(self.waiting.pop(0), reason)

    # Children.

    def _read_child(self, channel: socket.socket) -> None:
        child = self._channels[channel]
        try:
            message, _ = wire.receive_packet(channel)
        except BlockingIOError:
            return
        except (OSError, ValueError):
            message = None
        if message is None:
            self._close(channel)
            if child.pid is None:
                self._fork_came_to_nothing()
            self._serve_waiting()
        elif message["event"] == "started":
            child.pid = message["pid"]
            self.registry.children[message["pid"]] = child
            self._serve_waiting()
        else:
            child.connected = child.connected or message["event"] == "connected"
            self._tell({**message, "id": child.id})

    def _fork_came_to_nothing(self) -> None:
        """Counts the attempt, unless the zygote is to blame: then its successor gets the request."""
        if not self._has_ready_zygote() or not self.waiting:
            return
        first = self.waiting.pop(0)
        attempts = first.get("attempts", 0) + 1
        if attempts < FORK_ATTEMPTS_MAX:
            self.waiting.insert(0, {**first, "attempts": attempts})
        else:
            self._refuse(first, f"fork failed {attempts} times: see the log of the service")

    def _close(self, channel: socket.socket) -> None:
        self._loop.forget(channel)
        self._channels.pop(channel, None)
        channel.close()

    def reap(self) -> None:
        """Takes every status there is. What a child said before its end is read first."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._zygote is not None and pid == self._zygote.pid:
                self._zygote_died(status)
                continue
            self._hear_out(pid)
            child = self.registry.children.get(pid)
            left_behind = child is not None and child.directory != "" and pipes.remove(child.directory)
            message = self.registry.exited(pid, status, usage, left_behind)
            if message is not None:
                self._tell(message)

    def _hear_out(self, pid: int) -> None:
        """Reads all that the dead child said; when the pid is new to us, all that anybody said."""
        known = self.registry.children.get(pid)
        for channel, child in list(self._channels.items()):
            while (known is None or child is known) and channel in self._channels and readable(channel):
                self._read_child(channel)
