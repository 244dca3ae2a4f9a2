"""Answers of Breezy that look right over files that are damaged: that there is no branch, a tip
that is cut, an address that leads nowhere.

Clients end in a traceback over them, or tell their user what is not so.
"""

import contextlib
import os
import re
from typing import Any

import failures
import half_made
from failures import Failure
from outcome import session

#: Words of answers that say that something is not there.
ABSENCES = frozenset([b"no", b"nobranch", b"norepository", b"NoSuchRevision", b"nosuchrevision"])

#: Answers to these tell a file as it is.
FILES = {
    b"Branch.last_revision_info": "branch/last-revision",
    b"Branch.get_tags_bytes": "branch/tags",
}

#: Places that no client can reach: this server's disk, and what transports in this process are
#: called.
UNREACHABLE = re.compile(rb"(file|(filtered|chroot)-\d+):")

REFERENCE = f"it refers to a branch by a place on the disk of this server; {failures.OPERATOR} to put the branch here instead"


def behind(response: Any) -> Failure | None:
    """What is wrong with an answer to the request at hand; None where it may go as it is."""
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
    # Somebody may be making it at this moment.
    if not is_absent or half_made.half_made(control) is not None:
        return None
    return failures.missing(directory) or (
        without_repository(control) if response.args[0] == b"norepository" else None
    )


def without_repository(control: str) -> Failure | None:
    """What is wrong with a branch for which Breezy found no repository, neither in it nor above;
    None for what is no branch.
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
