# Long: two tables, of paths and of system calls, and what installs them.
"""Limits what a compromised session can do: Landlock for files and signals, seccomp for system
calls, no capability.

A session needs its own streams, its channel, Breezy's code, and the hosting root. It runs as the
user of the service unless `forker.run_as` names another one, and must not reach that user's other
things: host key, audit, control sockets, other processes.
"""

import ctypes
import errno
import json
import os
import platform
import struct
import sys

#: prctl(2): no program that is run from here on can gain rights, for example by its set-user-id
#: bit.
PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2

#: Numbers of landlock(7), the same on every architecture.
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION, RULE_PATH_BENEATH = 1, 1

#: Rights by the ABI that introduced them (landlock(7)): 13, then REFER, TRUNCATE, IOCTL_DEV.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = 1, 2, 4, 8, 16, 32
MAKE_DIR, MAKE_REG, REFER, TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
RIGHTS_OF_ABI = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
ALL_RIGHTS = 0xFFFF
#: Since ABI 4 a session can neither listen nor connect; since ABI 6 it can signal no other process
#: and reach no abstract socket outside.
NET_RIGHTS, SCOPES = 3, 3

READ = READ_FILE | READ_DIR
#: No execute, no link, no device, no socket: Breezy keeps only files and directories below the
#: hosting root.
CHANGE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
FILE_RIGHTS = WRITE_FILE | READ_FILE | TRUNCATE

#: What the C library, Python and Breezy look up while they run.
SYSTEM_READ = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/nsswitch.conf",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/etc/mime.types",
    "/etc/breezy",
    "/etc/bazaar",
    "/etc/gitconfig",
    "/etc/timezone",
    "/etc/locale.alias",
    "/etc/default/locale",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
)
REPLACED = ("/etc/passwd", "/etc/group")

#: The number of each call on x86_64 and aarch64 (linux/asm/unistd_64.h, asm-generic/unistd.h); -1
#: where it does not exist.
DENIED: dict[str, tuple[int, int]] = {
    # Other processes: their memory, their descriptors, signals to them.
    **{
        "ptrace": (101, 117),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "kcmp": (312, 272),
    },
    **{"pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424)},
    **{"process_madvise": (440, 440), "process_mrelease": (448, 448), "tkill": (200, 130)},
    **{"rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240)},
    # Other programs, and connections: a session already has all the descriptors that it needs.
    **{
        "execve": (59, 221),
        "execveat": (322, 281),
        "socket": (41, 198),
        "connect": (42, 203),
        "bind": (49, 200),
    },
    **{"listen": (50, 201), "accept": (43, 202), "accept4": (288, 242)},
    # Mounts and namespaces.
    **{
        "mount": (165, 40),
        "umount2": (166, 39),
        "pivot_root": (155, 41),
        "chroot": (161, 51),
        "unshare": (272, 97),
    },
    **{
        "setns": (308, 268),
        "move_mount": (429, 429),
        "open_tree": (428, 428),
        "fsopen": (430, 430),
    },
    **{
        "fsconfig": (431, 431),
        "fsmount": (432, 432),
        "fspick": (433, 433),
        "mount_setattr": (442, 442),
    },
    # The kernel: keys, programs in it, counters, modules, its log, its clock, its asynchronous
    # rings.
    **{"keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280)},
    **{"perf_event_open": (298, 241), "kexec_load": (246, 104), "kexec_file_load": (320, 294)},
    **{
        "init_module": (175, 105),
        "finit_module": (313, 273),
        "delete_module": (176, 106),
        "reboot": (169, 142),
    },
    **{
        "swapon": (167, 224),
        "swapoff": (168, 225),
        "settimeofday": (164, 170),
        "clock_settime": (227, 112),
    },
    **{
        "clock_adjtime": (305, 266),
        "adjtimex": (159, 171),
        "sethostname": (170, 161),
        "setdomainname": (171, 162),
    },
    **{"userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426)},
    **{
        "io_uring_register": (427, 427),
        "open_by_handle_at": (304, 265),
        "name_to_handle_at": (303, 264),
    },
    **{"quotactl": (179, 60), "quotactl_fd": (443, 443), "acct": (163, 89), "syslog": (103, 116)},
    **{
        "personality": (135, 92),
        "vhangup": (153, 58),
        "fanotify_init": (300, 262),
        "lookup_dcookie": (212, 18),
    },
    **{"iopl": (172, -1), "ioperm": (173, -1), "modify_ldt": (154, -1)},
}

#: By machine: the column of DENIED, AUDIT_ARCH_* of linux/audit.h, and the numbers of clone,
#: clone3, kill, tgkill.
MACHINES = {
    "x86_64": (0, 0xC000003E, (56, 435, 62, 234)),
    "aarch64": (1, 0xC00000B7, (220, 435, 129, 131)),
}
#: CLONE_NEW* of clone(2). clone3 has its flags in memory, which a filter cannot read; when it is
#: refused, the C library falls back to clone.
NEW_NAMESPACES = 0x7E020000
#: Numbers from here on are the x32 variants of the same calls.
X32 = 0x40000000

KILL_PROCESS, ERRNO, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
LOAD, IF_EQUAL, IF_ABOVE, IF_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCH, ARGUMENT = 0, 4, (16, 24)

#: What root keeps of its capabilities (capability(7)): to write files of other owners; Landlock
#: says where.
CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID = 1, 3, 4
ROOT_KEEPS = 1 << CAP_DAC_OVERRIDE | 1 << CAP_FOWNER | 1 << CAP_FSETID

#: The descriptor of the ruleset: above the channels of children, which get the lowest free number.
RULESET = 10

#: The hosting root, the rights below it, and the ABI; empty without Landlock.
_prepared: list[tuple[str, int, int]] = []

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def landlock_abi() -> int:
    """The kernel's Landlock version; 0 for none (landlock(7),
    `LANDLOCK_CREATE_RULESET_VERSION`)."""
    return max(
        0,
        int(
            _libc.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), CREATE_RULESET_VERSION)
        ),
    )


def lacks() -> list[str]:
    """The restrictions that this machine cannot enforce, in words for an operator."""
    abi, found = landlock_abi(), []
    if abi == 0:
        found.append(
            "Landlock (the kernel has none, or it is not in its lsm= list): sessions read what their user may"
        )
    elif abi < 6:
        found.append(f"Landlock's scope of signals (ABI {abi}, from 6 on)")
    if platform.machine() not in MACHINES:
        found.append(f"the seccomp filter (not written for {platform.machine()})")
    return found


def give_up_rights() -> None:
    """Call this once for a zygote and all its children: no new rights, no capability, none of the
    calls that sessions do not need.
    """
    if _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")
    _keep_capabilities(ROOT_KEEPS if os.geteuid() == 0 else 0)
    if platform.machine() in MACHINES:
        _filter(static_filter(platform.machine()))


def prepare(root: str, readable: list[str], scratch: str | None = None) -> None:
    """Makes the ruleset of sessions below the hosting root, for `enter`; does nothing without
    Landlock. Large indexes are sorted in `scratch`.
    """
    abi = landlock_abi()
    if abi == 0:
        return
    handled = RIGHTS_OF_ABI.get(abi, ALL_RIGHTS)
    attributes = struct.pack("QQQ", handled, NET_RIGHTS, SCOPES)[
        : 24 if abi >= 6 else 16 if abi >= 4 else 8
    ]
    ruleset = _call(LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset != RULESET:
        os.dup2(ruleset, RULESET, inheritable=False)
        os.close(ruleset)
        ruleset = RULESET
    _allow(ruleset, os.devnull, READ_FILE | WRITE_FILE)
    for path in (*SYSTEM_READ, *sys.path, *readable):
        _allow(ruleset, path, READ)
    if scratch is not None:
        _allow(ruleset, scratch, CHANGE & handled)
    _prepared[:] = [(root, CHANGE & handled, abi)]


def descriptors() -> list[int]:
    """The descriptors that `enter` still needs open."""
    return [RULESET] if _prepared else []


def enter() -> None:
    """Applies the ruleset to this process, which from now on can signal only itself. Raises OSError
    when that fails.
    """
    abi = 0
    if _prepared:
        ((root, change, abi),) = _prepared
        # A rule applies to a file and not to its name: these files may have been replaced since.
        _allow(RULESET, root, change)
        for path in REPLACED:
            _allow(RULESET, path, READ)
        _call(LANDLOCK_RESTRICT_SELF, RULESET, 0)
        os.close(RULESET)
    if platform.machine() in MACHINES and abi < 6:
        _filter(own_signals_filter(platform.machine(), os.getpid()))


def static_filter(machine: str) -> list[tuple[int, int, int, int]]:
    """The program (linux/filter.h) that refuses DENIED, and refuses to make namespaces with
    clone."""
    column, _, (clone, clone3, _, _) = MACHINES[machine]
    numbers = sorted(call[column] for call in DENIED.values() if call[column] >= 0)
    refused = [
        step
        for number in numbers
        for step in ((IF_EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | errno.EPERM))
    ]
    return [
        *_right_machine(machine),
        *((IF_EQUAL, 0, 1, clone3), (RETURN, 0, 0, ERRNO | errno.ENOSYS)),
        *((IF_EQUAL, 0, 4, clone), (LOAD, 0, 0, ARGUMENT[0]), (IF_BITS, 0, 1, NEW_NAMESPACES)),
        *((RETURN, 0, 0, ERRNO | errno.EPERM), (RETURN, 0, 0, ALLOW)),
        *refused,
        (RETURN, 0, 0, ALLOW),
    ]


def own_signals_filter(machine: str, pid: int) -> list[tuple[int, int, int, int]]:
    """The program that lets a process signal only itself, and ask whether another one is alive
    (signal 0).
    """
    _, _, (_, _, kill, tgkill) = MACHINES[machine]
    return [
        *_right_machine(machine),
        *(
            (IF_EQUAL, 0, 3, kill),
            (LOAD, 0, 0, ARGUMENT[1]),
            (IF_EQUAL, 4, 0, 0),
            (IF_EQUAL, 1, 1, 0),
        ),
        *(
            (IF_EQUAL, 0, 2, tgkill),
            (LOAD, 0, 0, ARGUMENT[0]),
            (IF_EQUAL, 0, 1, pid),
            (RETURN, 0, 0, ALLOW),
        ),
        (RETURN, 0, 0, ERRNO | errno.EPERM),
    ]


def _right_machine(machine: str) -> list[tuple[int, int, int, int]]:
    """Kills a process that calls by another machine's convention, and leaves the number of the call
    for the comparisons.
    """
    _, arch, _ = MACHINES[machine]
    start = [
        (LOAD, 0, 0, ARCH),
        (IF_EQUAL, 1, 0, arch),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER),
    ]
    return [*start, (IF_ABOVE, 0, 1, X32), (RETURN, 0, 0, ERRNO | errno.EPERM)]


def _filter(program: list[tuple[int, int, int, int]]) -> None:
    steps = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(steps))
    if _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP)")


def _keep_capabilities(kept: int) -> None:
    """Gives up all other capabilities for good: with no new privileges, no program regains them
    (capset(2), version 3).
    """
    header = struct.pack("Ii", 0x20080522, 0)
    if _libc.capset(header, struct.pack("IIIIII", kept, kept, 0, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Adds a rule for a path; a path that does not exist needs none."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        rights &= ALL_RIGHTS if os.path.isdir(path) else FILE_RIGHTS
        _call(
            LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0
        )
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"landlock: {os.strerror(ctypes.get_errno())}")
    return result


if __name__ == "__main__":
    print(json.dumps(lacks()))
