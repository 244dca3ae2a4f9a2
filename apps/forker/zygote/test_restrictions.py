# Long: a test for each path and system call that is refused.
"""What a compromised session can still do: each attempt is made for real in a forked child."""

import contextlib
import ctypes
import errno
import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
from collections.abc import Callable
from unittest import mock

import restrictions

Program = list[tuple[int, int, int, int]]


def attempts(
    root: str, readable: list[str], work: dict[str, Callable[[], object]]
) -> dict[str, str]:
    """How each attempt of a session ends: the name of its error, or `done`."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        ends = {}
        with contextlib.suppress(BaseException):
            restrictions.give_up_rights()
            restrictions.prepare(root, readable)
            restrictions.enter()
            for name, action in work.items():
                try:
                    action()
                    ends[name] = "done"
                except OSError as error:
                    ends[name] = errno.errorcode[error.errno or 0]
        os.write(writing, json.dumps(ends).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as stream:
        text = stream.read()
    os.waitpid(pid, 0)
    return dict(json.loads(text))


def put(path: str) -> None:
    """Makes or opens a file for writing."""
    with open(path, "w"):
        pass


def get(path: str) -> None:
    """Reads the beginning of a file."""
    with open(path, "rb") as stream:
        stream.read(1)


def make_and_remove(path: str) -> None:
    """Makes a directory and removes it."""
    os.mkdir(path)
    os.rmdir(path)


def call(number: int, *arguments: int) -> None:
    """A system call for which Python has no function."""
    if restrictions._libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "syscall")


def run(program: Program, arch: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What a filter answers to a call: interprets such programs as the kernel does, as far as they
    need it.
    """
    data = struct.pack("<iIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    accumulator = position = 0
    while True:
        code, if_true, if_false, value = program[position]
        position += 1
        if code == restrictions.LOAD:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == restrictions.RETURN:
            return value
        else:
            holds = {
                restrictions.IF_EQUAL: accumulator == value,
                restrictions.IF_ABOVE: accumulator >= value,
                restrictions.IF_BITS: accumulator & value != 0,
            }[code]
            position += if_true if holds else if_false


@unittest.skipUnless(
    restrictions.landlock_abi() >= 6, "this kernel has no Landlock, or no scope of signals"
)
class Session(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root, self.state = (os.path.join(scratch.name, name) for name in ("hosting", "state"))
        self.readable = os.path.join(self.state, "read-only")
        for path in (self.root, self.state, self.readable, os.path.join(self.root, "branch")):
            os.mkdir(path)
        for path in (
            os.path.join(self.state, "host_key"),
            os.path.join(self.readable, "read-only.json"),
        ):
            put(path)

    def check(self, wanted: dict[str, tuple[str, Callable[[], object]]]) -> None:
        found = attempts(
            self.root, [self.readable], {name: action for name, (_, action) in wanted.items()}
        )
        self.assertEqual(found, {name: end for name, (end, _) in wanted.items()})

    def test_reads_and_writes_below_the_hosting_root_and_nowhere_else(self) -> None:
        root, state = self.root, self.state
        os.symlink(state, os.path.join(root, "out"))
        self.check(
            {
                "write a file": ("done", lambda: put(f"{root}/branch/file")),
                "rename it elsewhere": (
                    "done",
                    lambda: os.rename(f"{root}/branch/file", f"{root}/file"),
                ),
                "remove it": ("done", lambda: os.unlink(f"{root}/file")),
                "make and remove a directory": ("done", lambda: make_and_remove(f"{root}/new")),
                "read the host key": ("EACCES", lambda: get(f"{state}/host_key")),
                "read it through a link": ("EACCES", lambda: get(f"{root}/out/host_key")),
                "overwrite it": ("EACCES", lambda: put(f"{state}/host_key")),
                "remove it from there": ("EACCES", lambda: os.unlink(f"{state}/host_key")),
                "list the state": ("EACCES", lambda: os.listdir(state)),
                "read the read-only file": ("done", lambda: get(f"{self.readable}/read-only.json")),
                "write the read-only file": (
                    "EACCES",
                    lambda: put(f"{self.readable}/read-only.json"),
                ),
                "make a link": ("EACCES", lambda: os.symlink("/etc", f"{root}/link")),
                "make a socket's file": ("EACCES", lambda: os.mkfifo(f"{root}/fifo")),
                "read passwords": ("EACCES", lambda: get("/etc/shadow")),
                "know users": ("done", lambda: get("/etc/passwd")),
                "import": ("done", lambda: __import__("xml.dom.minidom")),
                "write to /dev/null": ("done", lambda: put("/dev/null")),
                "write to /tmp": ("EACCES", lambda: put("/tmp/hatchery-test-must-not-be")),
            }
        )

    def test_reaches_no_other_process_and_no_network(self) -> None:
        own = os.getpid()
        self.check(
            {
                "signal the service": ("EPERM", lambda: os.kill(own, signal.SIGCONT)),
                "signal itself": ("done", lambda: os.kill(os.getpid(), signal.SIGCONT)),
                "ask for a dead one": ("ESRCH", lambda: os.kill(2**22 + 1, 0)),
                "read its memory": ("EACCES", lambda: get(f"/proc/{own}/mem")),
                "read its environment": ("EACCES", lambda: get(f"/proc/{own}/environ")),
                "trace it": (
                    "EPERM",
                    lambda: call(restrictions.DENIED["ptrace"][0], 16, own, 0, 0),
                ),
                "take its descriptors": ("EPERM", lambda: call(438, 0, 0, 0)),
                "dial": ("EPERM", lambda: socket.socket(socket.AF_UNIX)),
                "run a program": ("EPERM", lambda: subprocess.run(["/bin/true"])),
                "make namespaces": (
                    "EPERM",
                    lambda: call(restrictions.DENIED["unshare"][0], 0x10000000),
                ),
                "ask for a ring": ("EPERM", lambda: call(425, 1, 0)),
                "fork and thread": ("done", lambda: threading.Thread(target=int).start()),
                "wait": ("done", lambda: time.sleep(0)),
            }
        )

    def test_follows_a_hosting_root_that_was_put_in_the_place_of_another(self) -> None:
        """A rule applies to a file and not to its name: an operator may have replaced the disk
        since the zygote started.
        """

        def replace() -> None:
            os.rename(self.root, f"{self.root}.old")
            os.mkdir(self.root)

        prepare = restrictions.prepare

        def prepare_and_replace(root: str, readable: list[str]) -> None:
            prepare(root, readable)
            replace()

        with mock.patch.object(restrictions, "prepare", prepare_and_replace):
            self.check({"write a file": ("done", lambda: put(f"{self.root}/file"))})

    @unittest.skipUnless(os.getuid() == 0, "needs root")
    def test_of_root_keeps_only_the_capabilities_that_open_files(self) -> None:
        def told() -> None:
            with open("/proc/self/status") as stream:
                found = [
                    line.split()[1]
                    for line in stream
                    if line.startswith(("CapEff", "CapPrm", "NoNewPrivs"))
                ]
            if [int(word, 16) for word in found] != [
                restrictions.ROOT_KEEPS,
                restrictions.ROOT_KEEPS,
                1,
            ]:
                raise OSError(errno.EINVAL, str(found))

        # The session cannot read /proc once it is restricted, so read it before that.
        with mock.patch.object(restrictions, "prepare", lambda *_: told()):
            self.check({"become another": ("EPERM", lambda: os.setuid(1))})


class Filters(unittest.TestCase):
    """The programs themselves, also those of other machines."""

    def test_refuse_what_no_session_needs_and_nothing_else(self) -> None:
        for machine, (column, arch, (clone, clone3, *_)) in restrictions.MACHINES.items():
            program = restrictions.static_filter(machine)
            denied = {numbers[column] for numbers in restrictions.DENIED.values()} - {-1}
            for number in range(460):
                with self.subTest(machine=machine, number=number):
                    refused = restrictions.ERRNO | (
                        errno.ENOSYS if number == clone3 else errno.EPERM
                    )
                    wanted = refused if number in denied | {clone3} else restrictions.ALLOW
                    self.assertEqual(run(program, arch, number), wanted)
            user_namespace = run(program, arch, clone, (0x10000000 | signal.SIGCHLD,))
            self.assertEqual(user_namespace, restrictions.ERRNO | errno.EPERM)
            self.assertEqual(run(program, arch, clone, (signal.SIGCHLD,)), restrictions.ALLOW)

    def test_end_a_call_of_another_machine_and_refuse_other_numbers_for_the_same_calls(
        self,
    ) -> None:
        program = restrictions.static_filter("x86_64")
        self.assertEqual(run(program, 0x40000003, 1), restrictions.KILL_PROCESS)
        self.assertEqual(
            run(program, 0xC000003E, 0x40000000 | 41), restrictions.ERRNO | errno.EPERM
        )

    def test_let_a_process_signal_itself_alone_where_landlock_cannot_see_to_it(self) -> None:
        for machine, (_, arch, (_, _, kill, tgkill)) in restrictions.MACHINES.items():
            program = restrictions.own_signals_filter(machine, 7)
            for number, arguments, allowed in (
                *(
                    (kill, (7, 9), True),
                    (kill, (8, 9), False),
                    (kill, (8, 0), True),
                    (kill, (2**32 - 7, 9), False),
                ),
                *((tgkill, (7, 7, 6), True), (tgkill, (8, 8, 6), False), (0, (8, 9), True)),
            ):
                with self.subTest(machine=machine, number=number, arguments=arguments):
                    wanted = restrictions.ALLOW if allowed else restrictions.ERRNO | errno.EPERM
                    self.assertEqual(run(program, arch, number, arguments), wanted)

    def test_own_signals_hold_in_a_real_process(self) -> None:
        with mock.patch.object(restrictions, "landlock_abi", lambda: 0):
            own = os.getpid()
            found = attempts(
                "/",
                [],
                {
                    "signal the service": lambda: os.kill(own, signal.SIGCONT),
                    "signal itself": lambda: os.kill(os.getpid(), signal.SIGCONT),
                },
            )
        self.assertEqual(found, {"signal the service": "EPERM", "signal itself": "done"})


class Lacks(unittest.TestCase):
    def test_says_in_words_what_a_machine_cannot_take(self) -> None:
        with mock.patch.object(restrictions, "landlock_abi", lambda: 0):
            self.assertRegex(
                restrictions.lacks()[0], "^Landlock .*sessions read what their user may"
            )
        with mock.patch.object(restrictions, "landlock_abi", lambda: 4):
            self.assertRegex(restrictions.lacks()[0], r"scope of signals \(ABI 4, from 6 on\)")
        with mock.patch("platform.machine", lambda: "riscv64"):
            self.assertRegex(restrictions.lacks()[-1], "seccomp filter .*riscv64")


if __name__ == "__main__":
    unittest.main()
