"""Tells a signal that somebody sent to this process alone from one that its whole process group, or
control group, got.
"""

import os
import signal
import time

#: A service manager signals one process after the other.
_SETTLE_S = 0.05


class Witness:
    """A process beside the command that takes no signal: what it has pending was sent to all, and
    the command got it, too.

    It ends with this process, by whatever end, since it waits for a pipe that nobody else has.
    """

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        reading, self._line = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _wait_for_the_end(reading)
        os.close(reading)

    def saw(self, number: int) -> bool:
        """Whether this signal was sent to all. Asked once for each that came."""
        if not self._has(number):
            time.sleep(_SETTLE_S)
        if not self._has(number):
            return False
        # The next one of the same kind would not be told from this one.
        self.end()
        self._start()
        return True

    def _has(self, number: int) -> bool:
        with open(f"/proc/{self._pid}/status", encoding="utf8") as opened:
            lines = dict(line.split(":", 1) for line in opened)
        return (int(lines["SigPnd"], 16) | int(lines["ShdPnd"], 16)) >> (number - 1) & 1 == 1

    def end(self) -> None:
        """Ends and reaps it."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._line)


def _wait_for_the_end(line: int) -> None:
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        for name in os.listdir("/proc/self/fd"):
            if int(name) != line:
                try:
                    os.close(int(name))
                except OSError:
                    pass  # The listing's own.
        os.read(line, 1)
    finally:
        os._exit(0)
