"""Confines a session: its user, its limits, its control group, and no open descriptors but
its own.
"""

import contextlib
import os
import pwd
import resource

import restrictions
from messages import Configuration

#: Which processes the kernel kills first when memory is short (proc(5), `oom_score_adj`): a session
#: before all others on the host, and a zygote, which another one replaces within a second, before
#: the rest of the service.
OOM_OF_SESSION = 1000
OOM_OF_ZYGOTE = 500

#: Seconds of CPU time from SIGXCPU, which names the cause, to SIGKILL.
CPU_GRACE_S = 5

#: close_range(2) takes any number; this is the highest that Python's own argument can be.
DESCRIPTORS_MAX = 2**31 - 1

#: The pid of the process that has entered its control group. A child that was not forked runs
#: confine and isolate in one process, and may be another user by the second call.
_entered: list[int] = []


def confine(link: int, configuration: Configuration) -> None:
    """Call this first in a process that sessions are forked from: a session never has the rights
    that this gives up."""
    close_above(link)
    enter_cgroup(configuration["cgroup"])
    # Children inherit these limits. The limit on CPU time is not among them: it counts from a
    # process's own start.
    limits = configuration["limits"]
    limit(resource.RLIMIT_AS, limits["addressSpaceBytes"])
    limit(resource.RLIMIT_NOFILE, limits["openFiles"])
    limit(resource.RLIMIT_FSIZE, limits["fileSizeBytes"])
    if configuration["runAs"] is not None:
        become(configuration["runAs"])
    restrictions.give_up_rights()
    restrictions.prepare(os.environ["HATCHERY_HOSTING_ROOT"], readable(), os.environ.get("TMPDIR"))
    os.umask(configuration["umask"])
    os.chdir("/")


def readable() -> list[str]:
    """What sessions read besides code and the hosting root: their own configuration and the
    read-only flag.
    """
    read_only = os.environ.get("HATCHERY_READ_ONLY_FILE")
    return [os.environ["HOME"], *([os.path.dirname(read_only)] if read_only else [])]


def become(name: str) -> None:
    """Gives up root and becomes this user with its groups."""
    user = pwd.getpwnam(name)
    os.initgroups(name, user.pw_gid)
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)


def isolate(channel: int, configuration: Configuration) -> None:
    """Call this first in a child: it keeps only the standard streams and its channel, and gets a
    process group of its own.
    """
    enter_cgroup(configuration["cgroup"])
    os.setsid()
    limit(resource.RLIMIT_CPU, configuration["limits"]["cpuS"], CPU_GRACE_S)
    below = 3
    for kept in sorted({channel, *restrictions.descriptors()}):
        os.closerange(below, kept)
        below = kept + 1
    close_above(below - 1)


def close_above(descriptor: int) -> None:
    """Closes higher descriptors. The program that started the service may have left some open, with
    any number that was allowed then.
    """
    os.closerange(descriptor + 1, DESCRIPTORS_MAX)


def limit(number: int, value: int, grace: int = 0) -> None:
    """Sets one limit for good; 0 leaves it unchanged. A lower limit set by the system stays.
    `grace` is the distance from the soft to the hard limit.
    """
    if value == 0:
        return
    hard = resource.getrlimit(number)[1]
    soft, most = (
        wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        for wanted in (value, value + grace)
    )
    resource.setrlimit(number, (soft, most))


def offer_to_kernel(pid: int, score: int) -> None:
    """Sets how early the kernel kills a process when memory is short. The value never goes down:
    only root may lower it.

    The parent calls this. A process that has become another user may not write its own (proc(5),
    `PR_SET_DUMPABLE`).
    """
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(
        f"/proc/{pid}/oom_score_adj", "r+"
    ) as stream:
        if int(stream.read()) < score:
            stream.seek(0)
            stream.write(str(score))


def enter_cgroup(parent: str | None) -> None:
    """Moves this process into a control group of its own. The keeper removes the group after it
    reaps the process.
    """
    if parent is None or _entered == [os.getpid()]:
        return
    directory = os.path.join(parent, str(os.getpid()))
    # It exists already when a killed keeper had a child with this pid.
    with contextlib.suppress(FileExistsError):
        os.mkdir(directory)
    with open(os.path.join(directory, "cgroup.procs"), "w") as stream:
        stream.write("0")
    _entered[:] = [os.getpid()]


def remove_cgroup(parent: str | None, pid: int) -> bool:
    """Removes the control group of a reaped process. False while it still holds other processes,
    which are killed.
    """
    if parent is None:
        return True
    directory = os.path.join(parent, str(pid))
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        return True
    except OSError:
        with open(os.path.join(directory, "cgroup.kill"), "w") as stream:
            stream.write("1")
        return False
    return True
