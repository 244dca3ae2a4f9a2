"""Runs one session without keeper and zygote, on this process's standard streams: the fallback when
the fork service is down.

Descriptor 3 gets one JSON object a line: `started` with the pid of the session, what it reports,
and `exited` with its wait status and rusage. The session runs in a process of its own below this
one. This process waits for it and checks its messages as the keeper would: an invalid claim ends
the session, and no message of the session can pass for one of ours.
"""

import contextlib
import functools
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Mapping

import claims
import fields
import isolation
import registry
import restrictions
import wire
from messages import OneSession

REPORTS = 3


def send(message: Mapping[str, object]) -> None:
    """Reports to the process that started us, which may be gone."""
    with contextlib.suppress(OSError):
        os.write(REPORTS, wire.encode(message) + b"\n")


def session(configuration: OneSession, channel: socket.socket) -> int:
    """Runs the command and returns its exit status."""
    os.dup2(channel.detach(), REPORTS, inheritable=False)
    isolation.confine(REPORTS, configuration)
    isolation.isolate(REPORTS, configuration)
    tell = functools.partial(wire.send_packet, socket.socket(fileno=REPORTS))
    # Not earlier: the reader may signal the process group, which has just been made.
    tell({"event": "started"})
    status = 70
    try:
        import preload

        preload.set_up(lambda step: None)
        import child
        import tracing

        tracing.send.append(tell)
        restrictions.enter()
        status = child.run_command(configuration["command"])
    except BaseException:
        # The module that boundary.py needs may be the missing one.
        with contextlib.suppress(OSError):
            os.write(
                2,
                b"hatchery: this service cannot start a session; ask the operator, whose log has the cause\n",
            )
        tell({"event": "log", "text": traceback.format_exc()[-fields.TEXT_CHARACTERS_MAX :]})
    return status


def hear(pid: int, channel: socket.socket) -> bool:
    """Passes on one packet of the session; False at its end. Raises ValueError for an invalid
    claim.
    """
    packet = wire.receive_from(channel, claims.CLAIM_BYTES_MAX)
    if packet is None:
        return False
    data, sender = packet
    if sender != pid:
        raise claims.NoClaim(f"process {sender} spoke in its place")
    message = claims.read(data, claims.OF_CHILD)
    if message["event"] == "started":
        isolation.offer_to_kernel(pid, isolation.OOM_OF_SESSION)
        send({"event": "started", "pid": pid})
    elif message["event"] in ("log", "failed"):
        send(message)
    return True


def attend(pid: int, channel: socket.socket) -> None:
    """Reads the session's messages until it has ended. Processes that it leaves behind do not hide
    its end."""
    end = os.pidfd_open(pid)
    poll = select.poll()
    for descriptor in (end, channel.fileno()):
        poll.register(descriptor, select.POLLIN)
    try:
        while (
            channel.fileno() in (ready := [descriptor for descriptor, _ in poll.poll()])
            or end not in ready
        ):
            if not hear(pid, channel):
                break
    except ValueError as error:
        send({"event": "log", "text": f"session {pid}: {error}; it is killed"})
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass  # Its end of the channel is gone.


def main(configuration: OneSession) -> int:
    """Starts the session and waits for it."""
    ours, theirs = wire.packet_pair()
    wire.identify_senders(ours)
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(session(configuration, theirs))
        finally:
            os._exit(70)
    theirs.close()
    # The client must see the end of the streams when the session ends, not when we do.
    for number in (0, 1, 2):
        os.close(number)
    attend(pid, ours)
    _, status, usage = os.wait4(pid, 0)
    send({"event": "exited", "status": status, "rusage": registry.rusage(usage)})
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
