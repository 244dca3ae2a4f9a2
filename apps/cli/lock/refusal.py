"""The message when another process has the lock."""

import os
import time
from typing import Any

import holder_record
import lock_file
import processes
from given_context import say
from lock_directory import LockFile


def refuse(lock: LockFile, wait_s: float) -> None:
    """Says who holds the lock, as far as that can be found out."""
    remedy = "wait for it with --wait SECONDS" if wait_s == 0 else f"{wait_s:g} s were not enough"
    say(f"lock {lock.name} is held by {_holder(lock)}; {remedy}")
    trouble = holder_record.trouble(lock.record_path)
    if trouble is not None:
        say(f"lock: {trouble}")


def _holder(lock: LockFile) -> str:
    record = holder_record.read(lock.record_path)
    deleted = holder_record.deleted_holder(lock.path, lock.record_path)
    if record is not None and deleted is not None:
        return f"{_recorded(record)}, on a file that was deleted meanwhile"
    try:
        descriptor = os.open(lock.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return "a process that has just released it"
    try:
        file, foreign = os.fstat(descriptor), lock_file.foreign_holder(descriptor)
    finally:
        os.close(descriptor)
    if record is not None and any(_may_have(pid, file) for pid in holder_record.living(record)):
        return _recorded(record)
    pids = processes.holders(file) or ([foreign] if foreign else [])
    if pids:
        return _process(pids[0])
    return "a process that this user cannot see: another user's, or one of another pid namespace"


def _may_have(pid: int, file: os.stat_result) -> bool:
    """Whether a process has the lock; also True when we may not read its descriptors."""
    return (
        not os.access(f"/proc/{pid}/fd", os.R_OK)
        or processes.descriptor_with_lock(pid, file) is not None
    )


def _recorded(record: dict[str, Any]) -> str:
    return f"{record['user']}: {record['command']} (pid {record['process']['pid']}, since {record['since']})"


def _process(pid: int) -> str:
    owner, started = processes.uid(pid), processes.started_at(pid)
    user = "somebody" if owner is None else processes.user_name(owner)
    since = (
        "unknown" if started is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started))
    )
    return f"{user}: {processes.command(pid)} (pid {pid}, since {since})"
