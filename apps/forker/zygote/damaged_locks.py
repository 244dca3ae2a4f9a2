"""Handles locks whose info file is damaged: truncated, invalid, missing, or not a file. Breezy
shows a traceback for most of them.

The holder of such a lock is unknown. A session refuses it with a message like any other lock, and
`brz break-lock` frees it.
"""

import contextlib
import os
import shutil
from typing import Any

import yaml  # type: ignore[import]
from breezy.errors import LockCorrupt, NotLocalUrl, PermissionDenied, ReadError, TransportError
from breezy.lock import LockResult
from breezy.lockdir import LockDir, LockHeldInfo
from breezy.osutils import rand_chars
from breezy.transport import FileExists, NoSuchFile
from lock_waits import local_path

#: As `heldInfoCharactersMax` in libs/locks: an info file is some 150 bytes.
INFO_BYTES_MAX = 64 * 1024

#: The fields in which Breezy describes a holder. Each may be absent; none may have another type.
TYPES: dict[str, tuple[type, ...]] = {
    "hostname": (str,),
    "nonce": (str,),
    "user": (str,),
    "pid": (int, str),
    "start_time": (int, float),
}


def read_info(data: bytes) -> LockHeldInfo:
    """Parses an info file. Raises LockCorrupt when it says nothing about a holder."""
    if len(data) > INFO_BYTES_MAX:
        raise LockCorrupt("its lock is damaged: the info file is too long")
    try:
        fields = yaml.safe_load(data)
    # What a parser raises for arbitrary bytes: YAMLError, ValueError of a date, RecursionError of
    # brackets.
    except Exception as error:
        raise LockCorrupt("its lock is damaged: the info file cannot be read") from error
    # An interruption sometimes leaves an empty file (breezy/lockdir.py, bug 185013). The lock is
    # held, though its holder is unknown.
    if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
        raise LockCorrupt("its lock is damaged: the info file does not say who holds it")
    for name, types in TYPES.items():
        if fields.get(name) is not None and (
            isinstance(fields[name], bool) or not isinstance(fields[name], types)
        ):
            raise LockCorrupt(f"its lock is damaged: the info file has an invalid {name}")
    if not str(fields.get("nonce", "")).isascii():
        raise LockCorrupt("its lock is damaged: the info file has an invalid nonce")
    return LockHeldInfo(fields)


def peek(lock: Any) -> LockHeldInfo | None:
    """The holder of a lock; None when it is free. Raises LockCorrupt when the holder is unknown or
    the lock is not a lock directory.
    """
    if is_misplaced(lock):
        raise LockCorrupt("its lock is damaged: something else is in the place of its directory")
    for _ in range(2):
        try:
            with lock.transport.get(lock._held_info_path) as stream:
                return read_info(stream.read(INFO_BYTES_MAX + 1))
        except NoSuchFile:
            if not is_held(lock):
                return None
            # Another session may have released and taken the lock between the two looks.
        except (OSError, ReadError, PermissionDenied, TransportError) as error:
            raise LockCorrupt("its lock is damaged: the info file cannot be opened") from error
    raise LockCorrupt("its lock is damaged: it is held, and has no info file")


def is_misplaced(lock: Any) -> bool:
    """Whether a file, or a dangling link, is in the place of the lock's directory."""
    with contextlib.suppress(NotLocalUrl):
        directory = local_path(lock.transport, lock.path)
        return os.path.lexists(directory) and not os.path.isdir(directory)
    return False


def is_held(lock: Any) -> bool:
    """Whether anything is in the place of a held lock, also a file or a dangling link."""
    try:
        return os.path.lexists(os.path.join(local_path(lock.transport, lock.path), "held"))
    except Exception:
        return bool(lock.transport.has(lock._held_dir))


def free(lock: Any) -> None:
    """Frees a damaged lock. Moves it aside first, as Breezy does with intact locks; it may stay
    there when it cannot be removed.
    """
    directory = local_path(lock.transport, lock.path)
    name = f"broken.{rand_chars(20)}.tmp"
    # This fails for a user who has no right to change the branch.
    lock.transport.mkdir(name)
    lock.transport.rmdir(name)
    if is_misplaced(lock):
        os.unlink(directory)
        lock.transport.mkdir(lock.path)
    held, away = os.path.join(directory, "held"), os.path.join(directory, name)
    with contextlib.suppress(FileNotFoundError):
        if os.path.isdir(held) and not os.path.islink(held):
            os.rename(held, away)
            shutil.rmtree(away, ignore_errors=True)
        else:
            # A session may not make links, and a rename of a link counts as making one
            # (landlock(7)).
            os.unlink(held)
    for hook in LockDir.hooks["lock_broken"]:
        hook(LockResult(lock.transport.abspath(lock.path), None))


def install() -> None:
    """Makes Breezy read and break locks this way; call it once, before any fork."""
    break_lock, attempt_lock, create_pending = (
        LockDir.break_lock,
        LockDir._attempt_lock,
        LockDir._create_pending_dir,
    )

    def breaking(self: Any) -> Any:
        try:
            peek(self)
        except LockCorrupt:
            self._check_not_locked()
            return free(self)
        return break_lock(self)

    def creating(self: Any) -> Any:
        self._hatchery_pending = create_pending(self)
        return self._hatchery_pending

    def attempting(self: Any) -> Any:
        try:
            if is_misplaced(self):
                peek(self)
            return attempt_lock(self)
        except LockCorrupt:
            # Breezy looks for a holder before it removes what it made in order to take the lock.
            with contextlib.suppress(NoSuchFile, FileExists):
                self._remove_pending_dir(self._hatchery_pending)
            raise

    LockHeldInfo.from_info_file_bytes = staticmethod(read_info)  # type: ignore[assignment]
    wrappers = {
        "peek": peek,
        "break_lock": breaking,
        "_create_pending_dir": creating,
        "_attempt_lock": attempting,
    }
    for name, wrapper in wrappers.items():
        setattr(LockDir, name, wrapper)
