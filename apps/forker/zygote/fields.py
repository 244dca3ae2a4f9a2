"""Checks on the fields of a message. Pure: a check takes a value and names the part of it that is
wrong, or returns None.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from shared_rules import UNSHOWABLE

#: The position of the wrong part below the value, as ".startedAt"; "" for the value itself; None
#: when the value is right.
Check = Callable[[Any], "str | None"]

TEXT_CHARACTERS_MAX = 16_384

#: The length that boundary.py allows for a path or a cause.
LINE_CHARACTERS_MAX = 512

#: PATH_MAX of linux/limits.h: no lock has a longer path.
PATH_CHARACTERS_MAX = 4_096

#: Breezy makes nonces of 20 letters and digits. A client's token may be any single word.
NONCE = re.compile(r"[!-~]{0,128}")

#: As `isChildId` in libs/protocol.
CHILD_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def that(holds: Callable[[Any], bool]) -> Check:
    """A check by a predicate on the value itself."""
    return lambda value: None if holds(value) else ""


def record(fields: Mapping[str, Check]) -> Check:
    """An object that has all of these fields. Others are ignored: a newer forker may send more."""

    def wrong(value: Any) -> str | None:
        return missing_or_wrong(value, fields) if isinstance(value, dict) else ""

    return wrong


def missing_or_wrong(message: Mapping[str, Any], fields: Mapping[str, Check]) -> str | None:
    """The first of these fields that a message lacks, or that has a wrong value."""
    for name, check in fields.items():
        below = check(message[name]) if name in message else ""
        if below is not None:
            return f".{name}{below}"
    return None


def or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def count(most: int, least: int = 0) -> Check:
    return that(lambda value: type(value) is int and least <= value <= most)


def one_of(*words: str) -> Check:
    return that(lambda value: isinstance(value, str) and value in words)


def is_encodable(value: str) -> bool:
    """False for half a surrogate pair, which os.fsdecode never makes from a file name."""
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_CHARACTERS_MAX and is_encodable(value)


def is_path(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > PATH_CHARACTERS_MAX or "\0" in value:
        return False
    return value.startswith("/") and is_encodable(value)


text = that(is_text)
#: Safe to show: it cannot move a terminal's cursor.
line = that(
    lambda value: is_text(value)
    and len(value) <= LINE_CHARACTERS_MAX
    and not UNSHOWABLE.search(value)
)
path = that(is_path)
nonce = or_none(that(lambda value: isinstance(value, str) and NONCE.fullmatch(value) is not None))
seconds = that(lambda value: type(value) in (int, float) and 0 <= value < 2**40)
flag = that(lambda value: type(value) is bool)
child_id = that(lambda value: isinstance(value, str) and CHILD_ID.fullmatch(value) is not None)
#: In a request to fork; the length of the line that carries it bounds this text.
long_text = that(lambda value: isinstance(value, str) and "\0" not in value and is_encodable(value))
words = that(
    lambda value: isinstance(value, list)
    and value != []
    and all(long_text(word) is None for word in value)
)


def _is_environment(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return all(
        name and "=" not in name and long_text(name) is None and long_text(held) is None
        for name, held in value.items()
    )


environment = that(_is_environment)
