# Long: a table of exceptions and the words for each.
"""Translates an exception for a user: a kind from a closed list, and one line that says what is
wrong and what to do.

The kinds are also labels of metrics and the exit statuses of sessions (libs/protocol,
`sessionFailures`).
"""

import contextlib
import errno
import io
import os
import re
import zlib
from dataclasses import dataclass

import bounded
from breezy import config, errors
from breezy.bzr import index, knit
from breezy.errors import LockCorrupt
from breezy.transport import LateReadError, NoSuchFile
from fastbencode import bdecode  # type: ignore[import]

#: Each kind with the exit status of a session that met it (sysexits.h). The first five are
#: refusals: the service did as it should.
STATUS = {
    "lock-held": 75,
    "no-permission": 77,
    "read-only": 69,
    "unsupported": 76,
    "limit": 73,
    "damaged": 65,
    "disk": 74,
    "internal": 70,
}

CAUSE_CHARACTERS_MAX = 512

#: The parts of every current branch, below its `.bzr`: the start of the format text, and the files
#: that must exist. None of these files is ever empty.
PARTS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "branch": (b"Bazaar Branch Format", ("format", "last-revision")),
    "repository": (
        b"(needs bzr",
        ("format", "pack-names", "packs", "indices", "upload", "obsolete_packs"),
    ),
}

FORMAT_BYTES_MAX = 200


def _is_tip(data: bytes) -> bool:
    data.decode("utf-8")
    return re.fullmatch(rb"\d+ \S+\n", data) is not None


def _is_settings(data: bytes) -> bool:
    config.ConfigObj(
        io.BytesIO(data), encoding="utf-8", list_values=False
    )  # As Breezy reads it (config.IniFileStore).
    return True


#: Files that clients read unchanged, and that make a client show a traceback when they were
#: truncated or overwritten; each with the check that it is intact.
SOUND = {
    "branch/last-revision": _is_tip,
    "branch/tags": lambda data: data == b"" or isinstance(bdecode(data), dict),
    "branch/branch.conf": _is_settings,
}

OPERATOR = "ask the operator of this service"

#: By the number of an OSError: the kind and the message.
SYSTEM = {
    errno.ENOSPC: (
        "disk",
        f"the disk of this server is full; {OPERATOR} to make room, then do it again",
    ),
    errno.EDQUOT: (
        "disk",
        f"the disk quota of this service is used up; {OPERATOR} to raise it, then do it again",
    ),
    errno.EROFS: (
        "disk",
        f"the disk of this server cannot be written at present; {OPERATOR}, then do it again",
    ),
    errno.EIO: ("disk", f"the disk of this server has failed to read or write; {OPERATOR}"),
    errno.EFBIG: (
        "limit",
        f"a file would be larger than this service lets a session write (limit file_size_bytes); push less at a time, or {OPERATOR}",
    ),
    errno.EMFILE: (
        "limit",
        f"this session has opened as many files as it may (limit open_files); {OPERATOR}",
    ),
    errno.ENFILE: (
        "limit",
        f"this server has opened as many files as it can; try again later, or {OPERATOR}",
    ),
    errno.ENAMETOOLONG: (
        "unsupported",
        "the name is too long: each part of it has at most 255 bytes, and all of it about 4000; choose a shorter one",
    ),
    errno.EISDIR: (
        "damaged",
        f"a directory is in the place of one of its files; {OPERATOR} to restore it from a backup",
    ),
    errno.ENOTDIR: (
        "damaged",
        f"a file is in the place of one of its directories; {OPERATOR} to restore it from a backup",
    ),
    errno.ELOOP: (
        "damaged",
        f"a link in it leads to itself; {OPERATOR} to restore it from a backup",
    ),
    errno.ENOMEM: (
        "limit",
        f"this session has used up the memory it may have (limit address_space_bytes); do less at a time, or {OPERATOR}",
    ),
}

MEMORY = SYSTEM[errno.ENOMEM]

UNSUPPORTED = (errors.UnknownFormatError, errors.UnsupportedFormatError, errors.IncompatibleFormat)

UNREADABLE = (
    index.BadIndexData,
    index.BadIndexFormatSignature,
    index.BadIndexKey,
    index.BadIndexValue,
    knit.KnitCorrupt,
    errors.BzrCheckError,
    errors.CorruptRepository,
    errors.ShortReadvError,
    zlib.error,
    config.ConfigContentError,
    config.ParseConfigError,
)


@dataclass(frozen=True)
class Failure:
    """Why an action failed. `words` is the message for the user; `is_ours` says that the traceback
    is worth keeping.
    """

    kind: str
    words: str

    @property
    def is_ours(self) -> bool:
        return self.kind in ("damaged", "disk", "internal")


def of(error: BaseException, directory: str | None) -> Failure:
    """The failure that an exception means, given the directory on disk of the branch or repository
    that the request was about, if any.
    """
    kind = getattr(error, "refusal", None)
    if isinstance(kind, str):
        return Failure(kind, one_line(getattr(error, "extra", "") or error))
    if isinstance(error, errors.LockContention):
        return Failure("lock-held", "somebody else holds the lock")
    if isinstance(error, errors.TokenMismatch):
        return Failure("lock-held", "the lock that was held was broken meanwhile; start over")
    for cause in _causes(error):
        # Breezy returns this error in place of a file that it cannot open, and then uses it as a
        # file.
        if isinstance(cause, errors.ReadError) or isinstance(
            getattr(cause, "obj", None), LateReadError
        ):
            return missing(directory) or Failure(*SYSTEM[errno.EISDIR])
        if isinstance(cause, MemoryError):
            return Failure(*MEMORY)
        if isinstance(cause, LockCorrupt):
            return Failure(
                "damaged",
                f"{cause.corruption_info}; when you know that nobody writes, free it with brz break-lock",
            )
        if isinstance(cause, OSError) and cause.errno in SYSTEM:
            return Failure(*SYSTEM[cause.errno])
        if isinstance(cause, OSError) and cause.errno in (errno.EACCES, errno.EPERM):
            return Failure(
                "disk",
                f"this service has no right to a file of it ({_name(cause)}); {OPERATOR} to give it back",
            )
        if isinstance(cause, UNSUPPORTED):
            return missing(directory) or Failure("unsupported", unsupported(cause))
    if isinstance(error, errors.SmartProtocolError):
        return Failure(
            "unsupported",
            f"the client sent something that is not a request of brz: {one_line(error)}",
        )
    if isinstance(error, errors.PermissionDenied):
        return Failure("no-permission", one_line(error.extra or "you may not do that").lstrip(": "))
    if (part := missing(directory)) is not None:
        return part
    if isinstance(error, errors.LockFailed):
        return Failure(
            "damaged", f"its lock cannot be taken ({one_line(error.why)}); {OPERATOR} to look at it"
        )
    if isinstance(error, NoSuchFile):
        return Failure(
            "damaged",
            f"its {_inner(error.path)} is missing; {OPERATOR} to restore it from a backup",
        )
    if isinstance(error, UNREADABLE):
        return Failure(
            "damaged", f"its data cannot be read; {OPERATOR} to check it and to restore it"
        )
    if isinstance(error, NotImplementedError):
        return Failure("unsupported", "this branch or repository cannot do that")
    if isinstance(error, errors.BzrError) and not error.internal_error:
        return Failure("unsupported", one_line(error))
    return Failure("internal", f"this service failed; {OPERATOR}, whose log has the cause")


def unsupported(error: BaseException) -> str:
    """Names the format and says what helps. Current Breezy converts from formats of Bazaar
    1.0 on."""
    name = getattr(error, "format", None) or ""
    name = one_line(name.decode("utf-8", "replace") if isinstance(name, bytes) else name)
    named = f"its format ({name})" if name else "its format"
    return f"{named} is not known to this service; convert it with a version of brz that knows it, and push it to a new place"


def missing(directory: str | None) -> Failure | None:
    """What is wrong with the branch or repository in this directory, as far as its files show; None
    when nothing is.
    """
    control = None if directory is None else os.path.join(directory, ".bzr")
    part = None if control is None else missing_part(control) or unsound(control, *SOUND)
    return (
        None
        if part is None
        else Failure("damaged", f"its .bzr/{part}; {OPERATOR} to restore it from a backup")
    )


def unsound(control: str, *names: str) -> str | None:
    """Which of these files of SOUND was truncated or overwritten; None when all are intact."""
    for name in names:
        with contextlib.suppress(OSError), open(os.path.join(control, name), "rb") as stream:
            try:
                if SOUND[name](stream.read()):
                    continue
            except Exception as error:
                del error  # What a parser raises for arbitrary bytes.
            return f"{name} was cut or overwritten"
    return None


def missing_part(control: str) -> str | None:
    """Which part of a branch or repository is missing or empty; None when it is complete or of
    another format.
    """
    if os.path.isdir(control) and not os.path.lexists(os.path.join(control, "branch-format")):
        return "branch-format is missing"
    for part, (mark, names) in PARTS.items():
        for name in names:
            path = os.path.join(control, part, name)
            if not os.path.lexists(path) and os.path.isdir(os.path.dirname(path)):
                return f"{part}/{name} is missing"
            with contextlib.suppress(OSError), open(path, "rb") as stream:
                start = stream.read(FORMAT_BYTES_MAX)
                if start == b"":
                    return f"{part}/{name} is empty"
                if name == "format" and mark not in start:
                    break
    return None


def one_line(text: object) -> str:
    """The text for a person: one line of bounded length."""
    return " ".join(bounded.in_words(str(text)).split())[:CAUSE_CHARACTERS_MAX]


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and its causes, including those that Breezy keeps in its own fields."""
    found: list[BaseException] = []
    wanted: list[object] = [error]
    while wanted and len(found) < 32:
        one = wanted.pop(0)
        if not isinstance(one, BaseException) or any(one is other for other in found):
            continue
        found.append(one)
        wanted += [
            getattr(one, name, None) for name in ("__cause__", "orig_error", "why", "extra", "msg")
        ]
        wanted.append(None if one.__suppress_context__ else one.__context__)
    return found


def _inner(path: str) -> str:
    """The part of a path that is inside the branch."""
    _, inside, name = str(path).rpartition("/.bzr/")
    return f"{inside[1:]}{name}" if inside else str(path)


def _name(error: OSError) -> str:
    return (
        os.path.basename(os.fsdecode(error.filename))
        if error.filename
        else os.strerror(error.errno or 0)
    )
