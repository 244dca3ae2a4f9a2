"""The messages from the keeper to the forker, one type per variant. src/keeper-link/messages.ts has
the same types, and read-event.ts checks messages against them.
"""

from typing import Literal, TypedDict

from messages import Details, FailedClaim, LockClaim, LogClaim


class KeptChild(TypedDict):
    """A child as a newly connected forker learns of it."""

    id: str
    pid: int
    directory: str
    connected: bool
    details: Details


class Hello(TypedDict):
    event: Literal["hello"]
    format: int
    pid: int
    readyAtMs: int
    children: list[KeptChild]


class Alive(TypedDict):
    event: Literal["alive"]


class ZygoteReady(TypedDict):
    """`tried`: this zygote was only a trial, and it started."""

    event: Literal["zygote.ready"]
    pid: int
    modules: int
    startedInMs: int
    readyAtMs: int
    tried: bool


class Failure(TypedDict):
    """Why a zygote did not start."""

    step: str
    message: str
    stderr: list[str]


class FailedStart(Failure):
    """`attempts` counts consecutive failed starts."""

    attempts: int
    failedAtMs: int
    retryInMs: int


class ZygoteFailed(FailedStart):
    """`servingPid` is the pid of an older zygote that continues to serve."""

    event: Literal["zygote.failed"]
    servingPid: int | None


class ZygoteRejected(Failure):
    """A trial zygote did not start; nothing has changed."""

    event: Literal["zygote.rejected"]


class ZygoteDied(TypedDict):
    """`cause` says why the keeper killed it; None when it did not."""

    event: Literal["zygote.died"]
    status: int
    cause: str | None


class ZygoteNone(TypedDict):
    """Children are available although no zygote forks them."""

    event: Literal["zygote.none"]
    tried: bool


class Started(TypedDict):
    event: Literal["started"]
    id: str
    pid: int
    directory: str


class Refused(TypedDict):
    """`condemned`: the keeper kills a child that sent something invalid, or for which another
    process spoke.
    """

    event: Literal["refused", "condemned"]
    id: str
    reason: str


class Connected(TypedDict):
    event: Literal["connected"]
    id: str


class Log(LogClaim):
    id: str


class Lock(LockClaim):
    id: str


class Failed(FailedClaim):
    id: str


class Rusage(TypedDict):
    """getrusage(2), with the units in the names."""

    userMs: float
    systemMs: float
    maxRssBytes: int
    minorFaults: int
    majorFaults: int
    inBlocks: int
    outBlocks: int
    voluntarySwitches: int
    involuntarySwitches: int


class Exited(TypedDict):
    """`status` is that of wait(2)."""

    event: Literal["exited"]
    id: str
    pid: int
    directory: str
    status: int
    rusage: Rusage
    leftBehind: bool
    details: Details


class Signalled(TypedDict):
    event: Literal["signalled"]
    id: str
    sent: bool


Event = (
    Hello
    | Alive
    | ZygoteReady
    | ZygoteFailed
    | ZygoteRejected
    | ZygoteDied
    | ZygoteNone
    | Started
    | Refused
    | Connected
    | Log
    | Lock
    | Failed
    | Exited
    | Signalled
)
