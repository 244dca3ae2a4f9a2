"""The keeper: parent of all. It starts the zygote, adopts every child, and alone reaps them.

It knows nothing of Breezy and decides nothing: the forker tells it what to run, and learns how it ended. It outlives
the forker, and keeps each exit until a forker has taken it.
"""

import contextlib
import ctypes
import fcntl
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import pipes
import wire
import zygote_link
from registry import Child, Registry
from wire import Message

#: prctl(2): orphaned descendants become our children instead of init's.
PR_SET_CHILD_SUBREAPER = 36

#: A keeper that no forker has come back to for this long, and that has no child, is of no use.
LINGER_S = 600.0

#: Forks that come to nothing (a zygote killed under them) are asked for again this often.
FORK_ATTEMPTS_MAX = 3

#: Requests must have paused for this long before the pool is refilled, so that a refill delays nobody.
REFILL_PAUSE_S = 0.03


class Keeper:
    """The event loop and what hangs on it."""

    def __init__(self, listener: socket.socket, directory: str) -> None:
        self.directory = directory
        self.registry = Registry()
        self.selector = selectors.DefaultSelector()
        self.forker: wire.Lines | None = None
        self.configuration: Message = {}
        self.zygote: zygote_link.Zygote | None = None
        self.failure: Message | None = None
        self.failures = 0
        #: Channels of children by their child; a child without a pid has not reported yet.
        self.channels: dict[socket.socket, Child] = {}
        #: Fork requests that wait for a child, oldest first.
        self.waiting: list[Message] = []
        #: When to do what next, by name, on the monotonic clock.
        self.timers: dict[str, tuple[float, Callable[[], None]]] = {}
        self.running = True
        self._watch(listener, lambda: self._accept(listener))
        self._alarm_linger()

    # The loop.

    def run(self) -> None:
        """Serves until told to quit."""
        while self.running:
            deadline = min((when for when, _ in self.timers.values()), default=None)
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            for key, _events in self.selector.select(wait):
                # An earlier callback of this round may have closed this one.
                if key.fileobj in self.selector.get_map():
                    key.data()
            for name, (when, action) in list(self.timers.items()):
                if when <= time.monotonic() and self.timers.get(name) == (when, action):
                    del self.timers[name]
                    action()

    def _watch(self, source: Any, callback: Callable[[], None]) -> None:
        self.selector.register(source, selectors.EVENT_READ, callback)

    def _unwatch(self, source: Any) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(source)

    def _alarm(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        self.timers[name] = (time.monotonic() + seconds, action)

    # The forker.

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        # The newest forker is the right one: an old one that still hangs on is being replaced.
        self._drop_forker()
        self.timers.pop("linger", None)
        self.forker = wire.Lines(connection)
        self._watch(connection, self._read_forker)
        sessions = [child.snapshot() for child in self.registry.sessions()]
        self._tell({"event": "hello", "pid": os.getpid(), "children": sessions})
        for message in list(self.registry.exits.values()):
            self._tell(message)

    def _drop_forker(self) -> None:
        if self.forker is not None:
            self._unwatch(self.forker.end)
            self.forker.end.close()
            self.forker = None
            # Whoever asked is gone, and so are its clients' connections.
            self.waiting.clear()
            self._alarm_linger()

    def _alarm_linger(self) -> None:
        def leave() -> None:
            if self.registry.children and self.registry.sessions():
                self._alarm("linger", LINGER_S, leave)
            else:
                self.running = False

        self._alarm("linger", LINGER_S, leave)

    def _tell(self, message: Message) -> None:
        if self.forker is None:
            return
        try:
            self.forker.send(message)
        except OSError as error:
            print(f"keeper: the forker is cut off: {error}", file=sys.stderr, flush=True)
            self._drop_forker()
            return
        if self.forker.backlog:
            self._alarm("flush", 0.01, lambda: self._tell({"event": "more"}))

    def _read_forker(self) -> None:
        assert self.forker is not None
        try:
            messages = self.forker.receive()
        except ValueError as error:
            print(f"keeper: the forker speaks nonsense: {error}", file=sys.stderr, flush=True)
            messages = None
        if messages is None:
            self._drop_forker()
            return
        for message in messages:
            getattr(self, "_on_" + message["request"])(message)

    def _on_configure(self, message: Message) -> None:
        if message != self.configuration:
            self.configuration = message
            self._start_zygote()
        elif self.zygote is not None and self.zygote.state == "ready":
            self._tell_ready()
        elif self.failure is not None:
            self._tell({"event": "zygote.failed", **self.failure})

    def _on_restart_zygote(self, _message: Message) -> None:
        self._start_zygote()

    def _on_fork(self, message: Message) -> None:
        if self.failure is not None and (self.zygote is None or self.zygote.state != "ready"):
            self._refuse(message, f"the zygote does not start: {self.failure['step']}: {self.failure['message']}")
            return
        self.waiting.append(message)
        self._serve_waiting()

    def _on_signal(self, message: Message) -> None:
        child = self.registry.find(message["id"])
        sent = False
        if child is not None and child.pid is not None:
            # We are its parent and have not reaped it: the pid cannot have been given to another process.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, message["signal"])
                sent = True
        self._tell({"event": "signalled", "id": message["id"], "sent": sent})

    def _on_taken(self, message: Message) -> None:
        self.registry.acknowledge(message["id"])

    def _on_quit(self, _message: Message) -> None:
        self.running = False

    # The zygote.

    def _start_zygote(self) -> None:
        self.timers.pop("zygote", None)
        self._release_zygote()
        self._empty_pool()
        try:
            zygote = zygote_link.Zygote(self.configuration)
        except OSError as error:
            self._failed({"step": "starting python", "message": str(error), "stderr": []})
            return
        self.zygote = zygote
        self._watch(zygote.link, self._read_zygote)
        self._watch(zygote.stderr, self._read_zygote_stderr)

    def _release_zygote(self) -> None:
        if self.zygote is not None:
            self._unwatch(self.zygote.link)
            self._unwatch(self.zygote.stderr)
            self.zygote.close()
            self.zygote = None

    def _read_zygote(self) -> None:
        assert self.zygote is not None
        if self.zygote.read_link():
            self.failure, self.failures = None, 0
            self._tell_ready()
            self._serve_waiting()

    def _tell_ready(self) -> None:
        assert self.zygote is not None
        self._tell({**self.zygote.ready, "event": "zygote.ready", "pid": self.zygote.pid})

    def _read_zygote_stderr(self) -> None:
        assert self.zygote is not None
        if not self.zygote.read_stderr():
            self._unwatch(self.zygote.stderr)

    def _zygote_died(self, status: int) -> None:
        assert self.zygote is not None
        was_ready, failure = bool(self.zygote.ready), self.zygote.failure(status)
        self._release_zygote()
        self._empty_pool()
        if was_ready:
            # It has proved that it can start: whoever asks meanwhile waits for the next one.
            self._tell({"event": "zygote.died", "status": status})
            self._start_zygote()
        else:
            self._failed(failure)

    def _failed(self, failure: Message) -> None:
        retry_s = zygote_link.RETRY_S[min(self.failures, len(zygote_link.RETRY_S) - 1)]
        self.failures += 1
        self.failure = {**failure, "retryInMs": round(retry_s * 1000)}
        self._tell({"event": "zygote.failed", **self.failure})
        for message in self.waiting:
            self._refuse(message, f"the zygote does not start: {failure['step']}: {failure['message']}")
        self.waiting.clear()
        self._alarm("zygote", retry_s, self._start_zygote)

    # Children.

    def _serve_waiting(self) -> None:
        while self.waiting and (member := self._pool_member()) is not None:
            channel, child = member
            self._begin(self.waiting.pop(0), channel, child)
        if self.zygote is None or self.zygote.state != "ready":
            return
        pending = sum(child.pid is None for child in self.channels.values())
        for _ in range(len(self.waiting) - pending):
            self._fork()
        self._alarm("refill", REFILL_PAUSE_S, self._refill)

    def _refill(self) -> None:
        pool = sum(child.id is None for child in self.channels.values())
        if self.zygote is not None and self.zygote.state == "ready" and pool < self.configuration["poolSize"]:
            self._fork()

    def _fork(self) -> None:
        assert self.zygote is not None
        channel = self.zygote.fork()
        self.channels[channel] = Child()
        self._watch(channel, lambda: self._read_child(channel))

    def _pool_member(self) -> tuple[socket.socket, Child] | None:
        idle = ((end, child) for end, child in self.channels.items() if child.pid is not None and child.id is None)
        return next(idle, None)

    def _empty_pool(self) -> None:
        for channel, child in list(self.channels.items()):
            if child.id is None and child.pid is not None:
                self._close(channel)

    def _begin(self, message: Message, channel: socket.socket, child: Child) -> None:
        try:
            child.directory = pipes.make(self.directory, message["id"])
            wire.send_packet(channel, {**message, "directory": child.directory})
        except OSError as error:
            if child.directory:
                pipes.remove(child.directory)
            self._close(channel)
            if isinstance(error, ConnectionError):
                self.waiting.insert(0, message)  # That pool member had just died; there are others.
            else:
                self._refuse(message, f"cannot hand the request to a child: {error}")
            return
        child.id, child.details = message["id"], message["details"]
        self._tell({"event": "started", "id": child.id, "pid": child.pid, "directory": child.directory})

    def _refuse(self, message: Message, reason: str) -> None:
        self._tell({"event": "refused", "id": message["id"], "reason": reason})

    def _read_child(self, channel: socket.socket) -> None:
        child = self.channels[channel]
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
        if self.zygote is None or self.zygote.state != "ready" or not self.waiting:
            return
        first = self.waiting.pop(0)
        attempts = first.get("attempts", 0) + 1
        if attempts < FORK_ATTEMPTS_MAX:
            self.waiting.insert(0, {**first, "attempts": attempts})
        else:
            self._refuse(first, f"fork failed {attempts} times: see the log of the service")

    def _close(self, channel: socket.socket) -> None:
        self._unwatch(channel)
        self.channels.pop(channel, None)
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
            if self.zygote is not None and pid == self.zygote.pid:
                self._zygote_died(status)
                continue
            self._drain(pid)
            child = self.registry.children.get(pid)
            left_behind = child is not None and child.directory != "" and pipes.remove(child.directory)
            message = self.registry.exited(pid, status, usage, left_behind)
            if message is not None:
                self._tell(message)

    def _drain(self, pid: int) -> None:
        """Reads all that the dead child said; when the pid is new to us, all that anybody said."""
        known = self.registry.children.get(pid)
        for channel, child in list(self.channels.items()):
            if child is not known and known is not None:
                continue
            while channel in self.channels and self._readable(channel):
                self._read_child(channel)

    def _readable(self, channel: socket.socket) -> bool:
        import select

        return bool(select.select([channel], [], [], 0)[0])


def main(directory: str) -> int:
    """Runs the keeper of one runtime directory; says `ready` on stdout when a forker can connect."""
    lock = os.open(os.path.join(directory, "keeper.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"keeper: another keeper serves {directory}", file=sys.stderr)
        return 1
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        print(f"keeper: prctl(PR_SET_CHILD_SUBREAPER): {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        return 1
    path = os.path.join(directory, "keeper.sock")
    with contextlib.suppress(FileNotFoundError):
        # We hold the lock, so whoever made it is dead.
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    os.umask(0o077)
    listener.bind(path)
    listener.listen(4)
    keeper = Keeper(listener, directory)
    wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)

    def wake() -> None:
        os.read(wake_read, 4096)
        keeper.reap()

    keeper.selector.register(wake_read, selectors.EVENT_READ, wake)
    print("ready", flush=True)
    # Whoever started us reads the end of it; nothing more is ever written there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    keeper.run()
    os.unlink(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
