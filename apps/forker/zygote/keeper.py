"""The keeper: parent of all children. It starts the zygote, adopts every child, and is the only
process that reaps them.

It does not use Breezy and makes no decisions: the forker tells it what to run, and the keeper
reports how each child ended. It outlives the forker, and keeps each exit until a forker has
acknowledged it.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

import orders
import wire
from callers import Callers
from hearing import complain
from keeper_events import Event
from loop import Loop
from messages import Request, Signal
from nursery import Nursery
from wire import Message

#: prctl(2): orphaned descendants become our children instead of init's.
PR_SET_CHILD_SUBREAPER = 36

#: A keeper without a session exits when no forker has connected for this long.
LINGER_S = 600.0

#: How soon the keeper retries a message that the forker could not take yet.
FLUSH_S = 0.01


class Keeper:
    """Serves one forker after another."""

    def __init__(self, loop: Loop, listener: socket.socket, directory: str) -> None:
        self._loop = loop
        self._forker: wire.Lines | None = None
        self._ready_at_ms = round(time.time() * 1000)
        self.nursery = Nursery(loop, directory, self._tell)
        Callers(loop, listener, self._hear, self._serve)
        self._await_forker()

    def _serve(self, forker: wire.Lines, messages: list[Message]) -> None:
        # The newest forker is the right one: an older one that is still connected is being
        # replaced.
        self._drop_forker()
        self._loop.cancel("linger")
        self._forker = forker
        self._loop.watch(forker.end, self._read_forker)
        registry = self.nursery.registry
        children = [child.snapshot() for child in registry.sessions()]
        self._tell(
            {
                "event": "hello",
                "format": wire.FORMAT,
                "pid": os.getpid(),
                "readyAtMs": self._ready_at_ms,
                "children": children,
            }
        )
        for message in list(registry.exits.values()):
            self._tell(message)
        self._obey(messages)

    def _drop_forker(self) -> None:
        if self._forker is None:
            return
        self._loop.forget(self._forker.end)
        self._forker.end.close()
        self._forker = None
        # The forker that sent these requests is gone, and so are its clients' connections.
        self.nursery.waiting.clear()
        self._await_forker()

    def _await_forker(self) -> None:
        def leave() -> None:
            if self.nursery.registry.sessions():
                self._await_forker()
            else:
                self._loop.running = False

        self._loop.alarm("linger", LINGER_S, leave)

    def _tell(self, message: Event) -> None:
        if self._forker is None:
            return
        self._try(self._forker, lambda forker: forker.send(message))

    def _try(self, forker: wire.Lines, action: Callable[[wire.Lines], None]) -> None:
        try:
            action(forker)
        except OSError as error:
            complain(f"the forker is cut off: {error}")
            self._drop_forker()
            return
        if forker.backlog:
            self._loop.alarm("flush", FLUSH_S, lambda: self._try(forker, wire.Lines.flush))

    def _read_forker(self) -> None:
        assert self._forker is not None
        messages = self._hear(self._forker)
        if messages is None:
            self._drop_forker()
        else:
            self._obey(messages)

    def _hear(self, caller: wire.Lines) -> list[Message] | None:
        try:
            return caller.receive()
        except ValueError as error:
            complain(
                f"an invalid message on the keeper's socket; its connection is closed: {error}"
            )
            return None

    def _obey(self, messages: list[Message]) -> None:
        for message in messages:
            try:
                self._do(orders.read(message))
            except orders.UnknownOrder as error:
                complain(
                    str(error)
                )  # A forker of a later version may send requests that we do not know.
            except orders.NoOrder as error:
                complain(f"the forker sent an invalid request and is disconnected: {error}")
                self._drop_forker()
                return

    def _do(self, request: Request) -> None:
        if request["request"] == "configure":
            self.nursery.zygotes.configure(request)
        elif request["request"] == "try_zygote":
            configuration = request.copy()
            # If it succeeds, it becomes the current configuration, so store it as one.
            configuration["request"] = "configure"
            self.nursery.zygotes.try_out(configuration)
        elif request["request"] == "fork":
            self.nursery.fork(request)
        elif request["request"] == "signal":
            self._signal(request)
        elif request["request"] == "taken":
            self.nursery.registry.acknowledge(request["id"])
        elif request["request"] == "ping":
            self._tell({"event": "alive"})
        else:
            self._loop.running = False

    def _signal(self, message: Signal) -> None:
        child = self.nursery.registry.find(message["id"])
        sent = False
        # We are its parent and have not reaped it: no other process can have its pid.
        if child is not None and child.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, message["signal"])
                sent = True
        self._tell({"event": "signalled", "id": message["id"], "sent": sent})


def listen(directory: str) -> socket.socket:
    """The socket for the forker; only this user may connect. The caller holds the lock of the
    directory."""
    path = os.path.join(directory, "keeper.sock")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # The process that made it is dead: we hold the lock.
    os.umask(0o077)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o600)
    listener.listen(4)
    return listener


def wake_on_child(loop: Loop, reap: Callable[[], None]) -> None:
    """Calls `reap` whenever a child has ended."""
    wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)

    def wake() -> None:
        os.read(wake_read, 4096)
        reap()

    loop.watch(wake_read, wake)


def main(directory: str) -> int:
    """Runs the keeper of one runtime directory. Prints `ready` on stdout when a forker can connect,
    or why it cannot start.
    """
    lock = os.open(
        os.path.join(directory, "keeper.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())  # So that a forker can kill us when we hang.
    except BlockingIOError:
        complain(f"another keeper serves {directory}")
        return 1
    except OSError as error:
        os.write(
            1, f"cannot write {directory}/keeper.lock: {error.strerror}; make room there\n".encode()
        )
        return 1
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        complain(f"prctl(PR_SET_CHILD_SUBREAPER): {os.strerror(ctypes.get_errno())}")
        return 1
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    loop = Loop()
    listener = listen(directory)
    wake_on_child(loop, Keeper(loop, listener, directory).nursery.reap)
    try:
        os.write(1, b"ready\n")
    except BrokenPipeError:  # The forker that started us was killed; no other process knows of us.
        loop.running = False
    # The forker that started us waits for end-of-file on this pipe. We write nothing more to it.
    os.dup2(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), 1)
    loop.run()
    os.unlink(listener.getsockname())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
