"""Connections to the keeper's socket that have not yet shown that they are the forker."""

import socket
from collections.abc import Callable

import ancestry
import orders
import wire
from hearing import complain
from loop import Loop
from wire import Message

#: The keeper closes a connection that has not spoken as a forker does by then.
CALLER_S_MAX = 10.0

#: Connections that have not spoken yet; a forker speaks at once.
CALLERS_MAX = 16

#: How soon a keeper that is short of descriptors tries to accept again.
ACCEPT_RETRY_S = 1.0


class Callers:
    """Passes on a connection once it speaks as a forker does. A person with a terminal, or a
    program that probes the socket, does not replace the forker.
    """

    def __init__(
        self,
        loop: Loop,
        listener: socket.socket,
        hear: Callable[[wire.Lines], list[Message] | None],
        serve: Callable[[wire.Lines, list[Message]], None],
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._hear = hear
        self._serve = serve
        #: Oldest first.
        self._waiting: dict[socket.socket, None] = {}
        self._watch()

    def _watch(self) -> None:
        self._loop.watch(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            # A shortage of descriptors must not end the keeper, which is the children's parent.
            complain(f"a connection to the keeper has to wait: {error.strerror}")
            self._loop.forget(self._listener)
            self._loop.alarm("accept", ACCEPT_RETRY_S, self._watch)
            return
        if not ancestry.is_apart(peer_of(connection)):
            # A compromised session: where sessions run as our own user, the socket's mode lets it
            # connect.
            complain(
                f"process {peer_of(connection)} is a child of this service or gone, not a forker; its connection is closed"
            )
            connection.close()
            return
        caller = wire.Lines(connection)
        self._waiting[connection] = None
        self._loop.watch(connection, lambda: self._read(caller))
        self._loop.alarm(alarm_of(connection), CALLER_S_MAX, lambda: self._dismiss(connection))
        if len(self._waiting) > CALLERS_MAX:
            self._dismiss(next(iter(self._waiting)))

    def _read(self, caller: wire.Lines) -> None:
        messages = self._hear(caller)
        if messages == []:
            return
        self._leave(caller.end)
        if messages is not None and orders.is_one(messages[0]):
            self._serve(caller, messages)
        else:
            caller.end.close()

    def _dismiss(self, connection: socket.socket) -> None:
        self._leave(connection)
        connection.close()

    def _leave(self, connection: socket.socket) -> None:
        self._loop.forget(connection)
        self._loop.cancel(alarm_of(connection))
        self._waiting.pop(connection, None)


def alarm_of(connection: socket.socket) -> str:
    """The name of the connection's deadline."""
    return f"caller {connection.fileno()}"


def peer_of(connection: socket.socket) -> int:
    """The pid of the process that connected, as the kernel reports it (unix(7), SO_PEERCRED)."""
    credentials = connection.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, wire.CREDENTIALS.size
    )
    pid: int = wire.CREDENTIALS.unpack(credentials)[0]
    return pid
