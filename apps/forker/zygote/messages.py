"""The messages between forker, keeper, zygote and child, one type per variant. The keeper's own
messages are in keeper_events.py.

claims.py and orders.py check arriving messages against these types.

src/keeper-link/messages.ts has the same for TypeScript. golden-messages/ has each variant at least
once, and malformed ones; the tests of both sides read it.
"""

from typing import Literal, TypedDict

# What the forker asks of the keeper.


class Details(TypedDict):
    """Data that the forker stores with a child at the keeper and gets back after its own restart.
    The keeper does not read it.
    """

    user: str | None
    peer: str | None
    command: str
    #: ISO 8601.
    startedAt: str


class Limits(TypedDict):
    """Limits of each session; 0 leaves a limit unchanged."""

    cpuS: int
    addressSpaceBytes: int
    openFiles: int
    fileSizeBytes: int


class Configuration(TypedDict):
    """How sessions are made. Only with `fork` false are the preload list and the pool absent."""

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
    """`try_zygote`: the configuration is kept only if its zygote starts."""

    request: Literal["configure", "try_zygote"]


class OneSession(Configuration):
    """The argument of a session without a keeper (plain.py)."""

    command: list[str]


class Fork(TypedDict):
    request: Literal["fork"]
    id: str
    command: list[str]
    environment: dict[str, str]
    connectTimeoutS: float
    details: Details


class Signal(TypedDict):
    """Sent to the child's process group. `signal` is its number."""

    request: Literal["signal"]
    id: str
    signal: int


class Taken(TypedDict):
    """The forker has recorded the exit of this child."""

    request: Literal["taken"]
    id: str


class Bare(TypedDict):
    """The keeper answers `ping` with `alive`; `quit` ends the keeper."""

    request: Literal["ping", "quit"]


Request = Configure | Fork | Signal | Taken | Bare

# What a zygote and a child claim (claims.py). The keeper knows which child sent it and adds the id.


class Sign(TypedDict):
    """`alive` answers a ping; only a zygote sends it."""

    event: Literal["started", "connected", "alive"]


class Step(TypedDict):
    """The zygote's current step."""

    event: Literal["step"]
    step: str


class Ready(TypedDict):
    event: Literal["ready"]
    modules: int
    startedInMs: int


class LogClaim(TypedDict):
    """A traceback or a crash of a child, for the service's log."""

    event: Literal["log"]
    text: str


class LockClaim(TypedDict):
    """`action` is one of LOCK_ACTIONS; `atS` is the host's monotonic clock; `lost` counts earlier
    reports that could not be sent.
    """

    event: Literal["lock"]
    action: str
    path: str
    nonce: str | None
    atS: float
    lost: int


class FailedClaim(TypedDict):
    """Why a session was refused or failed; `kind` is one of FAILURE_KINDS."""

    event: Literal["failed"]
    kind: str
    verb: str
    path: str
    cause: str
    traceback: str


Claim = Sign | Step | Ready | LogClaim | LockClaim | FailedClaim
