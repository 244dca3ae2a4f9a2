"""The keeper's link to its zygote: starts it, reads its progress, and says why it failed."""

import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import claims
import isolation
import wire
from keeper_events import Failure
from loop import readable
from messages import Configuration
from shared_rules import UNSHOWABLE

#: A cold zygote took 0.1-2 s here, and some seconds more with cold disks. One that takes longer
#: hangs.
START_S_MAX = 60.0

#: Lines of the zygote's stderr that a failure shows.
STDERR_LINES_MAX = 12


def spawn(configuration: Configuration, link: int, actions: Sequence[tuple[Any, ...]]) -> int:
    """Starts zygote.py with this descriptor as its link and returns its pid. Raises OSError when
    there is no such Python, or no memory.
    """
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "zygote.py")
    return os.posix_spawn(
        configuration["python"],
        [configuration["python"], "-E", "-s", "-X", "utf8", script, json.dumps(configuration)],
        configuration["environment"],
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            *actions,
            (os.POSIX_SPAWN_DUP2, link, 3),
        ],
        setsigmask=[],
        # Our children would ignore for ever the signals that we ignore.
        setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
    )


class Spawner:
    """Replaces a zygote: every child is a Python of its own, with nothing preloaded."""

    state = "ready"

    def __init__(self, configuration: Configuration, generation: int) -> None:
        self.generation = generation
        self._configuration = configuration

    def fork(self) -> socket.socket:
        """Starts one child and returns the keeper's end of its channel."""
        ours, theirs = wire.packet_pair()
        with theirs:
            spawn(self._configuration, theirs.fileno(), [])
        ours.setblocking(False)
        return ours


class Zygote:
    """One process that loads Breezy and forks. `state` goes starting → ready → gone, or starting →
    gone.
    """

    def __init__(self, configuration: Configuration, generation: int) -> None:
        #: Children of an older generation must not serve requests any more.
        self.generation = generation
        self.state = "starting"
        self.step = "starting python"
        #: These three once it is ready; the last is wall clock.
        self.modules = 0
        self.started_in_ms = 0
        self.ready_at_ms = 0
        #: Why we killed it, if we did.
        self.killed_for: str | None = None
        #: Another process can have its pid by now.
        self.reaped = False
        self._stderr_lines: deque[str] = deque(maxlen=STDERR_LINES_MAX)
        self.link, theirs = wire.packet_pair()
        self.link.setblocking(False)
        wire.identify_senders(self.link)
        self.stderr, stderr_write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.stderr, False)
        try:
            moves = [(os.POSIX_SPAWN_DUP2, stderr_write, number) for number in (1, 2)]
            self.pid = spawn(configuration, theirs.fileno(), moves)
            isolation.offer_to_kernel(self.pid, isolation.OOM_OF_ZYGOTE)
        except OSError:
            self.close()
            raise
        finally:
            theirs.close()
            os.close(stderr_write)

    def fork(self) -> socket.socket:
        """Asks for one child and returns the keeper's end of its channel. When the fork fails, that
        channel ends without a message.
        """
        ours, theirs = wire.packet_pair()
        with theirs:
            try:
                wire.send_packet(self.link, {"request": "fork"}, [theirs.fileno()])
            except ConnectionError:
                self.state = "gone"
            except OSError:
                # The zygote does not read, or the system is short of a resource: this fork fails.
                pass
        ours.setblocking(False)
        return ours

    def ping(self) -> None:
        """Asks for a sign of life. If the question cannot be sent, no answer will come."""
        with contextlib.suppress(OSError):
            wire.send_packet(self.link, {"request": "ping"})

    def read_link(self) -> str | None:
        """Takes one message from the zygote and returns its event; None when there was none or the
        zygote is gone (see `state`).
        """
        try:
            packet = wire.receive_from(self.link, claims.CLAIM_BYTES_MAX)
            if packet is None:
                self.state = "gone"
                return None
            if packet[1] != self.pid:
                raise claims.NoClaim(f"process {packet[1]} spoke in its place")
            message = claims.read(packet[0], claims.OF_ZYGOTE)
            if message["event"] != "alive" and self.state != "starting":
                raise claims.NoClaim(f"it sent '{message['event']}' at the wrong time")
        except BlockingIOError:
            return None
        except ConnectionError:
            self.state = "gone"
            return None
        except ValueError as error:
            self.give_up(f"{error}, and was killed")
            self.state = "gone"
            return None
        event: str = message["event"]
        if event == "step":
            self.step = message["step"]
        elif event == "ready":
            self.state, self.ready_at_ms = "ready", round(time.time() * 1000)
            self.modules, self.started_in_ms = message["modules"], message["startedInMs"]
            self._pass_on("".join(line + "\n" for line in self._stderr_lines))
        return event

    def read_stderr(self) -> bool:
        """Keeps the last lines of the zygote's stderr; False at its end."""
        try:
            data = os.read(self.stderr, 65536)
        except BlockingIOError:
            return True
        text = data.decode("utf-8", "replace")
        self._stderr_lines.extend(line for line in text.splitlines() if line.strip())
        if self.state != "starting":
            # Until it is ready, these lines belong to its possible failure and are reported with
            # it.
            self._pass_on(text)
        return bool(data)

    def _pass_on(self, text: str) -> None:
        """Writes to the service's log. Children write here too until they are connected, so control
        characters are removed.
        """
        text = "".join(
            letter if letter in "\n\t" else UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", letter)
            for letter in text
        )
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()

    def give_up(self, why: str) -> None:
        """Kills the zygote and reports why on its behalf. It gets no more requests; its children
        are not affected.
        """
        self.killed_for = self.killed_for or why
        if self.state == "ready":
            self.state = "gone"
        if not self.reaped:
            os.kill(self.pid, signal.SIGKILL)

    def failure(self, status: int) -> Failure:
        """Why it ended before it was ready: the step it was in, the status, and the end of its
        stderr.
        """
        self.reaped = True
        # We may see its end before its last words.
        while self.state == "starting" and readable(self.link):
            self.read_link()
        with contextlib.suppress(OSError):
            while self.read_stderr():
                if not readable(self.stderr):
                    break
        last = self.killed_for or (
            self._stderr_lines[-1] if self._stderr_lines else "nothing on stderr"
        )
        return {
            "step": self.step,
            "message": f"{last} ({ending(status)})",
            "stderr": list(self._stderr_lines),
        }

    def close(self) -> None:
        """Releases it: it ends when it reads the end of its link; its children are not affected."""
        self.link.close()
        os.close(self.stderr)


def ending(status: int) -> str:
    """A wait status in words."""
    return (
        f"signal {os.WTERMSIG(status)}"
        if os.WIFSIGNALED(status)
        else f"exit {os.WEXITSTATUS(status)}"
    )
