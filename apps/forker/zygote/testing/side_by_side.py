"""Breezy's own client, with the installed plugins, against a plain `brz serve --inet` or a session
of ours.

Everything is forked from one process that has Breezy loaded, so a command takes a tenth of a
second.
"""

import os
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any

import breezy
import breezy.bzr
from breezy import commands, trace, ui
from breezy.plugin import load_plugins
from breezy.transport import ssh

#: The host in the client's URLs, and its user.
URL = "bzr+ssh://demo@host/"

#: Exit code, stdout and stderr of one command.
Outcome = tuple[int, str, str]


def load() -> None:
    """Loads what a user's client has loaded; once per process."""
    if breezy._global_state is None:
        breezy.initialize(setup_ui=False).__enter__()
    commands._register_builtin_commands()
    commands.install_bzr_command_hooks()
    load_plugins()


def serve_plain(root: str) -> None:
    """A `brz serve` in a Python of its own: in this one, other tests may have installed our
    replacements in Breezy.
    """
    serve = ["-I", "-m", "breezy", "serve", "--inet", f"--directory={root}", "--allow-writes"]
    os.execv(sys.executable, [sys.executable, *serve])


def serve_hosted(root: str) -> None:
    """What a session of the user `demo` runs."""
    os.environ["BRZ_NO_SMART_VFS"] = "1"
    import hosting
    import lock_reports
    from access import Access, folded

    lock_reports.install()
    private = frozenset([folded(("~other", "secret"))])
    hosting.prepared(root).serve(Access("demo", private=private))


def in_fork(streams: dict[int, int], work: Callable[[], int]) -> int:
    """Forks a process that does this work on these descriptors and returns its pid; the work's
    result is its exit code.
    """
    pid = os.fork()
    if pid != 0:
        return pid
    status = 99
    try:
        os.setsid()
        # A command that hangs fails its test.
        signal.alarm(120)
        for number, descriptor in streams.items():
            os.dup2(descriptor, number)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)
        breezy.get_global_state().config_stores.clear()
        status = work()
        # A server has closed its streams.
        if not sys.stdout.closed:
            sys.stdout.flush()
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


class Vendor(ssh.SubprocessVendor):
    """Instead of ssh: forks the server at the other end of a socket."""

    def __init__(self, serve: Callable[[str], None], root: str) -> None:
        self._serve, self._root = serve, root
        #: The client's ends. If a server inherited another client's end, that client's server would
        #: not see it leave.
        self._ours: list[socket.socket] = []

    def connect_ssh(self, *_: Any, **__: Any) -> Any:
        """One connection; the command is always `brz serve`. The server's stderr goes to the
        client's terminal, as over ssh.
        """
        ours, theirs = socket.socketpair()
        self._ours.append(ours)

        def work() -> int:
            for end in self._ours:
                end.close()
            self._serve(self._root)
            return 0

        pid = in_fork({0: theirs.fileno(), 1: theirs.fileno()}, work)
        theirs.close()
        return ssh.SSHSubprocessConnection(Forked(pid), ours)


class Forked:
    """As much of a Popen as Breezy's client uses."""

    stdin = stdout = None

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def wait(self) -> int:
        """Waits for the server's end."""
        return os.waitpid(self._pid, 0)[1]


class Side:
    """One server's hosting root with a user's directory beside it; both are copies of another
    Side's when one is given.
    """

    def __init__(self, serve: Callable[[str], None], like: "Side | None" = None) -> None:
        self.scratch = os.path.realpath(tempfile.mkdtemp())
        if like is not None:
            shutil.copytree(like.scratch, self.scratch, symlinks=True, dirs_exist_ok=True)
        self.root, self.home, self.work = (
            os.path.join(self.scratch, name) for name in ("root", "home", "work")
        )
        for path in (self.root, self.home, self.work):
            os.makedirs(path, exist_ok=True)
        self._serve = serve
        self._started = 0

    def write(self, path: str, text: str) -> None:
        """Writes a file below the user's directory."""
        place = os.path.join(self.work, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w") as stream:
            stream.write(text)

    def brz(self, *words: str, cwd: str = "") -> Outcome:
        """Runs one command of brz as a user does."""
        return self.outcome(self.start(*words, cwd=cwd))

    def start(self, *words: str, cwd: str = "") -> tuple[int, str]:
        """Starts a command; hand the result to `outcome`."""
        self._started += 1
        streams = os.path.join(self.scratch, f"command-{self._started}")
        open_flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        descriptors = [
            os.open(os.devnull, os.O_RDONLY),
            *(os.open(f"{streams}.{number}", open_flags, 0o600) for number in (1, 2)),
        ]

        def work() -> int:
            os.chdir(os.path.join(self.work, cwd))
            os.environ.update(
                HOME=self.home, BRZ_HOME=self.home, BRZ_EMAIL="Demo <demo@example.invalid>"
            )
            os.environ.update(
                BRZ_LOG=os.path.join(self.scratch, "brz.log"),
                EDITOR="/bin/true",
                BRZ_PROGRESS_BAR="none",
            )
            ssh._ssh_vendor_manager._cached_ssh_vendor = Vendor(self._serve, self.root)
            ui.ui_factory = ui.make_ui_for_terminal(sys.stdin, sys.stdout, sys.stderr)
            trace.enable_default_logging()
            return commands.run_bzr_catch_errors(list(words)) or 0

        pid = in_fork(dict(enumerate(descriptors)), work)
        for descriptor in descriptors:
            os.close(descriptor)
        return pid, streams

    def outcome(self, started: tuple[int, str]) -> Outcome:
        """Waits for a command."""
        pid, streams = started
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        texts = []
        for number in (1, 2):
            with open(f"{streams}.{number}", errors="replace") as stream:
                texts.append(stream.read())
        return code, texts[0], texts[1]

    def remove(self) -> None:
        """Removes everything."""
        shutil.rmtree(self.scratch)
