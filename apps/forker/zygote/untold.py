"""Answers of Breezy that look right over files that are damaged: that there is no branch, a tip that is cut, an address that leads nowhere.

Clients end in a traceback over them, or tell their user what is not so.
"""

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
FILES = {b"Branch.last_revision_info": "branch/last-revision", b"Branch.get_tags_bytes": "branch/tags"}

#: Places that no client can reach: this server's disk, and what transports in this process are called.
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
        return failures.missing(directory) if name is not None and failures.unsound(control, name) else None
    is_absent = response.args[0] in ABSENCES and not session.verb.islower() and os.path.isdir(control)
    # Somebody may be making it at this moment.
    return failures.missing(directory) if is_absent and half_made.half_made(control) is None else None
