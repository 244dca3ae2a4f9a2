"""Sends Breezy's messages in a child to the session's stderr (for the user) and the service's log
(for the operator), and to no file.

Breezy's default opens a log file once, before the fork. A child closes every descriptor it does not
own, and a later file of the session could then get the log's number, and its lines.
"""

import contextlib
import logging
import sys
import traceback
from collections.abc import Callable
from typing import IO, Any

import breezy.trace
from messages import Claim

#: Log entries that one client can cause in the service's log, however long it tries.
REPORTS_MAX = 20
REPORT_CHARACTERS_MAX = 16_384

#: Sends a report of a session, once one runs, to the process that knows its id.
send: list[Callable[[Claim], None]] = []
_reports: list[None] = []


class SessionStderr(logging.Handler):
    """Writes to the current sys.stderr, which changes when a child connects its pipes."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line, as brz prints it. Skips an error during clean-up: the error before it is
        the one to show.
        """
        if str(record.msg).startswith("brz: ERROR (ignored)"):
            return
        import bounded

        sys.stderr.write(bounded.in_words(self.format(record)) + "\n")
        sys.stderr.flush()


class SessionTrace:
    """The trace configuration that breezy.library_state.BzrLibraryState takes."""

    def __enter__(self) -> "SessionTrace":
        logger = logging.getLogger("brz")
        logger.handlers = [SessionStderr(logging.INFO)]
        logger.setLevel(logging.INFO)
        logger.propagate = False
        breezy.trace.log_exception_quietly = report_if_internal
        breezy.trace.report_bug = tell_of_bug
        return self

    def __exit__(self, *_: object) -> None:
        pass


def report() -> None:
    """Writes the current exception to the service's log, with the child's id."""
    _reports.append(None)
    if len(_reports) > REPORTS_MAX:
        return
    text = traceback.format_exc()[-REPORT_CHARACTERS_MAX:]
    if send:
        tell({"event": "log", "text": text})
    else:
        sys.stderr.write(text)


def tell(message: Claim) -> None:
    """Sends a report of the session, if there is a receiver."""
    # The keeper may be dead; the session then has its own errors to handle.
    with contextlib.suppress(OSError, IndexError):
        send[0](message)


def report_if_internal() -> None:
    """Replaces Breezy's own, which writes to its log file. boundary.py reports the error that ends
    a request of the smart server.
    """
    error, at = sys.exc_info()[1], sys._getframe(1).f_globals.get("__name__", "")
    if (
        getattr(error, "internal_error", True)
        and not isinstance(error, KeyboardInterrupt)
        and not at.startswith("breezy.bzr.smart.")
    ):
        report()


def tell_of_bug(exc_info: Any, err_file: IO[str]) -> None:
    """Replaces Breezy's own, which shows the client a traceback with our paths. The error was
    reported before.
    """
    err_file.write(
        f"brz: ERROR: internal error: {exc_info[0].__name__}; the traceback is in the service's log\n"
    )
