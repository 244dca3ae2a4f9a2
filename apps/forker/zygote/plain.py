"""One session without keeper and zygote, on the standard streams of this process: what is left when the fork service is away.

Descriptor 3 gets one JSON object a line: `started` with the pid of the session, what it reports, and `exited` with its
wait status and rusage. It runs in a process of its own below this one, which is here to wait for it.
"""

import contextlib
import json
import os
import sys
import traceback

import isolation
import registry
import wire

REPORTS = 3


def send(message: wire.Message) -> None:
    """Tells whoever started us; nobody may be left to listen."""
    with contextlib.suppress(OSError):
        os.write(REPORTS, wire.encode(message) + b"\n")


def session(configuration: wire.Message) -> int:
    """Runs the command; the exit status."""
    isolation.confine(REPORTS, configuration)
    isolation.isolate(REPORTS, configuration)
    # Not earlier: whoever hears it may signal the process group that was made just now.
    send({"event": "started", "pid": os.getpid()})
    import preload

    preload.set_up(lambda step: None)
    import child
    import tracing

    tracing.send.append(send)
    return child.run_command(configuration["command"])


def main(configuration: wire.Message) -> int:
    """Starts the session and waits for it."""
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            status = session(configuration)
        except BaseException:
            send({"event": "log", "text": traceback.format_exc()})
        finally:
            os._exit(status)
    # An end of the streams must be seen when the session is at its end, not when we are.
    for number in (0, 1, 2):
        os.close(number)
    _, status, usage = os.wait4(pid, 0)
    send({"event": "exited", "status": status, "rusage": registry.rusage(usage)})
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
