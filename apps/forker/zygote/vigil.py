"""Checks that the serving zygote still answers. To other processes a hung zygote looks healthy, yet
no request gets a child.
"""

from collections.abc import Callable

from loop import Loop
from zygote_link import Zygote

#: How long after a question the keeper looks for an answer. A fork and an answer take 5 ms. At the
#: lowest priority, with forty busy loops on its one processor and twelve sessions at once, a zygote
#: was never silent for as long as 0.1 s.
LOOK_S = 1.0

#: How long a zygote that has answered, and has no open request, is left alone.
REST_S = 5.0

#: Looks without an answer after which the zygote counts as hung. Looks are counted, not time: a
#: keeper that was stopped too, or starved, has looked once, whatever the clock says.
LOOKS_MAX = 5

#: The same for a zygote that is busy, or waits for a processor or a disk: the machine is slow. An
#: endless loop is busy too, so there is a limit.
LOOKS_AT_WORK_MAX = 30


class Vigil:
    """Asks the zygote whether it is alive: with each request for a child, and now and then. Any
    message from it is an answer.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._zygote: Zygote | None = None
        #: Looks since the last question; None while no question is open.
        self._looks: int | None = None
        self._heard = False
        self._expected = False

    def begin(self, zygote: Zygote) -> None:
        """Watches this zygote from now on, and no other."""
        self._zygote, self._looks = zygote, None
        self._rest()

    def end(self) -> None:
        """Stops watching."""
        self._zygote = None
        self._loop.cancel("vigil")

    def expect(self) -> None:
        """A child has been requested: a message must come."""
        self._expected = True
        if self._looks is None:
            self._ask()

    def heard(self, generation: int) -> None:
        """A message has come from the zygote of this generation or from a child that it forked."""
        if self._zygote is not None and self._zygote.generation == generation:
            self._heard = True

    def _rest(self) -> None:
        self._looks = None
        self._loop.alarm("vigil", REST_S, self._ask)

    def _ask(self) -> None:
        if self._zygote is None:
            return
        self._looks, self._heard, self._expected = 0, False, False
        self._zygote.ping()
        self._loop.alarm("vigil", LOOK_S, self._look)

    def _look(self) -> None:
        if self._zygote is None or self._looks is None:
            return
        if self._heard:
            following: Callable[[], None] = self._ask if self._expected else self._rest
            following()
            return
        self._looks += 1
        if self._looks >= (LOOKS_AT_WORK_MAX if is_at_work(self._zygote.pid) else LOOKS_MAX):
            zygote, seconds = self._zygote, self._looks * LOOK_S
            self.end()
            zygote.give_up(f"it gave no answer for {seconds:.0f} s and was killed")
        else:
            self._loop.alarm("vigil", LOOK_S, self._look)


def is_at_work(pid: int) -> bool:
    """True for a process that is running, ready to run, or waiting for a disk (proc(5), `state` R
    and D).
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()[0] in ("R", "D")
    except OSError:
        return False  # It has ended; its reaper will see that.
