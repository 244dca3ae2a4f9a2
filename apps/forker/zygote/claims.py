"""Reads what a less trusted process says as a claim. Pure: takes bytes; returns a message of a
known kind with bounded fields, or raises NoClaim.

It does not read who sent the claim: the kernel says that (wire.receive_from). For the same reason a
claim holds no id and no pid.
"""

import json
from collections.abc import Mapping

import fields
from fields import Check
from wire import Message

#: The longest valid claim is a traceback of tracing.REPORT_CHARACTERS_MAX, at six bytes of JSON per
#: character.
CLAIM_BYTES_MAX = 128 * 1024

#: When Python crashes in a child, the keeper gets this instead of a claim: faulthandler writes
#: these words and then the stack.
CRASH = b"Fatal Python error: "


#: As in failures.py, which imports Breezy.
FAILURE_KINDS = (
    "lock-held",
    "no-permission",
    "read-only",
    "unsupported",
    "limit",
    "damaged",
    "disk",
    "internal",
)

LOCK_ACTIONS = ("opened", "acquired", "taken-up", "contended", "gave-up", "released", "broken")

#: Reports that one session can have lost; more than it could ever send.
LOST_MAX = 10**9

#: A claim has exactly these fields.
OF_CHILD: Mapping[str, Mapping[str, Check]] = {
    "started": {},
    "connected": {},
    "log": {"text": fields.text},
    "lock": {
        "action": fields.one_of(*LOCK_ACTIONS),
        "path": fields.path,
        "nonce": fields.nonce,
        "atS": fields.seconds,
        "lost": fields.count(LOST_MAX),
    },
    "failed": {
        "kind": fields.one_of(*FAILURE_KINDS),
        "verb": fields.line,
        "path": fields.line,
        "cause": fields.line,
        "traceback": fields.text,
    },
}

OF_ZYGOTE: Mapping[str, Mapping[str, Check]] = {
    "step": {"step": fields.text},
    "ready": {"modules": fields.count(10**6), "startedInMs": fields.count(10**9)},
    "alive": {},
}


class NoClaim(ValueError):
    """A packet that is not a valid claim. The text gives the reason without the packet's bytes."""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


def read(data: bytes, kinds: Mapping[str, Mapping[str, Check]]) -> Message:
    """The claim in a packet: one of these kinds, with all of its fields and no others. Raises
    NoClaim for anything else.
    """
    try:
        message = _decoder.decode(data.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        raise NoClaim("it sent a packet that is not JSON") from None
    if not isinstance(message, dict):
        raise NoClaim("it sent JSON that is not an object")
    event = message.get("event")
    known = kinds.get(event) if isinstance(event, str) else None
    if known is None:
        raise NoClaim("it sent an event that it may not send")
    if message.keys() - {"event"} != known.keys():
        raise NoClaim(f"it sent '{event}' with missing or extra fields")
    wrong = fields.missing_or_wrong(message, known)
    if wrong is not None:
        raise NoClaim(f"it sent '{event}' with an invalid {wrong[1:]}")
    return message
