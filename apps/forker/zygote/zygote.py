"""The zygote: an interpreter with Breezy loaded, which does nothing but fork.

The keeper starts it with one packet socket as descriptor 3. Each packet there asks for one child
and carries the child's own channel to the keeper; the child reads its request from that channel, so
the zygote never sees one.
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
    """Imports everything that a session needs and freezes it; returns the number of modules. Any
    failure is fatal.
    """
    started = time.monotonic()

    def step(name: str) -> None:
        wire.send_packet(keeper, {"event": "step", "step": name})

    import preload

    count = preload.load(manifest, step)
    check_can_fork()
    step("freezing")
    gc.collect()
    # Once, after everything is loaded: the garbage collector never writes to a frozen object, so
    # its page stays shared.
    gc.freeze()
    milliseconds = round((time.monotonic() - started) * 1000)
    wire.send_packet(keeper, {"event": "ready", "modules": count, "startedInMs": milliseconds})
    return count


def check_can_fork() -> None:
    """Checks for threads and stray descriptors. A child would not have a second thread but would
    have its locks, and every child would inherit a stray descriptor.
    """
    if threading.active_count() != 1:
        raise RuntimeError(f"a preloaded module started a thread: {threading.enumerate()}")
    # The listing opens a descriptor of its own, which is closed by the time this looks at it.
    if (
        stray := {
            name for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")
        }
        - DESCRIPTORS
    ):
        raise RuntimeError(f"a preloaded module left descriptors open: {sorted(stray)}")


def fork_orphan(channel: int, configuration: Configuration) -> None:
    """Forks a child whose parent is the keeper: the intermediate process exits at once.

    Only the keeper reaps, so a child's status outlives any zygote. The detour costs one more fork
    (1.4 ms measured); clone(CLONE_PARENT) would save it, but behind the back of the C library and
    of Python.
    """
    if os.fork() != 0:
        return
    # From here on, never return into the zygote's loop: a child that failed must not go on as a
    # second zygote.
    status = 70
    try:
        # The zygote ignores SIGCHLD. If the child ended before the intermediate process, the kernel
        # would discard its status for that reason, and the keeper would wait for it for ever.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if os.fork() != 0:
            os._exit(0)
        status = run_child(channel, configuration)
    finally:
        os._exit(status)


def run_child(channel: int, configuration: Configuration) -> int:
    """Runs a session and returns the exit status: 70 when not even its error handling worked
    (EX_SOFTWARE)."""
    import child
    import tracing

    try:
        return child.run(channel, configuration)
    except KeyboardInterrupt:
        # A stop ended it before its session began (a shell's status for SIGINT).
        return 130
    except BaseException:
        tracing.report()
        return 70


def serve(keeper: socket.socket, configuration: Configuration) -> None:
    """Forks one child per packet until the keeper is gone."""
    while True:
        message, descriptors = wire.receive_packet(keeper)
        if message is None:
            return
        if message["request"] == "ping":
            # The next read notices that the keeper is gone.
            with contextlib.suppress(OSError):
                wire.send_packet(keeper, {"event": "alive"})
        try:
            for channel in descriptors:
                # The system gives the lowest free number: any other means that some code has opened
                # a descriptor since.
                if channel != LINK + 1 or threading.active_count() != 1:
                    check_can_fork()
                fork_orphan(channel, configuration)
        except OSError as error:
            print(f"fork failed: {error}", file=sys.stderr, flush=True)
        finally:
            # The keeper reads the end of a channel that no child holds, so it needs no message.
            for channel in descriptors:
                os.close(channel)


def main(configuration: Configuration) -> int:
    """Loads, then serves; where nothing is forked (`fork` false), it becomes the one child
    itself."""
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
