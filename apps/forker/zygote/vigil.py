"""Whether the zygote that serves still answers. One that hangs looks healthy to everybody else, and
nobody gets a child.
"""

from collections.abc import Callable

from loop import Loop
from zygote_link import Zygote

#: How long after a question it is looked for a word. A fork and an answer take 5 ms. At the lowest
#: priority, with forty busy loops on its one processor and twelve sessions at once, a zygote was
#: never silent for as long as 0.1 s.
LOOK_S = 1.0

#: How long one that has answered, and is asked for nothing, is left alone.
REST_S = 5.0

#: Looks in vain after which it hangs. They are counted, and not the time: a keeper that was stopped
#: too, or starved, has looked once, whatever the clock says.
LOOKS_MAX = 5

#: As many for one that has work and waits for a processor or a disk: that is a slow machine. One
#: that turns in circles is at work too, so this has an end.
LOOKS_AT_WORK_MAX = 30


class Vigil:
    """Asks the zygote whether it lives: when a child is asked of it, and now and then. Any word of
    it is an answer.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._zygote: Zygote | None = None
        #: Looks since the last question; None while none is open.
        self._looks: int | None = None
        self._heard = False
        self._expected = False

    def begin(self, zygote: Zygote) -> None:
        """Watches this one from now on, and no other."""
        self._zygote, self._looks = zygote, None
        self._rest()

    def end(self) -> None:
        """Watches nobody."""
        self._zygote = None
        self._loop.cancel("vigil")

    def expect(self) -> None:
        """A child has been asked for: a word must come."""
        self._expected = True
        if self._looks is None:
            self._ask()

    def heard(self, generation: int) -> None:
        """A word has come, from a zygote of this generation or of what it forked."""
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
    """True for a process that runs, or would if it got a processor, or waits for a disk (proc(5),
    `state` R and D).
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()[0] in ("R", "D")
    except OSError:
        return False  # It has ended, of which its reaper hears.
