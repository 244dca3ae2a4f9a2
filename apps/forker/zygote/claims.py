"""What a less trusted process says, read as a claim. Pure: bytes in; a message of known kind with bounded fields out, or NoClaim.

Who spoke is not read here: the kernel says it (wire.receive_from). A claim holds no id and no pid for the same reason.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from wire import Message

#: A traceback of tracing.REPORT_CHARACTERS_MAX, each character six bytes of JSON, is the longest that is ever meant.
CLAIM_BYTES_MAX = 128 * 1024

TEXT_CHARACTERS_MAX = 16_384

#: As much as boundary.py says of a path or a cause.
LINE_CHARACTERS_MAX = 512

#: As in verb_table.py, which the keeper has no use for.
UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

#: As in failures.py, which imports Breezy.
FAILURE_KINDS = ("lock-held", "no-permission", "read-only", "unsupported", "limit", "damaged", "disk", "internal")

#: PATH_MAX of linux/limits.h: no lock stands at a longer one.
PATH_CHARACTERS_MAX = 4_096

#: Reports that one session can have lost; more than it could ever send.
LOST_MAX = 10**9

#: What the keeper gets when Python crashes in a child is no claim: faulthandler writes these words and then the stack.
CRASH = b"Fatal Python error: "

#: Breezy makes nonces of 20 letters and digits; the token of a client may be any, but is one word.
NONCE = re.compile(r"[!-~]{0,128}")


class NoClaim(ValueError):
    """Not what such a process says; the text says why, without its bytes."""


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_CHARACTERS_MAX and _is_encodable(value)


def _line(value: Any) -> bool:
    """Fit to be shown: a terminal's cursor does not move by it."""
    return _text(value) and len(value) <= LINE_CHARACTERS_MAX and not UNSHOWABLE.search(value)


def _path(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > PATH_CHARACTERS_MAX or "\0" in value:
        return False
    return value.startswith("/") and _is_encodable(value)


def _nonce(value: Any) -> bool:
    return value is None or (isinstance(value, str) and NONCE.fullmatch(value) is not None)


def _seconds(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 2**40


def _count(most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and 0 <= value <= most


def _one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in words


def _is_encodable(value: str) -> bool:
    """False for half a surrogate pair, which no byte of a file name comes to (os.fsdecode)."""
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


#: What is true of each field of each kind; a message has all of these fields and no other.
Kinds = dict[str, dict[str, Callable[[Any], bool]]]

OF_CHILD: Kinds = {
    "started": {},
    "connected": {},
    "log": {"text": _text},
    "lock": {
        "action": _one_of("opened", "acquired", "taken-up", "contended", "gave-up", "released", "broken"),
        "path": _path,
        "nonce": _nonce,
        "atS": _seconds,
        "lost": _count(LOST_MAX),
    },
    "failed": {"kind": _one_of(*FAILURE_KINDS), "verb": _line, "path": _line, "cause": _line, "traceback": _text},
}

OF_ZYGOTE: Kinds = {
    "step": {"step": _text},
    "ready": {"modules": _count(10**6), "startedInMs": _count(10**9)},
    "alive": {},
}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


def read(data: bytes, kinds: Kinds) -> Message:
    """The claim in a packet. NoClaim for everything else, whatever it is."""
    try:
        message = _decoder.decode(data.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        raise NoClaim("it sent what is no JSON") from None
    if not isinstance(message, dict):
        raise NoClaim("it sent what is no JSON object")
    event = message.get("event")
    fields = kinds.get(event) if isinstance(event, str) else None
    if fields is None:
        raise NoClaim("it sent an event that it has no right to")
    if message.keys() - {"event"} != fields.keys():
        raise NoClaim(f"it sent '{event}' with other fields than that has")
    for name, holds in fields.items():
        if not holds(message[name]):
            raise NoClaim(f"it sent '{event}' with a {name} that cannot be")
    return message
