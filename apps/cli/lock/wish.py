"""Parses the arguments of `hatchery lock`, and the few configuration keys that a lock needs."""

import os
import re
from typing import Any, NoReturn

from given_context import GivenContext

#: With the suffixes of the files beside it, a lock's name stays below the 255 bytes of a file name.
NAME_CHARACTERS_MAX = 64

#: Longer than any job; timers accept more.
WAIT_S_MAX = 2_000_000

_OPTIONS = ("wait", "config", "state-dir")

#: As in libs/config/src/load.ts.
SYSTEM_CONFIG = "/etc/hatchery.toml"


class UsageError(Exception):
    """The arguments are invalid: exit 2."""


class ConfigError(Exception):
    """The configuration cannot be read."""


class Wish:
    """One request for a lock. `mode` is that of the lock's file; with `wait_s` 0 it does
    not wait."""

    def __init__(self, name: str, words: list[bytes], wait_s: float, directory: str, mode: int):
        self.name = name
        self.words = words
        self.wait_s = wait_s
        self.directory = directory
        self.mode = mode


def read(argv: list[bytes], checkout: str, context: GivenContext) -> Wish:
    """Parses the arguments after `lock`. Options may come before or after the name, and end at
    `--`."""
    values, words = _split(argv)
    if not words:
        raise UsageError("NAME is missing")
    name = os.fsdecode(words[0])
    if len(name) > NAME_CHARACTERS_MAX:
        raise UsageError(
            f"the name of a lock has at most {NAME_CHARACTERS_MAX} characters, not {len(name)}"
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise UsageError(
            f"'{name}' cannot name a lock: use letters, digits, '.', '_' and '-', and no dot in front"
        )
    if len(words) == 1:
        raise UsageError("COMMAND is missing: put it after --")
    wait_s = _seconds(values.get("wait", "0"))
    directory, mode = _settings(values, checkout, context)
    return Wish(name, words[1:], wait_s, directory, mode)


def _split(argv: list[bytes]) -> tuple[dict[str, str], list[bytes]]:
    values: dict[str, str] = {}
    words: list[bytes] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == b"--":
            return values, words + rest
        if not word.startswith(b"-") or word == b"-":
            words.append(word)
            continue
        option, has_value, value = os.fsdecode(word).partition("=")
        if option.removeprefix("--") not in _OPTIONS or not option.startswith("--"):
            raise UsageError(f"there is no option {option}")
        if not has_value:
            if not rest or rest[0] == b"--":
                raise UsageError(f"{option} needs a value")
            value = os.fsdecode(rest.pop(0))
        if value == "":
            raise UsageError(f"{option} is empty")
        values[option[2:]] = value
    return values, words


def _seconds(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d*)?|\.\d+", text, re.ASCII) and float(text) <= WAIT_S_MAX:
        return float(text)
    raise UsageError(f"--wait takes seconds from 0 to {WAIT_S_MAX}, not '{text}'")


def _settings(values: dict[str, str], checkout: str, context: GivenContext) -> tuple[str, int]:
    """Directory and file mode of locks, by the rules of libs/config (a test compares the two).
    Other keys are ignored: a cron job must not fail because of a mistake in the page's settings."""
    named = values.get("config") or os.fsdecode(context.get(b"HATCHERY_CONFIG") or b"")
    usual = [os.path.join(checkout, "hatchery.toml"), SYSTEM_CONFIG]
    file = named or next((one for one in usual if os.path.exists(one)), usual[0])
    entries = _entries(file, named != "")
    locks = entries.get("locks", {})
    if not isinstance(locks, dict):
        _refuse(file, "locks", "must be a table")
    base = os.path.dirname(os.path.abspath(file))
    own = _path(file, base, "state_dir", entries) or os.path.join(checkout, ".hatchery")
    state = os.path.abspath(values.get("state-dir", own))
    directory = _path(file, base, "dir", locks) or os.path.join(state, "locks")
    return directory, _mode(file, locks.get("mode", "0600"))


def _entries(file: str, was_named: bool) -> dict[str, Any]:
    try:
        with open(file, "rb") as opened:
            text = opened.read()
    except FileNotFoundError as error:
        if was_named:
            raise ConfigError(f"{file}: there is no such file") from error
        return {}
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    import tomllib

    try:
        return tomllib.loads(text.decode())
    except ValueError as error:
        raise ConfigError(f"{file}: {error}; hatchery doctor tells more") from error


def _path(file: str, base: str, key: str, entries: dict[str, Any]) -> str | None:
    value = entries.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value == "" or value.startswith("~") or "\0" in value:
        _refuse(file, key, "must be a path")
    return os.path.normpath(os.path.join(base, value))


def _mode(file: str, value: Any) -> int:
    """Permission bits as `"0660"`, `"0o660"` or 0o660: the owner can read and write, nobody can
    execute."""
    bits = value if isinstance(value, int) else -1
    if isinstance(value, str) and re.fullmatch(r"(0o?)?[0-7]{3}", value):
        bits = int(value.removeprefix("0o"), 8)
    if bits & ~0o777 or bits & 0o711 != 0o600:
        _refuse(
            file,
            "mode",
            'must let its owner read and write, and nobody run it, as "0600" or "0660"',
        )
    return bits


def _refuse(file: str, key: str, what: str) -> NoReturn:
    raise ConfigError(f"{file}: {key} {what}; hatchery doctor tells more")
