"""A child, from its fork to its last byte: it waits for a request, connects its pipes, and runs Breezy in-process."""

import contextlib
import faulthandler
import io
import os
import resource
import signal
import socket
import sys
import time

import pipes
import wire

STANDARD = (0, 1, 2)


def run(descriptor: int) -> int:
    """Runs one session over the channel with this descriptor; the exit code."""
    channel = socket.socket(fileno=descriptor)
    tidy(descriptor)
    wire.send_packet(channel, {"event": "started", "pid": os.getpid()})
    request, _ = wire.receive_packet(channel)
    if request is None:
        return 0
    os.environ.update(request["environment"])
    connect(request["directory"], request["connectTimeoutS"])
    with contextlib.suppress(OSError):
        wire.send_packet(channel, {"event": "connected"})
    import lock_reports

    lock_reports.start(channel)
    return run_command(request["command"])


def tidy(channel: int) -> None:
    """Takes off what belongs to the zygote: its descriptors, signals, process group and place."""
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGALRM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    os.closerange(3, channel)
    os.closerange(channel + 1, limit)
    os.umask(0o022)


def connect(directory: str, timeout_s: int) -> None:
    """Opens the three FIFOs as descriptors 0 to 2 and removes them; SIGALRM ends a child whose client does not come."""
    # Not alarm(): its 0 means never, and a request may say 0.
    signal.setitimer(signal.ITIMER_REAL, max(timeout_s, 0.001))
    modes = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
    opened = [os.open(os.path.join(directory, name), mode) for name, mode in zip(pipes.NAMES, modes, strict=True)]
    signal.setitimer(signal.ITIMER_REAL, 0)
    pipes.remove(directory)
    for descriptor, standard in zip(opened, STANDARD, strict=True):
        os.dup2(descriptor, standard)
        os.close(descriptor)


def run_command(command: list[str]) -> int:
    """Runs the command on fresh standard streams; whatever it does, they are flushed."""
    import breezy
    import breezy.trace

    # The old objects stay referenced: Breezy's log handlers hold them, and closing them would close descriptors 0-2.
    kept = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)))
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), write_through=True)
    faulthandler.enable(2)
    breezy.trace._brz_log_start_time = time.time()
    state = breezy.get_global_state()
    # A configuration file read before the fork would stay as it was then, in every child.
    state.config_stores.clear()
    import sessions

    try:
        return sessions.run(command)
    finally:
        for stream in (sys.stdout, sys.stderr):
            # `serve` closes its streams itself; a client that is gone cannot be told anything more.
            with contextlib.suppress(ValueError, OSError):
                stream.flush()
        del kept
