"""Checks a request from the forker before the keeper acts on it. Pure: takes a message and returns
it once it is known to be valid; raises NoOrder, which names the field.
"""

import signal
from collections.abc import Mapping
from typing import cast

import fields
from fields import Check
from messages import Limits, Request
from wire import Message

_configuration: Mapping[str, Check] = {
    "python": fields.path,
    "environment": fields.environment,
    "runAs": fields.or_none(fields.text),
    "limits": fields.record({name: fields.count(2**63 - 1) for name in Limits.__annotations__}),
    "umask": fields.count(0o777),
    "fork": fields.flag,
    "preload": fields.text,
    "poolSize": fields.count(10**6),
    "cgroup": fields.or_none(fields.path),
    "fingerprint": fields.text,
}

#: A newer forker may send more fields than these.
OF_FORKER: Mapping[str, Mapping[str, Check]] = {
    "configure": _configuration,
    "try_zygote": _configuration,
    "fork": {
        "id": fields.child_id,
        "command": fields.words,
        "environment": fields.environment,
        "connectTimeoutS": fields.seconds,
        "details": fields.record(
            {
                "user": fields.or_none(fields.long_text),
                "peer": fields.or_none(fields.long_text),
                "command": fields.long_text,
                "startedAt": fields.text,
            }
        ),
    },
    "signal": {"id": fields.child_id, "signal": fields.count(signal.NSIG - 1, 1)},
    "taken": {"id": fields.child_id},
    "ping": {},
    "quit": {},
}


class NoOrder(ValueError):
    """Not a valid request of a forker; the text says why."""


class UnknownOrder(NoOrder):
    """A request that only a newer forker knows."""


def read(message: Message) -> Request:
    """The request in a message, with every field checked."""
    known = OF_FORKER.get(word) if isinstance(word := message.get("request"), str) else None
    if known is None:
        raise UnknownOrder(f"no such request: {str(word)[:80]!r}")
    wrong = fields.missing_or_wrong(message, known)
    if wrong is not None:
        raise NoOrder(f"{word}: its {wrong[1:]} is missing or cannot be")
    return cast(Request, message)


def is_one(message: Message) -> bool:
    """Whether only a forker sends this message."""
    try:
        read(message)
    except NoOrder:
        return False
    return True
