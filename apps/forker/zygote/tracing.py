"""How Breezy speaks in a child: to a person on the session's stderr, to the operator in the
service's log, to no file.

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

#: What a client can make a child put into the service's log, however long it tries.
REPORTS_MAX = 20
REPORT_CHARACTERS_MAX = 16_384

#: What sends a report of a session, once there is one, to somebody who knows its id.
send: list[Callable[[Claim], None]] = []
_reports: list[None] = []


class SessionStderr(logging.Handler):
    """Writes to whatever sys.stderr is now: it changes when a child connects its pipes."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line, as brz prints it, except of an error that its clean-up came upon: the one
        before it is the one to tell.
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
    """Puts the exception being handled into the service's log, with the child's id."""
    _reports.append(None)
    if len(_reports) > REPORTS_MAX:
        return
    text = traceback.format_exc()[-REPORT_CHARACTERS_MAX:]
    if send:
        tell({"event": "log", "text": text})
    else:
        sys.stderr.write(text)


def tell(message: Claim) -> None:
    """Sends a report of the session, if there is somebody to send it to."""
    # The keeper may be dead; the session has its own errors to deal with then.
    with contextlib.suppress(OSError, IndexError):
        send[0](message)


def report_if_internal() -> None:
    """In place of Breezy's own, which writes to its log file. What a request of the smart server
    ends in, boundary.py reports.
    """
    error, at = sys.exc_info()[1], sys._getframe(1).f_globals.get("__name__", "")
    if (
        getattr(error, "internal_error", True)
        and not isinstance(error, KeyboardInterrupt)
        and not at.startswith("breezy.bzr.smart.")
    ):
        report()


def tell_of_bug(exc_info: Any, err_file: IO[str]) -> None:
    """In place of Breezy's own, which shows the client a traceback with our paths. It was reported
    before.
    """
    err_file.write(
        f"brz: ERROR: internal error: {exc_info[0].__name__}; the traceback is in the service's log\n"
    )
