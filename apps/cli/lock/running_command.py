"""Runs the command as flock(1) runs one: a child of this process, in its process group, session and
terminal.

This process holds the lock as well, so that a command that closes inherited descriptors, as sudo
and ssh do, still runs under it. The caller's wait for this process ends when the lock is free.
"""

import os
import signal
from collections.abc import Callable
from typing import NoReturn

import given_context
from given_context import GivenContext
from holder_record import Introduction
from witness import Witness

#: Signals that other processes send and that end an unprepared process. The terminal sends its own
#: to the command as well.
_RELAYED = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGALRM,
    signal.SIGPWR,
)


def run(
    words: list[bytes],
    context: GivenContext,
    descriptor: int,
    record: Introduction,
    settle: Callable[[], None],
) -> int:
    """Runs the command; returns the exit status that flock(1) gives: the command's own, or 128 plus
    the number of its signal.
    """
    relayed = {int(one) for one in (*_RELAYED, *range(signal.SIGRTMIN, signal.SIGRTMAX + 1))}
    relayed -= context.ignored | context.blocked
    # As flock(1) does: a process that ignores SIGCHLD cannot wait for a child.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, relayed | {signal.SIGCHLD})
    witness = Witness()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writing)
        _become(words, context, descriptor, reading)
    os.close(reading)
    # Pass on signals that arrived before the command existed: it cannot have received them.
    for number in _taken(relayed & {int(one) for one in signal.sigpending()}):
        _send(pid, number)
    record.write(pid)
    os.write(writing, b".")
    os.close(writing)
    status, received = _wait(pid, relayed, witness)
    witness.end()
    os.close(descriptor)
    settle()
    if not os.WIFSIGNALED(status):
        return os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    if number in received:
        _die_of(number)
    return 128 + number


def _become(words: list[bytes], context: GivenContext, descriptor: int, reading: int) -> NoReturn:
    if os.read(reading, 1) == b"":
        os._exit(1)
    os.set_inheritable(descriptor, True)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {int(one) for one in blocked} - context.blocked)
    given_context.execute(words, context)


def _taken(numbers: set[int]) -> set[int]:
    return {number for number in numbers if signal.sigtimedwait({number}, 0) is not None}


def _wait(pid: int, relayed: set[int], witness: Witness) -> tuple[int, set[int]]:
    """Waits for the command and relays signals meanwhile; returns its wait status and the
    signals."""
    received: set[int] = set()
    while True:
        told = signal.sigwaitinfo(relayed | {signal.SIGCHLD})
        if told.si_signo == signal.SIGCHLD:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done == pid:
                return status, received
            continue
        received.add(told.si_signo)
        # The kernel sends a terminal's signals, to all of the group (sigaction(2), SI_KERNEL).
        if told.si_code <= 0 and not witness.saw(told.si_signo):
            _send(pid, told.si_signo)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except PermissionError:
        pass  # It runs as another user by now, as sudo does.


def _die_of(number: int) -> NoReturn:
    """Ends by the signal that ended this process's command too, as flock(1) does; a shell then
    stops its script.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    os._exit(128 + number)
