"""What happened in one session: its current request, what it has reported, and the exit status that
follows.
"""

import contextlib
import sys
import traceback
import urllib.parse
from typing import Any

import failures
import tracing
from breezy.bzr.smart import medium
from breezy.transport import Transport
from failures import Failure
from lock_waits import local_path
from shared_rules import UNSHOWABLE

#: Reports of one session. Later ones only repeat these, by accident or on purpose.
REPORTS_MAX = 20

VERB_CHARACTERS_MAX = 64
PATH_CHARACTERS_MAX = 512


class Session:
    """The state of the current session; one per process."""

    verb = b""
    path = ""
    #: Whether the current request changes something.
    changes = False
    root: Transport | None = None
    #: Below the root, as a transport takes it.
    relpath = "."
    #: The holder of a refused lock, and why a lock could not be taken.
    holder = ""
    #: Whether that holder is another session of the same user.
    holds_itself = False
    lock_trouble: BaseException | None = None
    worst: str | None = None
    server: medium.SmartServerStreamMedium | None = None
    is_streaming = False
    #: Whether the answer to the current request contains text that only a person can read.
    needs_words = False
    #: The answer to every further request after the client was told that a request is unknown here,
    #: because clients show no error for that request itself.
    answer_to_all: tuple[Any, ...] | None = None

    def __init__(self) -> None:
        self.told: set[tuple[str, str, str]] = set()

    @property
    def directory(self) -> str | None:
        """The directory of the branch or repository that the current request is about; None when
        there is none on this disk, or the user may not see it.
        """
        with contextlib.suppress(Exception):
            root: Any = self.root
            if root is not None and root.server.shows(root._filter(self.relpath)):
                return local_path(root, self.relpath)
        return None


session = Session()


def begin(verb: bytes, path: bytes, root: Transport, changes: bool) -> None:
    """Call this when a request begins. `path` is as the client wrote it, relative to this root."""
    session.verb, session.root, session.changes, session.holder, session.lock_trouble = (
        verb,
        root,
        changes,
        "",
        None,
    )
    session.needs_words = False
    session.relpath = path.decode("utf-8", "replace").strip("/") or "."
    session.path = urllib.parse.unquote(session.relpath, errors="replace")


def tell(failure: Failure, error: BaseException | None = None) -> None:
    """Records a failure: one packet to the keeper, and the session's exit status. A repeated
    failure is reported once.
    """
    order = list(failures.STATUS)
    if session.worst is None or order.index(failure.kind) > order.index(session.worst):
        session.worst = failure.kind
    known = (failure.kind, session.path, failure.words)
    if known in session.told or len(session.told) >= REPORTS_MAX:
        return
    session.told.add(known)
    trace = (
        "".join(traceback.format_exception(error)) if error is not None and failure.is_ours else ""
    )
    tracing.tell(
        {
            "event": "failed",
            "kind": failure.kind,
            "verb": _shown(session.verb.decode("ascii", "replace"), VERB_CHARACTERS_MAX),
            "path": _shown(session.path, PATH_CHARACTERS_MAX),
            "cause": _shown(failure.words, failures.CAUSE_CHARACTERS_MAX),
            "traceback": trace.encode("utf-8", "replace").decode()[
                -tracing.REPORT_CHARACTERS_MAX :
            ],
        }
    )


def _shown(text: str, most: int) -> str:
    return UNSHOWABLE.sub("?", text.encode("utf-8", "replace").decode())[:most]


def exit_status(status: int) -> int:
    """The exit status to use instead of this one: 0 is only for sessions in which nothing
    failed.
    """
    return failures.STATUS[session.worst] if status == 0 and session.worst is not None else status


def say(words: str) -> None:
    """Prints one line on the user's terminal, where the protocol has no place for it."""
    with contextlib.suppress(ValueError, OSError):
        print(f"hatchery: {failures.one_line(words)}", file=sys.stderr, flush=True)
