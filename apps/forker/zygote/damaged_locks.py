"""Locks whose info file says nothing: cut, empty of sense, gone, or no file at all. Breezy ends in
a traceback over most of them.

Such a lock is held by nobody knows whom. It is refused like any other, in words, and `brz
break-lock` frees it.
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

#: As libs/locks has it (`heldInfoCharactersMax`): an info file is some 150 bytes.
INFO_BYTES_MAX = 64 * 1024

#: What Breezy writes of a holder. All may be absent, which says less; none may be of another type.
TYPES: dict[str, tuple[type, ...]] = {
    "hostname": (str,),
    "nonce": (str,),
    "user": (str,),
    "pid": (int, str),
    "start_time": (int, float),
}


def read_info(data: bytes) -> LockHeldInfo:
    """What an info file says. LockCorrupt when that is nothing."""
    if len(data) > INFO_BYTES_MAX:
        raise LockCorrupt("its lock is damaged: the info file is too long")
    try:
        fields = yaml.safe_load(data)
    # What a parser makes of bytes that are anything: YAMLError, ValueError of a date,
    # RecursionError of brackets.
    except Exception as error:
        raise LockCorrupt("its lock is damaged: the info file cannot be read") from error
    # An interruption leaves an empty file now and then (breezy/lockdir.py, bug 185013); whoever it
    # was, it is held.
    if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
        raise LockCorrupt("its lock is damaged: the info file does not say who holds it")
    for name, types in TYPES.items():
        if fields.get(name) is not None and (
            isinstance(fields[name], bool) or not isinstance(fields[name], types)
        ):
            raise LockCorrupt(f"its lock is damaged: the info file has a {name} that is none")
    if not str(fields.get("nonce", "")).isascii():
        raise LockCorrupt("its lock is damaged: the info file has a nonce that is none")
    return LockHeldInfo(fields)


def peek(lock: Any) -> LockHeldInfo | None:
    """Who holds a lock; None when it is free. LockCorrupt when it is held by nobody knows whom, or
    is none.
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
            # It may have been released and taken between the two looks.
        except (OSError, ReadError, PermissionDenied, TransportError) as error:
            raise LockCorrupt("its lock is damaged: the info file cannot be opened") from error
    raise LockCorrupt("its lock is damaged: it is held, and has no info file")


def is_misplaced(lock: Any) -> bool:
    """Whether a file, or a link that leads nowhere, is in the place of its directory."""
    with contextlib.suppress(NotLocalUrl):
        directory = local_path(lock.transport, lock.path)
        return os.path.lexists(directory) and not os.path.isdir(directory)
    return False


def is_held(lock: Any) -> bool:
    """Whether anything is in the place of a held lock, be it a file or a link that leads nowhere."""
    try:
        return os.path.lexists(os.path.join(local_path(lock.transport, lock.path), "held"))
    except Exception:
        return bool(lock.transport.has(lock._held_dir))


def free(lock: Any) -> None:
    """Frees a damaged lock. It is moved aside first, as whole locks are, and may stay there when it
    cannot be removed.
    """
    directory = local_path(lock.transport, lock.path)
    name = f"broken.{rand_chars(20)}.tmp"
    # Refused to whoever has no right to change this branch.
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
            # No session may make a link, which a rename of one counts as (landlock(7)).
            os.unlink(held)
    for hook in LockDir.hooks["lock_broken"]:
        hook(LockResult(lock.transport.abspath(lock.path), None))


def install() -> None:
    """Makes Breezy's locks read and break so; once, before any fork."""
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
            # Breezy looks who is there before it removes what it made to take the lock.
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
