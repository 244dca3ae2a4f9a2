"""Records in each lock on disk which process took it, so that its death can be proved later and not
only guessed.

Breezy writes host name, pid and a date. None of these is evidence: a container with the same host
name has pids of its own, and clocks are set. Sessions add the kernel's boot id, the pid namespace
and the start ticks (docs/decisions/0042).
"""

import os
from typing import Any

#: Of this process; empty where /proc does not show them.
_own: dict[str, Any] = {}


def remember() -> None:
    """Reads the facts that identify this process for good. The child calls this before it gives up
    /proc."""
    _own.clear()
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as opened:
            boot = opened.read().strip()
        _own.update(
            boot=boot,
            pid_namespace=os.readlink("/proc/self/ns/pid"),
            start_ticks=_ticks(os.getpid()),
        )
    except (OSError, ValueError):
        _own.clear()


def install() -> None:
    """Makes Breezy write these facts and use them; call it once, before any fork."""
    from breezy import lockdir

    held_info: Any = lockdir.LockHeldInfo
    for_this_process = held_info.for_this_process.__func__

    def telling(cls: Any, extra: Any) -> Any:
        return for_this_process(cls, {**_own, **(extra or {})})

    held_info.for_this_process = classmethod(telling)
    held_info.is_lock_holder_known_dead = is_known_dead


def is_known_dead(info: Any) -> bool:
    """Whether the holder of a lock is known to be dead, so that Breezy steals the lock
    (`locks.steal_dead`).

    Breezy itself compares host name and pid, and so steals from a live holder in another pid
    namespace.
    """
    from breezy.lockdir import get_username_for_lock_info

    if not _own or any(info.get(key) != _own[key] for key in ("boot", "pid_namespace")):
        return False
    pid, ticks = info.get("pid"), info.get("start_ticks")
    if (
        info.get("user") != get_username_for_lock_info()
        or not isinstance(pid, int)
        or not isinstance(ticks, int)
    ):
        return False
    try:
        os.kill(pid, 0)
        return _ticks(pid) != ticks
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False  # It may be the holder; we may not inspect it.


def _ticks(pid: int) -> int:
    """Clock ticks from the boot to the start of a process (proc_pid_stat(5), starttime)."""
    with open(f"/proc/{pid}/stat", encoding="utf8", errors="replace") as opened:
        return int(opened.read().rpartition(")")[2].split()[19])
