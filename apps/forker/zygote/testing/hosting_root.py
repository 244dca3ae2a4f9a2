"""A hosting root with branches of several owners, and sessions of Breezy's own client with a real
child that serves it.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from breezy.bzr.smart import client, medium
from breezy.errors import ErrorFromSmartServer, UnknownSmartMethod

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

#: Only bob sees the first, only the reds the second.
PRIVATE = ["~bob/secret", "~reds/secret"]

BRANCHES = (
    "~alice/public/branch",
    "~bob/public/branch",
    "~bob/secret/branch",
    "~reds/public/branch",
    "~reds/secret/branch",
    "shared/branch",
    "../outside/branch",
)

#: Links and their targets.
LINKS = {
    "~alice/out": "../../outside",
    "~alice/door": "../~bob/secret",
    "~bob/out": "../../outside",
    "~bob/door": "secret",
    "~bob/other": "../~alice/public",
}

NO_LIMITS = {"cpuS": 0, "addressSpaceBytes": 0, "openFiles": 0, "fileSizeBytes": 0}

#: Whether it is an error, the answer's arguments, and its body.
Answer = tuple[bool, tuple[Any, ...], bytes]


@functools.cache
def branch_with_one_revision() -> tuple[tempfile.TemporaryDirectory[str], bytes]:
    """Made once by a real brz, without a working tree; also returns the revision's id."""
    place = tempfile.TemporaryDirectory()
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": place.name,
        "BRZ_HOME": place.name,
        "BRZ_LOG": os.devnull,
        "LANG": "C.UTF-8",
    }

    def brz(*words: str) -> str:
        arguments = ["/usr/bin/brz", *words]
        environment["BRZ_EMAIL"] = "somebody <s@example.invalid>"
        return subprocess.run(
            arguments, cwd=place.name, env=environment, check=True, capture_output=True, text=True
        ).stdout

    brz("init", "-q", "--format=2a")
    with open(os.path.join(place.name, "file"), "w") as stream:
        stream.write("content\n")
    brz("add", "-q", "file")
    brz("commit", "-q", "-m", "one")
    revision = brz("revision-info").split()[1].encode()
    brz("remove-tree", "-q", "--force")
    return place, revision


class HostingRoot:
    """A directory with BRANCHES and LINKS, each branch with one revision; a test's changes can be
    undone.
    """

    def __init__(self) -> None:
        self.scratch = os.path.realpath(tempfile.mkdtemp())
        self._world = os.path.join(self.scratch, "world")
        self._kept = os.path.join(self.scratch, "kept")
        self.root = os.path.join(self._world, "hosting")
        self.home = os.path.join(self.scratch, "home")
        self.read_only = os.path.join(self.scratch, "read-only.json")
        os.mkdir(self.home)
        template, self.revision = branch_with_one_revision()
        stacked = os.path.join(self.root, "~bob/stacked/branch")
        for name in (*BRANCHES, stacked):
            shutil.copytree(template.name, os.path.normpath(os.path.join(self.root, name)))
        with open(os.path.join(stacked, ".bzr/branch/branch.conf"), "w") as stream:
            stream.write("stacked_on_location = /~bob/secret/branch\n")
        for name, target in LINKS.items():
            os.symlink(target, os.path.join(self.root, name))
        shutil.copytree(self._world, self._kept, symlinks=True)
        self._before = self.contents()
        #: hosting.file_reads, for sessions that start from now on.
        self.file_reads = False

    def contents(self) -> dict[str, tuple[int, int]]:
        """Every path, with time and size of files."""
        found = {}
        for directory, names, files in os.walk(self._world):
            found[directory] = (0, 0)
            for name in (
                *files,
                *(name for name in names if os.path.islink(os.path.join(directory, name))),
            ):
                stat = os.lstat(os.path.join(directory, name))
                found[os.path.join(directory, name)] = (stat.st_mtime_ns, stat.st_size)
        return found

    def take_back(self) -> list[str]:
        """Restores the original content, and returns what had changed."""
        changed = [path for path, _ in self.contents().items() ^ self._before.items()]
        # World, hosting, user, project: restoring one of these restores everything deeper.
        for name in {
            "/".join(os.path.relpath(path, self._world).split("/")[:3]) for path in changed
        }:
            place, kept = os.path.join(self._world, name), os.path.join(self._kept, name)
            if os.path.lexists(place):
                shutil.rmtree(place)
            if os.path.lexists(kept):
                shutil.copytree(kept, place, symlinks=True)
        return sorted(changed)

    def environment(self, teams: str) -> dict[str, str]:
        """What the service gives a session (libs/config/src/session-settings.ts), and the teams
        from the fork request.
        """
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": self.home,
            "BRZ_HOME": self.home,
            "BRZ_LOG": os.devnull,
            "TMPDIR": self.home,
            "BRZ_NO_SMART_VFS": "1",
            "HATCHERY_HOSTING_ROOT": self.root,
            "HATCHERY_PRIVATE": json.dumps(PRIVATE),
            "HATCHERY_READ_ONLY_FILE": self.read_only,
            "HATCHERY_FILE_READS": "1" if self.file_reads else "0",
            "HATCHERY_TEAMS": teams,
        }

    def remove(self) -> None:
        shutil.rmtree(self.scratch)


class Session:
    """One child that serves one user, and the client at its other end."""

    def __init__(
        self,
        root: HostingRoot,
        user: str,
        teams: str = "",
        reports: str = os.devnull,
        **limits: int,
    ) -> None:
        configuration = {
            "runAs": None,
            "cgroup": None,
            "umask": 0o022,
            "limits": {**NO_LIMITS, **limits},
            "command": ["lp-serve", "--inet", user],
        }
        script = os.path.join(HERE, "plain.py")
        self._process = subprocess.Popen(
            [
                "/bin/sh",
                "-c",
                'exec "$@" 3>>"$0"',
                reports,
                sys.executable,
                "-E",
                "-s",
                "-X",
                "utf8",
                script,
                json.dumps(configuration),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Progress, and tracebacks of requests that are refused on purpose.
            stderr=subprocess.DEVNULL,
            env=root.environment(teams),
        )
        self.pid = self._process.pid
        self.user = user
        self.names = {user, *teams.split()}
        pipes = medium.SmartSimplePipesClientMedium(
            self._process.stdout, self._process.stdin, "bzr://here/"
        )
        self._client = client._SmartClient(pipes)

    def ask(
        self,
        verb: bytes,
        *arguments: Any,
        body: bytes | None = None,
        stream: list[bytes] | None = None,
    ) -> Answer:
        """Sends one request and reads the whole answer."""
        try:
            words, handler = self._client._call_and_read_response(
                verb,
                arguments,
                body=body,
                body_stream=stream and iter(stream),
                expect_response_body=True,
            )
            return True, tuple(words), handler.read_body_bytes()
        except ErrorFromSmartServer as error:
            return False, tuple(error.error_tuple), b""
        except UnknownSmartMethod as error:
            return False, (b"UnknownMethod", error.verb), b""

    def send(self, data: bytes) -> None:
        """Sends bytes that need not be a request."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def close(self) -> int:
        """The exit status after the client has left."""
        streams = (self._process.stdin, self._process.stdout)
        for stream in streams:
            if stream is not None:
                stream.close()
        return self._process.wait(timeout=30)
