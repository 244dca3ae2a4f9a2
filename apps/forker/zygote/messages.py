"""The messages between forker, keeper, zygote and child, variant by variant, but for what the
keeper says (keeper_events.py).

claims.py and orders.py hold what arrives against them.

src/keeper-link/messages.ts has the same for TypeScript. golden-messages/ has each variant at least
once, and wrong ones; the tests of both sides read it.
"""

from typing import Literal, TypedDict

# What the forker asks of the keeper.


class Details(TypedDict):
    """What the forker keeps with a child at the keeper, to get it back after its own restart; not
    read here.
    """

    user: str | None
    peer: str | None
    command: str
    #: ISO 8601.
    startedAt: str


class Limits(TypedDict):
    """Of one session each; 0 leaves one as it is."""

    cpuS: int
    addressSpaceBytes: int
    openFiles: int
    fileSizeBytes: int


class Configuration(TypedDict):
    """How sessions are made. Only `fork` false goes without a list to preload and a pool."""

    python: str
    environment: dict[str, str]
    runAs: str | None
    limits: Limits
    umask: int
    fork: bool
    preload: str
    poolSize: int
    cgroup: str | None
    fingerprint: str


class Configure(Configuration):
    """`try_zygote`: for good only if that zygote comes up."""

    request: Literal["configure", "try_zygote"]


class OneSession(Configuration):
    """For a session without a keeper (plain.py), as its argument."""

    command: list[str]


class Fork(TypedDict):
    request: Literal["fork"]
    id: str
    command: list[str]
    environment: dict[str, str]
    connectTimeoutS: float
    details: Details


class Signal(TypedDict):
    """For the process group of the child. `signal` is its number."""

    request: Literal["signal"]
    id: str
    signal: int


class Taken(TypedDict):
    """The forker has the exit of this child."""

    request: Literal["taken"]
    id: str


class Bare(TypedDict):
    """`ping` is answered with `alive`; `quit` ends the keeper."""

    request: Literal["ping", "quit"]


Request = Configure | Fork | Signal | Taken | Bare

# What a zygote and a child claim (claims.py). The keeper knows whose it is, and puts the id in.


class Sign(TypedDict):
    """`alive` answers a ping, and is the zygote's."""

    event: Literal["started", "connected", "alive"]


class Step(TypedDict):
    """What the zygote is at."""

    event: Literal["step"]
    step: str


class Ready(TypedDict):
    event: Literal["ready"]
    modules: int
    startedInMs: int


class LogClaim(TypedDict):
    """A traceback or a crash of a child, for the log of the service."""

    event: Literal["log"]
    text: str


class LockClaim(TypedDict):
    """`action` is one of LOCK_ACTIONS; `atS` is of the host's monotonic clock; `lost` counts
    reports before it that could not be sent.
    """

    event: Literal["lock"]
    action: str
    path: str
    nonce: str | None
    atS: float
    lost: int


class FailedClaim(TypedDict):
    """What a session was refused or failed of; `kind` is one of FAILURE_KINDS."""

    event: Literal["failed"]
    kind: str
    verb: str
    path: str
    cause: str
    traceback: str


Claim = Sign | Step | Ready | LogClaim | LockClaim | FailedClaim
