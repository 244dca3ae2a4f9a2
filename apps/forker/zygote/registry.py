"""The keeper's table of its children. Pure: no process, no socket; tested with message
sequences.
"""

from dataclasses import dataclass, field
from typing import Any

from keeper_events import Exited, KeptChild, Rusage
from messages import Details

#: Exits that no forker has taken. A forker that stays away this long has lost more than these.
EXITS_KEPT_MAX = 100_000


@dataclass
class Child:
    """One child: it is alive, or it was requested and has not reported yet."""

    #: The forker's name for it; None while it waits in the pool.
    id: str | None = None
    pid: int | None = None
    directory: str = ""
    #: The child has sent `started`, its first message. Its pid comes from the kernel.
    started: bool = False
    #: Another process can have its pid by now.
    reaped: bool = False
    connected: bool = False
    #: Packets of all kinds since the last count, and entries for the service's log.
    packets: int = 0
    counted_from_s: float = 0.0
    logs: int = 0
    #: The generation of the zygote that forked it.
    generation: int = 0
    #: What Python wrote into its channel when it crashed.
    last_words: str = ""
    #: Data that the forker gets back after its own restart; the keeper does not read it.
    details: Details = field(
        default_factory=lambda: Details(user=None, peer=None, command="", startedAt="")
    )

    def snapshot(self) -> KeptChild:
        """A child that serves a session, as a newly connected forker learns of it."""
        assert self.id is not None and self.pid is not None
        return {
            "id": self.id,
            "pid": self.pid,
            "directory": self.directory,
            "connected": self.connected,
            "details": self.details,
        }


@dataclass
class Registry:
    """Children by pid, and the exits that the forker has not acknowledged."""

    children: dict[int, Child] = field(default_factory=dict)
    exits: dict[str, Exited] = field(default_factory=dict)

    def sessions(self) -> list[Child]:
        """The children that serve a session, without the pool."""
        return [child for child in self.children.values() if child.id is not None]

    def find(self, child_id: str) -> Child | None:
        """The live child with that id."""
        return next((child for child in self.children.values() if child.id == child_id), None)

    def exited(self, pid: int, status: int, usage: Any, left_behind: bool) -> Exited | None:
        """Stores one exit and returns the message for the forker, or None when the pid served no
        session."""
        child = self.children.pop(pid, None)
        if child is None or child.id is None:
            return None
        message: Exited = {
            "event": "exited",
            "id": child.id,
            "pid": pid,
            "directory": child.directory,
            "status": status,
            "rusage": rusage(usage),
            "leftBehind": left_behind,
            "details": child.details,
        }
        self.exits[child.id] = message
        if len(self.exits) > EXITS_KEPT_MAX:
            del self.exits[next(iter(self.exits))]
        return message

    def acknowledge(self, child_id: str) -> None:
        """The forker has recorded the exit; acknowledging it twice is no error."""
        self.exits.pop(child_id, None)


def rusage(usage: Any) -> Rusage:
    """resource.struct_rusage with the names and units of the wire (getrusage(2): ru_maxrss is in
    KiB).
    """
    return {
        "userMs": round(usage.ru_utime * 1000, 3),
        "systemMs": round(usage.ru_stime * 1000, 3),
        "maxRssBytes": usage.ru_maxrss * 1024,
        "minorFaults": usage.ru_minflt,
        "majorFaults": usage.ru_majflt,
        "inBlocks": usage.ru_inblock,
        "outBlocks": usage.ru_oublock,
        "voluntarySwitches": usage.ru_nvcsw,
        "involuntarySwitches": usage.ru_nivcsw,
    }
