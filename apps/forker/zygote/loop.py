"""The keeper's event loop: readable sources and named timers, nothing else."""

import contextlib
import select
import selectors
import time
from collections.abc import Callable
from typing import Any


class Loop:
    """Calls back when a source is readable or a timer expires. One thread."""

    def __init__(self) -> None:
        self.running = True
        self._selector = selectors.DefaultSelector()
        #: Deadline (monotonic clock) and action by timer name.
        self._timers: dict[str, tuple[float, Callable[[], None]]] = {}

    def run(self) -> None:
        """Runs until `running` is false."""
        while self.running:
            deadline = min((when for when, _ in self._timers.values()), default=None)
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            for key, _events in self._selector.select(wait):
                # An earlier callback of this round may have closed this one.
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
            for name, (when, action) in list(self._timers.items()):
                if when <= time.monotonic() and self._timers.get(name) == (when, action):
                    del self._timers[name]
                    action()

    def watch(self, source: Any, callback: Callable[[], None]) -> None:
        """Calls back whenever `source` is readable."""
        self._selector.register(source, selectors.EVENT_READ, callback)

    def forget(self, source: Any) -> None:
        """Call this before the source is closed; calling it twice is no error."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(source)

    def alarm(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        """Calls back once; a second alarm of the same name replaces the first."""
        self._timers[name] = (time.monotonic() + seconds, action)

    def cancel(self, name: str) -> None:
        """Cancels an alarm; one that is not set is no error."""
        self._timers.pop(name, None)


def readable(source: Any) -> bool:
    """True when a read would not block."""
    # Not select(2), which takes no descriptor above 1023.
    poll = select.poll()
    poll.register(source, select.POLLIN)
    return bool(poll.poll(0))
