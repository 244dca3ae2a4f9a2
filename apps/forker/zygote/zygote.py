"""The zygote: an interpreter with Breezy loaded, which does nothing but fork.

It is started by the keeper with one packet socket as descriptor 3. Each packet there asks for one child and carries
the child's own channel to the keeper; the child reads its request from that channel, so the zygote never sees one.
"""

import gc
import os
import signal
import socket
import sys
import threading
import time

import wire

LINK = 3


def load(keeper: socket.socket, manifest: str) -> int:
    """Imports everything a session needs and freezes it; the number of modules. Any failure is fatal."""
    started = time.monotonic()

    def step(name: str) -> None:
        wire.send_packet(keeper, {"event": "step", "step": name})

    step("importing breezy")
    import preload

    count = preload.load(manifest, step)
    step("freezing")
    gc.collect()
    # Once, after everything is loaded: a frozen object is never written by a collection, so its page stays shared.
    gc.freeze()
    if threading.active_count() != 1:
        raise RuntimeError(f"a preloaded module started a thread: {threading.enumerate()}")
    milliseconds = round((time.monotonic() - started) * 1000)
    wire.send_packet(keeper, {"event": "ready", "modules": count, "startedInMs": milliseconds})
    return count


def fork_orphan(keeper: socket.socket, channel: int) -> None:
    """Forks a child whose parent is the keeper: the process between them exits at once.

    The keeper alone reaps, so a child's status outlives any zygote. The detour costs one more fork (1.4 ms measured);
    clone(CLONE_PARENT) would save it, but behind the back of the C library and of Python.
    """
    if os.fork() != 0:
        return
    # From here on, never return into the zygote's loop: a child that failed must not go on as a second zygote.
    status = 70
    try:
        # The zygote ignores SIGCHLD. A child that ended before the process between did would be reaped by the kernel,
        # on account of the ignoring, and the keeper would wait for its status forever.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if os.fork() != 0:
            os._exit(0)
        keeper.close()
        import child

        status = child.run(channel)
    except BaseException:  # noqa: B036
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


def serve(keeper: socket.socket) -> None:
    """Forks for each packet until the keeper is gone."""
    while True:
        message, descriptors = wire.receive_packet(keeper)
        if message is None:
            return
        try:
            for channel in descriptors:
                fork_orphan(keeper, channel)
        except OSError as error:
            print(f"fork failed: {error}", file=sys.stderr, flush=True)
        finally:
            # The keeper reads the end of a channel that no child holds: it knows without being told.
            for channel in descriptors:
                os.close(channel)


def main(manifest: str) -> int:
    """Loads, then serves."""
    keeper = socket.socket(fileno=LINK)
    os.set_inheritable(LINK, False)
    # The processes between zygote and child need no reaping. A terminal's Ctrl-C is the forker's to handle.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load(keeper, manifest)
    serve(keeper)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
