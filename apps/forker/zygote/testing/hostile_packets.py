"""Packets that a compromised child may send: close to valid ones, each with whether it must end
that child.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

import claims
from wire import Message

#: A packet, and whether the child may live on: None where both are right.
Packet = tuple[bytes, bool | None]

#: What the keeper or its zygote says to the forker, with plausible fields.
FORGED: list[Message] = [
    {"event": "started", "pid": 1},
    {"event": "started", "id": "a", "pid": 1, "directory": "/"},
    {
        "event": "exited",
        "id": "a",
        "pid": 1,
        "directory": "/",
        "status": 0,
        "rusage": {},
        "leftBehind": False,
        "details": {},
    },
    {
        "event": "zygote.failed",
        "step": "x",
        "message": "y",
        "stderr": [],
        "attempts": 1,
        "failedAtMs": 1,
        "retryInMs": 1,
    },
    {"event": "zygote.died", "status": 9, "cause": "it was told so"},
    {"event": "zygote.ready", "pid": 1, "modules": 1, "startedInMs": 1, "tried": True},
    {"event": "zygote.rejected", "step": "x", "message": "y", "stderr": []},
    {"event": "zygote.none", "tried": False},
    {"event": "hello", "pid": 1, "children": []},
    {"event": "alive"},
    {"event": "ready", "modules": 1, "startedInMs": 1},
    {"event": "step", "step": "x"},
    {"event": "refused", "id": "a", "reason": "no"},
    {"event": "signalled", "id": "a", "sent": True},
    {"event": "condemned", "id": "a", "reason": "no"},
    {"request": "quit"},
    {"request": "signal", "id": "a", "signal": 9},
    {},
]

#: Values of every type, at every edge. None is right in any field of any claim, except a few that
#: `GOOD` has too.
ODD: list[Any] = [
    None,
    True,
    False,
    -1,
    2**31,
    2**63,
    10**400,
    -0.5,
    1e308,
    [],
    {},
    [[]],
    {"event": "log"},
    "",
    "\0",
    "/\0",
    "a\nb",
    "relative",
    "/" + "x" * 5000,
    "x" * 20_000,
    "\ud800",
    "/\udfff\ud800",
    "zygote.died",
    "acquired\n",
    "é" * 200,
]

GOOD: dict[str, dict[str, list[Any]]] = {
    "log": {"text": ["", "Traceback\n  x\n", "\x1b[2J", "é\udcff"]},
    "lock": {
        "action": ["opened", "acquired", "taken-up", "contended", "gave-up", "released", "broken"],
        "path": ["/", "/srv/~a/p/.bzr/branch/lock", "/a\nb", "/\udcff", "/" + "p" * 4000],
        "nonce": [None, "", "x" * 20, "!token~"],
        "atS": [0, 0.0, 1.5],
        "lost": [0, 1, 10**9],
    },
    "failed": {
        "kind": ["lock-held", "limit", "internal"],
        "verb": ["", "Branch.lock_write"],
        "path": ["", "~alice/trunk"],
        "cause": ["the memory that it may have is used up"],
        "traceback": ["", "Traceback\n  x\n"],
    },
}

#: Bytes that are not JSON, but that Python's reader accepts or rejects in its own way.
BROKEN: list[bytes] = [
    b"",
    b" ",
    b"\0",
    b"null",
    b"1",
    b'"x"',
    b"[]",
    b"nonsense",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b'{"event":"log","text":NaN}',
    b"[" * 100_000,
    b'{"event":' * 20_000,
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    b"9" * 5_000,
    b'{"event":"\\ud800"}',
    b'{"event":"lock","atS":Infinity}',
    b'{"event":"lock","atS":1e999}',
    b'{"event":["log"],"text":"x"}',
    b"x" * 120_000,
    b'{"event":"log","text":"x"}{"event":"log","text":"x"}',
    b'{"event":{},"text":"x"}',
    b"fatal python error",
    *(
        b"y" * (claims.CLAIM_BYTES_MAX + 1),
        b'{"event":"log","text":"' + b"\\u0001" * 20_000 + b'"}',
    ),
]


def packets(seed: int) -> Iterator[Packet]:
    """An endless series; the same seed gives the same packets."""
    chance = random.Random(seed)
    makers = (*[_good] * 12, _wrong_field, _other_fields, _forged, _broken, _cut, _flipped)
    while True:
        yield chance.choice(makers)(chance)


def _good(chance: random.Random) -> Packet:
    return _bytes(_message(chance)), True


def _wrong_field(chance: random.Random) -> Packet:
    message = _message(chance)
    name = chance.choice(list(message))
    value = chance.choice(ODD)
    right = GOOD[message["event"]].get(name, [])
    message[name] = value
    # Any text is allowed, and nearly any nonce. A lock's path is on the disk; a failure's path is
    # what the client sent.
    return _bytes(message), (
        None
        if name in ("text", "nonce", "lost", "verb", "path", "cause", "traceback") or value in right
        else False
    )


def _other_fields(chance: random.Random) -> Packet:
    message = _message(chance)
    if chance.random() < 0.5:
        message[chance.choice(["id", "pid", "user", "events", "__proto__", ""])] = chance.choice(
            ODD
        )
    else:
        del message[chance.choice(list(message))]
    return _bytes(message), False


def _forged(chance: random.Random) -> Packet:
    message = dict(chance.choice(FORGED))
    for name in list(message):
        if chance.random() < 0.1:
            message[name] = chance.choice(ODD)
    return _bytes(message), False


def _broken(chance: random.Random) -> Packet:
    return chance.choice(BROKEN), False


def _cut(chance: random.Random) -> Packet:
    whole = _bytes(_message(chance))
    return whole[: chance.randrange(len(whole))], False


def _flipped(chance: random.Random) -> Packet:
    data = bytearray(_bytes(_message(chance)))
    for _ in range(chance.choice([1, 1, 2, 20])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data), None


def _message(chance: random.Random) -> Message:
    event = chance.choice(list(GOOD))
    return {"event": event, **{name: chance.choice(values) for name, values in GOOD[event].items()}}


def _bytes(message: Message) -> bytes:
    """As a child encodes it, or with escapes, which can express what no byte can."""
    try:
        return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return json.dumps(message).encode()
