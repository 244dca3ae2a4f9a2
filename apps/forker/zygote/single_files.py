"""Answers requests about single files, as the smart protocol of 2007 has them.

Normally, requests about branches read and write a branch. But clients ask for files too: `brz pull
URL` and `brz merge URL` to see whether the URL is a bundle, `brz log URL/file`, `brz pull` in a
checkout and many others to read packs and settings, `brz init` to see whether it may make the
directory, `brz branches -R` for the names of directories. Breezy's own answer where
BRZ_NO_SMART_VFS is set makes all of them give up. So a client gets what requests about branches
would tell it as well, by the same access rule, and nothing else.
"""

import os
import re
import stat
from typing import Any

from access import PREFIX_DEPTH
from breezy import urlutils
from breezy.bzr.smart import request
from breezy.bzr.smart.request import (
    SmartServerRequest,
    SmartServerResponse,
    SuccessfulSmartServerResponse,
)
from breezy.errors import ReadError
from breezy.git import LocalGitProber
from breezy.transport import FileExists, NoSuchFile
from refusals import changed_place, denied, refuse_in_maintenance, refuse_stranger
from verb_table import CLASSES

READS, CHANGES = CLASSES["file read"], CLASSES["file change"]

#: Brz sends names unescaped in these requests, where servers expect a URL.
URL_BYTE = re.compile(rb"[^\x00-\x7f]")

#: Files below a `.bzr` whose content every request about the branch or the repository reveals:
#: formats, tip, tags, settings (`Branch.get_config_file`), and all revisions
#: (`Repository.get_stream`). Other files that Breezy leaves there stay hidden.
TOLD = re.compile(
    r"branch-format|branch-list|control\.conf"
    r"|(branch|branches/[^/]+)/(format|last-revision|revision-history|tags|branch\.conf|location|references|parent|bound)"
    r"|repository/(format|pack-names|shared-storage|no-working-trees|indices/[0-9a-f]{32}\.[rtisc]ix|packs/[0-9a-f]{32}\.pack)"
)

#: The holder of a lock and its token: only for users who may take the lock.
HELD = re.compile(r"(branch|branches/[^/]+|repository)/lock/held/info")

#: Stands for a request about a branch whose lock the session holds: `brz pull` in a checkout sets a
#: tip this way.
PUTS = re.compile(r"(?P<branch>.*)/\.bzr/branch/(?P<name>last-revision|tags|branch\.conf)")

#: A client that has begun a write group writes packs itself: a commit in a lightweight checkout, or
#: a push from git.
LIGHTWEIGHT = "a lightweight checkout cannot commit here: commit from a checkout that was made without --lightweight (brz checkout URL)"
GIT_HISTORY = "git's history cannot be pushed here: push from a branch of brz's own format (brz init NEW; brz pull -d NEW GIT; brz push -d NEW URL)"

#: Clients look for this file before they push from git, and at no other time
#: (breezy/git/unpeel_map.py).
GIT_MAP = "/.bzr/repository/git-unpeel-map"

NOT_GIT = "git repositories are not kept here: push from a branch of brz's own format (brz init NEW; brz pull -d NEW GIT)"
#: Where `brz switch --store` leaves uncommitted changes (breezy/bzr/branch.py).
STORED = "/.bzr/branch/stored-transform"
NOT_STORED = "uncommitted changes are not stored in branches here: keep them in the checkout (brz shelve --all; brz switch URL; brz unshelve)"
GIT_PLACE = "it is a git repository, and only branches of brz are served here; ask the operator of this service to make it one (brz init NEW; brz pull -d NEW GIT)"
NOT_GIVEN = "single files are not given out here unless the operator sets hosting.file_reads"
NOT_IN_BRANCH = "only single files of a branch are given out here"
NOT_CHANGED = (
    "single files are not changed here, only branches: push the branch that has them (brz push URL)"
)
NOT_UPGRADED = "a branch is not upgraded in place here: upgrade a copy and push it (brz branch URL COPY; brz upgrade COPY; brz push -d COPY NEW-URL)"


def install() -> None:
    """Refuses git repositories with a message: Breezy would open them and give clients addresses
    that lead nowhere. Call it once, before any fork.
    """
    probe = LocalGitProber.probe_transport

    def refusing(self: Any, transport: Any) -> Any:
        found = probe(self, transport)
        if not is_hosted(transport):
            return found
        raise denied(transport.base.encode("utf-8"), GIT_PLACE, "unsupported")

    LocalGitProber.probe_transport = refusing  # type: ignore[assignment]


def is_hosted(transport: Any) -> bool:
    """Whether the transport belongs to a session (hosting.py, which imports us), and not to a
    client in the same process, as in tests.
    """
    return hasattr(getattr(transport, "server", None), "refusal_to_change")


def execute(
    asked: SmartServerRequest, verb: bytes, *arguments: bytes
) -> SmartServerResponse | None:
    """Runs or refuses a request of READS or CHANGES. None: the body has to arrive before the
    answer."""
    path = URL_BYTE.sub(lambda byte: b"%%%02X" % ord(byte[0]), arguments[0])
    arguments = (path, *arguments[1:])
    place: str = (
        changed_place(asked, path) if verb in CHANGES else asked.translate_client_path(path)
    )
    transport = asked._backing_transport
    if verb == b"list_dir" and not reads_inside(place):
        return SuccessfulSmartServerResponse((b"names", *directories(transport, place, path)))
    if verb in READS:
        transport.server.pushes_git |= place.endswith(GIT_MAP)
        refuse_read(verb, transport, place, path)
        response: SmartServerResponse | None = asked.do(*arguments)
        return response
    refuse_stranger(transport.server, place, path)
    if verb == b"put" and (put := PUTS.fullmatch(urlutils.unescape(path.decode("utf-8")))):
        take_put(asked, put, path)
        return None
    # An upgrade begins with the last one.
    if verb != b"mkdir" or b"/.bzr/" in path + b"/" or b"/backup.bzr" in path:
        raise denied(
            path,
            NOT_GIT
            if b"/.git/" in path + b"/"
            else NOT_UPGRADED
            if b"/backup.bzr" in path
            else NOT_STORED
            if path.endswith(STORED.encode())
            else NOT_CHANGED,
        )
    refuse_in_maintenance(path)
    expect_directory(transport, place, path)
    # Make no directory now: the branch that comes next creates its own, and those above it.
    transport.server.promised.add(names_of(place))
    return SuccessfulSmartServerResponse((b"ok",))


def take_put(asked: SmartServerRequest, put: re.Match[str], path: bytes) -> None:
    """Answers the body of a put with the request that it stands for."""
    tokens = asked._backing_transport.server.locked.get(names_of(urlutils.escape(put["branch"])))
    if tokens is None:
        raise denied(path, NOT_CHANGED)
    place = put["branch"].encode("utf-8")

    def do_body(body: bytes) -> SmartServerResponse:
        verb, words, rest = b"Branch.put_config_file", [], body
        if put["name"] == "last-revision":
            verb, words, rest = b"Branch.set_last_revision_info", body.split(), b""
            if len(words) != 2 or not words[0].isdigit():
                raise denied(path, "a tip is a number and a revision")
        elif put["name"] == "tags":
            verb = b"Branch.set_tags_bytes"
        make: Any = request.request_handlers.get(verb)
        meant = make(asked._backing_transport, asked._root_client_path, asked._jail_root)
        response: Any = meant.execute(place, *tokens, *words)
        if response is None:
            meant.do_chunk(rest)
            response = meant.do_end()
        answer: SmartServerResponse = (
            SuccessfulSmartServerResponse((b"ok",)) if response.is_successful() else response
        )
        return answer

    asked.do_body = do_body  # type: ignore[assignment]


def reads_allowed() -> bool:
    """Whether clients may read the files of branches that they may see."""
    return os.environ.get("HATCHERY_FILE_READS") == "1"


def refuse_read(verb: bytes, transport: Any, place: str, path: bytes) -> None:
    """Raises the error for such a read; returns when the request itself may answer."""
    if verb == b"has" and not transport.has(place):
        return
    is_directory = stat.S_ISDIR(transport.stat(place).st_mode)
    if verb == b"get" and is_directory:
        raise ReadError(path.decode("utf-8"))
    if transport.server.has_write_group:
        raise denied(
            path, GIT_HISTORY if transport.server.pushes_git else LIGHTWEIGHT, "unsupported"
        )
    in_branch = reads_inside(place)
    inside = urlutils.unescape(place).rpartition("/.bzr/")[2]
    is_told = TOLD.fullmatch(inside) or (
        HELD.fullmatch(inside) and not transport.server.refusal_to_change(place)
    )
    if in_branch and (
        (verb == b"stat" and is_directory)
        or (is_told and verb in (b"get", b"has", b"readv", b"stat"))
    ):
        return
    if not reads_allowed():
        raise denied(path, NOT_GIVEN)
    # The names above a branch would reveal other users. A client asks for whole trees only to copy
    # them file by file.
    if not in_branch or verb == b"iter_files_recursive":
        raise denied(path, NOT_IN_BRANCH)


def expect_directory(transport: Any, place: str, path: bytes) -> None:
    """Raises an error when no directory for a new branch can be made there."""
    if not transport.server.shows(place):
        raise NoSuchFile(path.decode("utf-8"))
    names, promised = names_of(place), transport.server.promised
    if names in promised or transport.has(place):
        raise FileExists(path.decode("utf-8"))
    parents = names[:-1]
    if (
        len(parents) > PREFIX_DEPTH
        and parents not in promised
        and not transport.has(urlutils.escape("/".join(parents)))
    ):
        raise NoSuchFile(path.decode("utf-8"))


def names_of(place: str) -> tuple[str, ...]:
    """The names in a path, as they are on the disk."""
    return tuple(name for name in urlutils.unescape(place).split("/") if name not in ("", "."))


def reads_inside(place: str) -> bool:
    """Whether a path leads into a branch's own directory."""
    return "/.bzr/" in f"/{place}/"


def directories(transport: Any, place: str, path: bytes) -> list[bytes]:
    """The subdirectories of a directory, for a client that looks for branches below it; at the root
    they would reveal other users.
    """
    if not names_of(place):
        # For PermissionDenied a client would show an empty directory here and print nothing.
        raise urlutils.InvalidURL(
            "/", ": what is here is not listed; name a user or a project, as /~demo"
        )
    names = transport.list_dir(place)
    inside = transport.clone(place)
    return [
        name.encode("utf-8")
        for name in names
        if name != ".bzr" and stat.S_ISDIR(inside.stat(name).st_mode)
    ]
