"""The process context that `hatchery lock` was given, and a command that gets it unchanged:
flock(1) is the model.
"""

import base64
import errno
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

#: The script `hatchery` puts the environment here, in parts of base64, as a shell drops names that
#: are not its own.
_PARTS = "hatchery_environ"

#: What Python changes in itself at its start (Python/pylifecycle.c, `init_signals`;
#: `signal_install_handlers`).
_PYTHONS_OWN = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT)


class GivenContext:
    """What cannot be read from the process any more once Python runs in it."""

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
    """Reads the context and makes dispositions and descriptors what they were. `ignored_mask` is
    SigIgn of proc_pid_status(5), `script` the file that the shell ran."""
    _close_script(script)
    mask = int(ignored_mask or "0", 16)
    ignored = frozenset(number for number in range(1, 65) if mask >> (number - 1) & 1)
    for number in _PYTHONS_OWN:
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    blocked = frozenset(int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, []))
    return GivenContext(_environment(), ignored, blocked)


def _close_script(script: str) -> None:
    """A shell leaves its script open in what it becomes, where no low number was free for it."""
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
        pass  # A low number is free, or there is nothing to close.


def _environment() -> list[bytes]:
    count = os.environ.get(_PARTS, "")
    if not count.isdigit():
        # Without /proc the shell's view has to do.
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
    """Becomes the command, found as execvp(3) finds it; exits with 127 or 126 when it cannot, as a
    shell does.
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
    # What the GNU C library takes without a PATH (confstr(3), _CS_PATH).
    path = context.get(b"PATH")
    places = (b"/bin:/usr/bin" if path is None else path).split(b":")
    return [(place or b".") + b"/" + name for place in places] if name else []


class _Environment:
    """A mapping for os.execve that keeps order and duplicates, which a dictionary has not."""

    def __init__(self, entries: Iterable[bytes]):
        self.pairs = [entry.partition(b"=") for entry in entries]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, name: bytes) -> bytes:
        return next(value for own, _, value in self.pairs if own == name)

    def keys(self) -> list[bytes]:
        """Names in the order they were given in."""
        return [name for name, _, _ in self.pairs]

    def values(self) -> list[bytes]:
        """Values, one for each name."""
        return [value for _, _, value in self.pairs]


def _execve(path: bytes, words: list[bytes], entries: list[bytes]) -> None:
    if all(b"=" in entry[1:] for entry in entries):
        environment: Any = _Environment(entries)
        os.execve(path, words, environment)
    # Python refuses what is no NAME=value, which the kernel takes.
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
    """One line on standard error, with nothing in it that a terminal obeys."""
    shown = "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in line)
    try:
        os.write(2, f"hatchery: {shown}\n".encode(errors="surrogateescape"))
    except OSError:
        pass  # Nobody is there to be told.
