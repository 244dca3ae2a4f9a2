"""A child, from its fork to its last byte: it waits for a request, connects its pipes, and runs
Breezy in-process.
"""

import contextlib
import faulthandler
import functools
import io
import os
import signal
import socket
import sys
import time

import breezy
import breezy.trace
import boundary
import hosting
import isolation
import lock_evidence
import lock_reports
import pipes
import restrictions
import sessions
import tracing
import wire
from messages import Configuration

STANDARD = (0, 1, 2)

#: The interpreter specializes a function after its eighth call, and some call sites later.
REHEARSALS = 20

#: The session's own streams, made before the fork.
_streams: list[io.TextIOWrapper] = []


def run(descriptor: int, configuration: Configuration) -> int:
    """Runs one session over the channel with this descriptor and returns the exit code."""
    lock_evidence.remember()
    isolation.isolate(descriptor, configuration)
    channel = socket.socket(fileno=descriptor)
    tracing.send.append(functools.partial(wire.send_packet, channel))
    # Python writes a crash report there. It is not a message; the keeper keeps it as the child's
    # last words.
    faulthandler.enable(descriptor)
    wire.send_packet(channel, {"event": "started"})
    request, _ = wire.receive_packet(channel)
    if request is None:
        return 0
    os.environ.update(request["environment"])
    connect(request["directory"], request["connectTimeoutS"])
    # Not earlier: the restrictions forbid the directory that the pipes are in. The child has not
    # read any byte of the client yet.
    restrictions.enter()
    with contextlib.suppress(OSError):
        wire.send_packet(channel, {"event": "connected"})
    try:
        lock_reports.start(channel)
        return run_command(request["command"])
    except Exception as error:
        return boundary.end(error)


def connect(directory: str, timeout_s: int) -> None:
    """Opens the three FIFOs as descriptors 0 to 2 and removes them. SIGALRM ends a child whose
    client does not connect in time.
    """
    # Not alarm(): its 0 means never, and a request may say 0.
    signal.setitimer(signal.ITIMER_REAL, max(timeout_s, 0.001))
    modes = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
    opened = [
        os.open(os.path.join(directory, name), mode)
        for name, mode in zip(pipes.NAMES, modes, strict=True)
    ]
    signal.setitimer(signal.ITIMER_REAL, 0)
    pipes.remove(directory)
    for descriptor, standard in zip(opened, STANDARD, strict=True):
        os.dup2(descriptor, standard)
        os.close(descriptor)


def run_command(command: list[str]) -> int:
    """Runs the command on fresh standard streams and flushes them, whatever the command does."""
    sys.stdin, sys.stdout, sys.stderr = _streams or open_streams()
    breezy.trace._brz_log_start_time = time.time()
    # Otherwise every child would keep a configuration file as it was before the fork.
    breezy.get_global_state().config_stores.clear()
    try:
        return sessions.run(command)
    finally:
        for stream in (sys.stdout, sys.stderr):
            # `serve` closes its streams itself, and a client that has disconnected can receive
            # nothing more.
            with contextlib.suppress(ValueError, OSError):
                stream.flush()


def open_streams() -> tuple[io.TextIOWrapper, io.TextIOWrapper, io.TextIOWrapper]:
    """Standard streams on descriptors 0 to 2, whatever those refer to at the time of use."""
    return (
        io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False))),
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False))),
        io.TextIOWrapper(io.FileIO(2, "w", closefd=False), write_through=True),
    )


def rehearse() -> None:
    """Runs sessions in the zygote as a rehearsal, and leaves the streams and transports that every
    session needs.

    Python 3.11 rewrites a function's code in place while it specializes it, and objects made after
    the fork lie on the child's own pages. Measured: 0.7 MB less private memory per child, and a
    third of the time to its first reply.
    """
    kept, objects = [os.dup(number) for number in STANDARD], (sys.stdin, sys.stdout, sys.stderr)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        for _ in range(REHEARSALS):
            hosting.prepared.cache_clear()
            _rewind(null)
            if run_command(["lp-serve", "--inet", "rehearsal"]) != 0:
                raise RuntimeError("a rehearsed session failed: see above")
        hosting.prepared.cache_clear()
        hosting.prepared(os.environ["HATCHERY_HOSTING_ROOT"])
        _rewind(null)
        _streams[:] = open_streams()
    finally:
        for descriptor, standard in zip(kept, STANDARD, strict=True):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        os.close(null)
        sys.stdin, sys.stdout, sys.stderr = objects


def _rewind(null: int) -> None:
    """Plays a client that says hello and leaves, on a pipe as real clients use: a stream remembers
    whether it was seekable.
    """
    reading, writing = os.pipe()
    os.write(writing, b"hello\n")
    os.close(writing)
    os.dup2(reading, 0)
    os.close(reading)
    os.dup2(null, 1)
