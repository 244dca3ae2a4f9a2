"""Tells whether a signal was sent to this process alone or to its whole process group or control
group.
"""

import os
import signal
import time

#: A service manager signals one process after the other.
_SETTLE_S = 0.05


class Witness:
    """A process beside the command that blocks all signals: those pending on it were sent to the
    whole group, so the command got them too.

    It ends with this process, however that ends, because it waits for a pipe that only this process
    has open.
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
        """Whether this signal was sent to the whole group. Call it once for each that came."""
        if not self._has(number):
            time.sleep(_SETTLE_S)
        if not self._has(number):
            return False
        # A second signal of the same kind would look the same as this one.
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
