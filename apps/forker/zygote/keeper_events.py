"""What the keeper says to the forker, variant by variant; src/keeper-link/messages.ts has the same,
and read-event.ts holds it against that.
"""

from typing import Literal, TypedDict

from messages import Details, FailedClaim, LockClaim, LogClaim


class KeptChild(TypedDict):
    """A child as a new forker learns of it."""

    id: str
    pid: int
    directory: str
    connected: bool
    details: Details


class Hello(TypedDict):
    event: Literal["hello"]
    pid: int
    readyAtMs: int
    children: list[KeptChild]


class Alive(TypedDict):
    event: Literal["alive"]


class ZygoteReady(TypedDict):
    """`tried`: it was only tried, and came up."""

    event: Literal["zygote.ready"]
    pid: int
    modules: int
    startedInMs: int
    readyAtMs: int
    tried: bool


class Failure(TypedDict):
    """Why a zygote did not come up."""

    step: str
    message: str
    stderr: list[str]


class FailedStart(Failure):
    """`attempts` counts those that failed in a row."""

    attempts: int
    failedAtMs: int
    retryInMs: int


class ZygoteFailed(FailedStart):
    """`servingPid` is of an older one that serves on."""

    event: Literal["zygote.failed"]
    servingPid: int | None


class ZygoteRejected(Failure):
    """One that was tried did not come up; nothing has changed."""

    event: Literal["zygote.rejected"]


class ZygoteDied(TypedDict):
    """`cause` is why the keeper has killed it; None when it has not."""

    event: Literal["zygote.died"]
    status: int
    cause: str | None


class ZygoteNone(TypedDict):
    """Children can be had, though nothing is forked."""

    event: Literal["zygote.none"]
    tried: bool


class Started(TypedDict):
    event: Literal["started"]
    id: str
    pid: int
    directory: str


class Refused(TypedDict):
    """`condemned`: the keeper kills a child that said what no child says, or for which another
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
