"""How Breezy speaks in a preloaded process: to the session's own stderr, and to no file.

Breezy's default opens a log file once, before the fork. A child closes every descriptor it does not own, and a later
file of the session could then get the log's number, and its lines.
"""

import logging
import sys
from types import TracebackType


class SessionStderr(logging.Handler):
    """Writes to whatever sys.stderr is now: it changes when a child connects its pipes."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line, as brz prints it."""
        sys.stderr.write(self.format(record) + "\n")
        sys.stderr.flush()


class SessionTrace:
    """The trace configuration that breezy.library_state.BzrLibraryState takes."""

    def __enter__(self) -> "SessionTrace":
        logger = logging.getLogger("brz")
        logger.handlers = [SessionStderr(logging.INFO)]
        logger.setLevel(logging.INFO)
        logger.propagate = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass
