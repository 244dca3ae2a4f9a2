"""Finds a process's ancestors in the kernel's own records (proc(5), `stat`)."""

import os
from collections.abc import Container

#: Only a deliberately built process tree is deeper.
DEPTH_MAX = 64

#: A child, the intermediate process, and its zygote.
GENERATIONS_MAX = 3

#: The intermediate process may end during a look; the next look then finds its child below us.
LOOKS_MAX = 3


def parent_of(pid: int) -> int | None:
    """The parent of a process, also of a zombie; None when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def is_new_child(pid: int, known: Container[int]) -> bool:
    """True for a process that was just forked for us: our own child, or a child of the intermediate
    process that a zygote forks.

    False for a known session and for any process that a session started.
    """
    for _ in range(LOOKS_MAX):
        line = [pid]
        while (
            line[-1] not in known
            and len(line) <= GENERATIONS_MAX
            and (parent := parent_of(line[-1])) is not None
        ):
            if parent == os.getpid():
                return True
            line.append(parent)
        if line[-1] in known:
            return False
    return False


def is_apart(pid: int) -> bool:
    """True for a live process that is not this one and that neither this process nor a descendant
    started.
    """
    for _ in range(LOOKS_MAX):
        line = [pid]
        while (
            len(line) <= DEPTH_MAX
            and line[-1] not in (0, 1, os.getpid())
            and (above := parent_of(line[-1])) is not None
        ):
            line.append(above)
        if line[-1] == os.getpid():
            return False
        if len(line) > 1 and line[-1] in (0, 1):
            return True
        # One of them ended during the look. The next look finds the others below their new parent.
    return False
