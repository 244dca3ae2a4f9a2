"""The process context that `hatchery lock` was started with, and how the command gets it unchanged,
as with flock(1).
"""

import base64
import errno
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

#: The script `hatchery` passes the environment here, in parts of base64, because a shell drops
#: variables whose names are not valid in it.
_PARTS = "hatchery_environ"

#: What Python changes in its own process at its start (Python/pylifecycle.c, `init_signals`;
#: `signal_install_handlers`).
_PYTHONS_OWN = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT)


class GivenContext:
    """Facts about the process that are lost once Python runs in it."""

    def __init__(self, environment: list[bytes], ignored: frozenset[int], blocked: frozenset[int]):
        #: `NAME=value` as the kernel has it: in its order, with duplicates.
        self.environment = environment
        self.ignored = ignored
        self.blocked = blocked

    def get(self, name: bytes) -> bytes | None:
        """A variable as getenv(3) finds it."""
        start = name + b"="
        return next(
            (entry[len(start) :] for entry in self.environment if entry.startswith(start)), None
        )


def take(ignored_mask: str, script: str) -> GivenContext:
    """Reads the context and restores signal dispositions and descriptors. `ignored_mask` is SigIgn
    of proc_pid_status(5), `script` the file that the shell ran."""
    _close_script(script)
    mask = int(ignored_mask or "0", 16)
    ignored = frozenset(number for number in range(1, 65) if mask >> (number - 1) & 1)
    for number in _PYTHONS_OWN:
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    blocked = frozenset(int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, []))
    return GivenContext(_environment(), ignored, blocked)


def _close_script(script: str) -> None:
    """Closes the script's descriptor, which a shell leaves open across exec when no low number was
    free for it."""
    try:
        own = os.stat(script)
        for number in range(3, 10):
            os.fstat(number)
        for number in sorted(int(name) for name in os.listdir("/proc/self/fd")):
            if (
                number >= 10
                and os.get_inheritable(number)
                and os.path.samestat(os.fstat(number), own)
            ):
                os.close(number)
                return
    except OSError:
        pass  # A low number was free, so there is nothing to close.


def _environment() -> list[bytes]:
    count = os.environ.get(_PARTS, "")
    if not count.isdigit():
        # Without /proc, use the shell's view.
        return [
            name + b"=" + value
            for name, value in os.environb.items()
            if not name.startswith(_PARTS.encode())
        ]
    whole = base64.b64decode("".join(os.environ[f"{_PARTS}_{part}"] for part in range(int(count))))
    return (
        whole.split(b"\0")[:-1]
        if whole.endswith(b"\0")
        else [one for one in whole.split(b"\0") if one]
    )


def execute(words: list[bytes], context: GivenContext) -> NoReturn:
    """Replaces this process with the command, found as execvp(3) finds it. Exits with 127 or 126 on
    failure, as a shell does.
    """
    found: OSError | None = None
    for path in _candidates(words[0], context):
        try:
            _execve(path, words, context.environment)
        except OSError as error:
            if error.errno == errno.ENOEXEC:
                # A script without a first line that names its interpreter.
                _execve(b"/bin/sh", [b"/bin/sh", path, *words[1:]], context.environment)
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
                found = error
                break
            if found is None or error.errno == errno.EACCES:
                found = error
    reason = found or FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    say(f"lock: cannot run {os.fsdecode(words[0])}: {reason.strerror}")
    sys.stderr.flush()
    os._exit(127 if reason.errno in (errno.ENOENT, errno.ENOTDIR) else 126)


def _candidates(name: bytes, context: GivenContext) -> list[bytes]:
    if b"/" in name:
        return [name]
    # What the GNU C library uses without a PATH (confstr(3), _CS_PATH).
    path = context.get(b"PATH")
    places = (b"/bin:/usr/bin" if path is None else path).split(b":")
    return [(place or b".") + b"/" + name for place in places] if name else []


class _Environment:
    """A mapping for os.execve that keeps order and duplicates, unlike a dictionary."""

    def __init__(self, entries: Iterable[bytes]):
        self.pairs = [entry.partition(b"=") for entry in entries]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, name: bytes) -> bytes:
        return next(value for own, _, value in self.pairs if own == name)

    def keys(self) -> list[bytes]:
        """The names in their original order."""
        return [name for name, _, _ in self.pairs]

    def values(self) -> list[bytes]:
        """Values, one for each name."""
        return [value for _, _, value in self.pairs]


def _execve(path: bytes, words: list[bytes], entries: list[bytes]) -> None:
    if all(b"=" in entry[1:] for entry in entries):
        environment: Any = _Environment(entries)
        os.execve(path, words, environment)
    # Python rejects entries that are not NAME=value, which the kernel accepts.
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    library.execve(
        path,
        (ctypes.c_char_p * (len(words) + 1))(*words),
        (ctypes.c_char_p * (len(entries) + 1))(*entries),
    )
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))


def say(line: str) -> None:
    """Prints one line on standard error, without control characters."""
    shown = "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in line)
    try:
        os.write(2, f"hatchery: {shown}\n".encode(errors="surrogateescape"))
    except OSError:
        pass  # Standard error is closed.
