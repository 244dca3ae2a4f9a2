"""The zygote: an interpreter with Breezy loaded, which does nothing but fork.

It is started by the keeper with one packet socket as descriptor 3. Each packet there asks for one
child and carries the child's own channel to the keeper; the child reads its request from that
channel, so the zygote never sees one.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import threading
import time

import isolation
import restrictions
import wire
from messages import Configuration

LINK = 3

#: What may be open in a zygote: its standard streams, the link, the channel of the child to be
#: forked, and the ruleset.
DESCRIPTORS = {"0", "1", "2", str(LINK), str(LINK + 1), str(restrictions.RULESET)}


def load(keeper: socket.socket, manifest: str) -> int:
    """Imports everything a session needs and freezes it; the number of modules. Any failure is
    fatal.
    """
    started = time.monotonic()

    def step(name: str) -> None:
        wire.send_packet(keeper, {"event": "step", "step": name})

    import preload

    count = preload.load(manifest, step)
    check_can_fork()
    step("freezing")
    gc.collect()
    # Once, after everything is loaded: a frozen object is never written by a collection, so its
    # page stays shared.
    gc.freeze()
    milliseconds = round((time.monotonic() - started) * 1000)
    wire.send_packet(keeper, {"event": "ready", "modules": count, "startedInMs": milliseconds})
    return count


def check_can_fork() -> None:
    """A second thread would not be there in a child, but its locks would; a stray descriptor would
    be in every child.
    """
    if threading.active_count() != 1:
        raise RuntimeError(f"a preloaded module started a thread: {threading.enumerate()}")
    # The listing has one of its own, which is gone by the time it is looked at.
    if (
        stray := {
            name for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")
        }
        - DESCRIPTORS
    ):
        raise RuntimeError(f"a preloaded module left descriptors open: {sorted(stray)}")


def fork_orphan(channel: int, configuration: Configuration) -> None:
    """Forks a child whose parent is the keeper: the process between them exits at once.

    The keeper alone reaps, so a child's status outlives any zygote. The detour costs one more fork
    (1.4 ms measured); clone(CLONE_PARENT) would save it, but behind the back of the C library and
    of Python.
    """
    if os.fork() != 0:
        return
    # From here on, never return into the zygote's loop: a child that failed must not go on as a
    # second zygote.
    status = 70
    try:
        # The zygote ignores SIGCHLD. A child that ended before the process between did would be
        # reaped by the kernel, on account of the ignoring, and the keeper would wait for its status
        # forever.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if os.fork() != 0:
            os._exit(0)
        status = run_child(channel, configuration)
    finally:
        os._exit(status)


def run_child(channel: int, configuration: Configuration) -> int:
    """Runs a session; the exit status, 70 when it could not even fail by itself (EX_SOFTWARE)."""
    import child
    import tracing

    try:
        return child.run(channel, configuration)
    except KeyboardInterrupt:
        # A stop has ended it before its session began (a shell's status for SIGINT).
        return 130
    except BaseException:
        tracing.report()
        return 70


def serve(keeper: socket.socket, configuration: Configuration) -> None:
    """Forks for each packet until the keeper is gone."""
    while True:
        message, descriptors = wire.receive_packet(keeper)
        if message is None:
            return
        if message["request"] == "ping":
            # A keeper that is gone is seen by the next read.
            with contextlib.suppress(OSError):
                wire.send_packet(keeper, {"event": "alive"})
        try:
            for channel in descriptors:
                # A system gives the lowest free number: any other means that something has been
                # opened since.
                if channel != LINK + 1 or threading.active_count() != 1:
                    check_can_fork()
                fork_orphan(channel, configuration)
        except OSError as error:
            print(f"fork failed: {error}", file=sys.stderr, flush=True)
        finally:
            # The keeper reads the end of a channel that no child holds: it knows without being
            # told.
            for channel in descriptors:
                os.close(channel)


def main(configuration: Configuration) -> int:
    """Loads, then serves; or, where nothing is forked, is the one child itself (`fork` false)."""
    os.set_inheritable(LINK, False)
    isolation.confine(LINK, configuration)
    if not configuration["fork"]:
        import preload

        preload.set_up(lambda step: None)
        return run_child(LINK, configuration)
    # The processes between zygote and child need no reaping.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    keeper = socket.socket(fileno=LINK)
    load(keeper, configuration["preload"])
    serve(keeper, configuration)
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
