"""The record that the holder of a lock writes beside it, and how far to trust it. The lock itself
is the kernel's.

`libs/locks/src/holder-record.ts` has the fields. A record is a claim: it counts only for a process
of this boot and this pid namespace that has the start ticks in the record. Wall-clock times are
shown and never compared.
"""

import errno
import json
import os
import time
from typing import Any, Protocol

import processes
from given_context import say

#: Of what a holder writes (libs/formats, `holder`).
FORMAT = 1


class Place(Protocol):
    """The parts of a lock's file that this module needs."""

    directory: str
    name: str
    mode: int
    record_path: str


class OwnJobFound:
    """The holder among this process's ancestors."""

    def __init__(self, pid: int | None, record: dict[str, Any] | None):
        self.pid = pid
        self.record = record

    def note(self, name: str) -> str | None:
        """A note for a command that runs as another user, as under sudo, and may not know that it
        belongs to the holder's job."""
        if self.pid is None or processes.uid(self.pid) in (os.getuid(), None):
            return None
        what = processes.command(self.pid) if self.record is None else self.record["command"]
        return f"lock {name} is held by this command's own job (pid {self.pid}: {what}); it runs under that lock"


class Introduction:
    """The record of this process as the holder."""

    def __init__(self, lock: Place, words: list[bytes]):
        self._lock = lock
        self._words = words
        self._token = os.urandom(16).hex()

    def write(self, pid: int) -> None:
        """Records the holder: the command `pid`, below this process. If this fails, the lock still
        holds.
        """
        whole = f"{self._lock.record_path}.{os.urandom(8).hex()}"
        try:
            # An unpredictable new name: never write through another user's symlink.
            descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.fchmod(descriptor, self._lock.mode & 0o644)
                os.write(descriptor, self._text(pid))
            finally:
                os.close(descriptor)
            os.rename(whole, self._lock.record_path)
        except OSError as error:
            directory = self._lock.directory
            remedy = (
                f"let the users who share its locks write there, as with chmod a+rwxt {directory}"
            )
            say(
                f"lock: cannot record the holder in {directory} ({errno.errorcode.get(error.errno or 0)}), so others see only what /proc shows of it; {remedy}"
            )

    def remove(self) -> None:
        """Removes the record, unless it is another holder's by now."""
        record = read(self._lock.record_path)
        if record is not None and record["token"] == self._token:
            os.unlink(self._lock.record_path)

    def _text(self, pid: int) -> bytes:
        now = time.time()
        record = {
            "format": FORMAT,
            "token": self._token,
            "process": _name(pid),
            "runner": _name(os.getpid()),
            "boot": processes.boot_id(),
            "pidNamespace": processes.pid_namespace(),
            "user": processes.user_name(os.geteuid()),
            "host": os.uname().nodename,
            "command": b" ".join(self._words).decode(errors="replace"),
            "since": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
            + f".{int(now * 1000) % 1000:03d}Z",
        }
        return json.dumps(record).encode() + b"\n"


def _name(pid: int) -> dict[str, int]:
    return {"pid": pid, "startTime": processes.start_ticks(pid) or 0}


def read(path: str) -> dict[str, Any] | None:
    """A record, or None when none is readable. `owner` is the uid of its file."""
    try:
        with open(path, "rb") as opened:
            record = json.loads(opened.read())
            owner = os.fstat(opened.fileno()).st_uid
        if record["format"] != FORMAT:
            return None
        texts = all(
            isinstance(record[key], str)
            for key in ("token", "user", "command", "since", "boot", "pidNamespace")
        )
        names = all(
            isinstance(record[key][part], int)
            for key in ("process", "runner")
            for part in ("pid", "startTime")
        )
        return {**record, "owner": owner} if texts and names else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def trouble(path: str) -> str | None:
    """Why a record tells nothing, when that is its version; None else. The lock holds all the same."""
    try:
        with open(path, "rb") as opened:
            record = json.loads(opened.read())
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("format") == FORMAT:
        return None
    return (
        f"{path} is a record of a lock holder of version {json.dumps(record.get('format'))}; "
        f"this Hatchery reads version {FORMAT}"
    )


def living(record: dict[str, Any]) -> list[int]:
    """The live ones of the record's two processes, the command first. Empty when this host cannot
    verify them.
    """
    if (record["boot"], record["pidNamespace"]) != (processes.boot_id(), processes.pid_namespace()):
        return []
    names = [record["process"], record["runner"]]
    return [
        name["pid"] for name in names if processes.start_ticks(name["pid"]) == name["startTime"]
    ]


def own_job(file: os.stat_result, record_path: str) -> OwnJobFound | None:
    """The job that this process belongs to, when that job has the lock. Found by an inherited
    descriptor or by the ancestors, never by the environment, which sudo and env -i clear."""
    if processes.descriptor_with_lock(os.getpid(), file) is not None:
        return OwnJobFound(None, None)
    above = processes.ancestors(os.getpid())
    holder = next(
        (pid for pid in above if processes.descriptor_with_lock(pid, file) is not None), None
    )
    if holder is not None:
        return OwnJobFound(holder, None)
    # We cannot inspect another user's files. Trust a record only about processes of its own owner,
    # or root's record.
    record = read(record_path)
    if record is None:
        return None
    named = [
        pid for pid in living(record) if pid in above and record["owner"] in (0, processes.uid(pid))
    ]
    return OwnJobFound(named[0], record) if named else None


def deleted_holder(path: str, record_path: str) -> int | None:
    """The holder of a deleted file that had this name. It keeps running, but no longer blocks this
    lock.
    """
    record = read(record_path)
    pids = [] if record is None else living(record)
    return next(
        (pid for pid in pids if processes.descriptor_of_deleted(pid, path) is not None), None
    )
