"""The keeper's hold on its zygote: starts it, reads its progress, and says why it failed."""

import contextlib
import os
import socket
import sys
import time
from collections import deque

import wire
from loop import readable
from wire import Message

#: How long until a zygote that came to nothing is tried again; then it stays at the last.
RETRY_S = (0.5, 1, 2, 5, 10, 30)

#: What a failure shows of the zygote's stderr.
STDERR_LINES_MAX = 12


class Zygote:
    """One process that loads Breezy and forks. `state` goes starting → ready → gone, or starting → gone."""

    def __init__(self, configuration: Message) -> None:
        self.started = time.monotonic()
        self.state = "starting"
        self.step = "starting python"
        self.ready: Message = {}
        self._stderr_lines: deque[str] = deque(maxlen=STDERR_LINES_MAX)
        self.link, theirs = wire.packet_pair()
        self.link.setblocking(False)
        self.stderr, stderr_write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.stderr, False)
        python, script = configuration["python"], os.path.join(os.path.dirname(__file__), "zygote.py")
        moves = [(os.POSIX_SPAWN_DUP2, stderr_write, 1), (os.POSIX_SPAWN_DUP2, stderr_write, 2)]
        try:
            self.pid = os.posix_spawn(
                python,
                [python, "-E", "-s", "-X", "utf8", script, configuration["preload"]],
                configuration["environment"],
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    *moves,
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), 3),
                ],
                setsigmask=[],
            )
        except OSError:
            self.close()
            raise
        finally:
            theirs.close()
            os.close(stderr_write)

    def fork(self) -> socket.socket:
        """Asks for one child; the keeper's end of its channel, which ends unread when the child comes to nothing."""
        ours, theirs = wire.packet_pair()
        with theirs:
            try:
                wire.send_packet(self.link, {"request": "fork"}, [theirs.fileno()])
            except ConnectionError:
                self.state = "gone"
            except OSError:
                pass  # It does not read, or the system is short of something: this fork comes to nothing.
        ours.setblocking(False)
        return ours

    def read_link(self) -> bool:
        """Takes one message from the zygote; True when it has become ready."""
        try:
            message, _ = wire.receive_packet(self.link)
        except BlockingIOError:
            return False
        except ConnectionError:
            message = None
        if message is None:
            self.state = "gone"
            return False
        if message["event"] == "step":
            self.step = message["step"]
            return False
        self.state, self.ready = "ready", message
        self._pass_on("".join(line + "\n" for line in self._stderr_lines))
        return True

    def read_stderr(self) -> bool:
        """Keeps the last lines of the zygote's stderr; False at its end."""
        try:
            data = os.read(self.stderr, 65536)
        except BlockingIOError:
            return True
        text = data.decode("utf-8", "replace")
        self._stderr_lines.extend(line for line in text.splitlines() if line.strip())
        if self.ready:
            # Until then they belong to what it fails of, and go with that.
            self._pass_on(text)
        return bool(data)

    def _pass_on(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()

    def failure(self, status: int) -> Message:
        """Why it ended before it was ready: the step it was in, the status, and the end of its stderr."""
        with contextlib.suppress(OSError):
            while self.read_stderr():
                if not readable(self.stderr):
                    break
        ending = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        last = self._stderr_lines[-1] if self._stderr_lines else "nothing on stderr"
        return {"step": self.step, "message": f"{last} ({ending})", "stderr": list(self._stderr_lines)}

    def close(self) -> None:
        """Lets it go: it ends when it reads the end of its link; its children do not notice."""
        self.link.close()
        os.close(self.stderr)
