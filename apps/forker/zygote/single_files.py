"""What is answered about single files, as the smart protocol of 2007 asks for them.

A branch is read and written by requests about branches, and single files are not given out. But clients ask for files
all the same, to see what is there: `brz pull URL` and `brz merge URL` whether the URL is a bundle, a commit in a checkout
of what format the repository is, with which mode, and whether git's map is in it, `brz init` whether it may make the directory. Breezy's
own answer where BRZ_NO_SMART_VFS is set makes all of them give up. So what is not there is said not to be there, and
formats are told, as requests about branches tell them too.
"""

import functools
import os
import stat
import sys
from typing import Any

from access import PREFIX_DEPTH
from breezy.bzr.smart.request import SmartServerRequest, SmartServerResponse, SuccessfulSmartServerResponse
from breezy.errors import ReadError
from breezy.transport import FileExists, NoSuchFile
from refusals import denied, refuse_in_maintenance, refuse_stranger
from verb_table import CLASSES

READS, CHANGES = CLASSES["file read"], CLASSES["file change"]

#: One constant line each, below a branch's `.bzr`.
FORMATS = frozenset(("branch-format", "branch/format", "repository/format"))

#: Only a commit in a lightweight checkout begins a write group, and sends its pack file by file.
LIGHTWEIGHT = "hatchery: a lightweight checkout cannot commit here; commit from one that was made without --lightweight"
NOT_GIVEN = "single files are not given out here unless the operator sets hosting.file_reads"
NOT_IN_BRANCH = "only single files of a branch are given out here"
NOT_CHANGED = "single files are not changed here, only branches"


def execute(asked: SmartServerRequest, verb: bytes, *arguments: bytes) -> SmartServerResponse | None:
    """Runs or refuses a request of READS or CHANGES. None: a body has to come before the answer."""
    path = arguments[0]
    place: str = asked.translate_client_path(path)
    transport = asked._backing_transport
    if verb in READS:
        refuse_read(verb, transport, place, path)
        response: SmartServerResponse | None = asked.do(*arguments)
        return response
    refuse_stranger(transport.server, place, path)
    # The last one is how an upgrade begins.
    if verb != b"mkdir" or b"/.bzr/" in path + b"/" or b"/backup.bzr" in path:
        raise not_about_files(transport, path, NOT_CHANGED)
    refuse_in_maintenance(path)
    expect_directory(transport, place, path)
    # None is made: the branch that comes next brings its own.
    return SuccessfulSmartServerResponse((b"ok",))


def not_about_files(transport: Any, path: bytes, why: str) -> Exception:
    """The refusal. Within a write group brz shows what its clean-up came to and hides it, so the user's terminal is told."""
    if transport.server.has_write_group:
        explain_lightweight()
    return denied(path, why)


@functools.cache
def explain_lightweight() -> None:
    """Once in a session."""
    print(LIGHTWEIGHT, file=sys.stderr, flush=True)


def reads_allowed() -> bool:
    """Whether clients may read the files that make up the branches they may see."""
    return os.environ.get("HATCHERY_FILE_READS") == "1"


def refuse_read(verb: bytes, transport: Any, place: str, path: bytes) -> None:
    """Raises what such a read comes to; returns where the request itself is to answer."""
    if verb == b"has" and not transport.has(place):
        return
    is_directory = stat.S_ISDIR(transport.stat(place).st_mode)
    if verb == b"get" and is_directory:
        raise ReadError(path.decode("utf-8"))
    in_branch = "/.bzr/" in f"/{place}/"
    is_format = place.rpartition("/.bzr/")[2] in FORMATS
    if (in_branch and verb == b"stat" and is_directory) or (is_format and verb in (b"get", b"has", b"stat")):
        return
    if not reads_allowed():
        raise not_about_files(transport, path, NOT_GIVEN)
    # The names above a branch would tell who else is here; whole trees are asked for by who copies them file by file.
    if not in_branch or verb == b"iter_files_recursive":
        raise denied(path, NOT_IN_BRANCH)


def expect_directory(transport: Any, place: str, path: bytes) -> None:
    """Raises what stands in the way of a directory for a new branch."""
    if not transport.server.shows(place):
        raise NoSuchFile(path.decode("utf-8"))
    if transport.has(place):
        raise FileExists(path.decode("utf-8"))
    parents = [name for name in place.split("/") if name not in ("", ".")][:-1]
    if len(parents) > PREFIX_DEPTH and not transport.has("/".join(parents)):
        raise NoSuchFile(path.decode("utf-8"))
