"""Catches Breezy's answers that look right although files are damaged: "no branch", a truncated
tip, an address that leads nowhere.

Clients show a traceback for them, or tell their user something false.
"""

import contextlib
import os
import re
from typing import Any

import failures
import half_made
from failures import Failure
from outcome import session

#: Answers that say that something does not exist.
ABSENCES = frozenset([b"no", b"nobranch", b"norepository", b"NoSuchRevision", b"nosuchrevision"])

#: Answers to these contain a file's content unchanged.
FILES = {
    b"Branch.last_revision_info": "branch/last-revision",
    b"Branch.get_tags_bytes": "branch/tags",
}

#: Addresses that no client can reach: this server's disk, and the names of transports in this
#: process.
UNREACHABLE = re.compile(rb"(file|(filtered|chroot)-\d+):")

REFERENCE = f"it refers to a branch by a place on the disk of this server; {failures.OPERATOR} to put the branch here instead"


def behind(response: Any) -> Failure | None:
    """The failure behind an answer to the current request; None when the answer is right."""
    if response.args[:1] == (b"ref",) and UNREACHABLE.match(response.args[1]):
        return Failure("unsupported", REFERENCE)
    if (directory := session.directory) is None:
        return None
    control = os.path.join(directory, ".bzr")
    if response.is_successful() and response.args != (b"no",):
        name = FILES.get(session.verb)
        return (
            failures.missing(directory)
            if name is not None and failures.unsound(control, name)
            else None
        )
    is_absent = (
        response.args[0] in ABSENCES and not session.verb.islower() and os.path.isdir(control)
    )
    # Another session may be making it at this moment.
    if not is_absent or half_made.half_made(control) is not None:
        return None
    return failures.missing(directory) or (
        without_repository(control) if response.args[0] == b"norepository" else None
    )


def without_repository(control: str) -> Failure | None:
    """What is wrong with a branch for which Breezy found no repository, in it or above it; None
    when it is not a branch.
    """
    mark, _ = failures.PARTS["branch"]
    with contextlib.suppress(OSError), open(os.path.join(control, "branch/format"), "rb") as stream:
        if mark in stream.read(failures.FORMAT_BYTES_MAX) and not os.path.lexists(
            os.path.join(control, "repository")
        ):
            return Failure(
                "damaged",
                f"its .bzr/repository is missing; {failures.OPERATOR} to restore it from a backup",
            )
    return None
