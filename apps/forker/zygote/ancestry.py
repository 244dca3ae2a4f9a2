"""Whose child a process is, by the kernel's word (proc(5), `stat`)."""

import os
from collections.abc import Container

#: No process tree is deeper but by design.
DEPTH_MAX = 64

#: A child, the one between, and its zygote.
GENERATIONS_MAX = 3

#: The one between may end while it is looked at; the next look finds its child with us.
LOOKS_MAX = 3


def parent_of(pid: int) -> int | None:
    """The parent of a process, a zombie's too; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def is_new_child(pid: int, known: Container[int]) -> bool:
    """True for a process that was just forked for us: ours, or below the one that stands between it
    and its zygote.

    False for a session that is known, and for what one has started.
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
    """True for a process that lives, and that neither is this one nor was started by it or anything
    below it.
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
        # One of them ended while it was looked at: the next look finds the others with whom they
        # were left to.
    return False
