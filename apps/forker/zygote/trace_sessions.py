"""Finds out what to preload: runs real sessions, and records which modules they import.

Run by apps/forker/src/preload-list: `python3 trace_sessions.py MANIFEST IDENTITY`. It makes a
scratch branch, lets a real `brz` push, branch, pull and query over a real smart server in a process
of its own, and writes the union of the modules that those servers imported. IDENTITY says which
Breezy and which version of our code the list is for; this script only stores it.
"""

import json
import os
import subprocess
import sys
import tempfile

import preload

SERVER = """
import json, os, sys
sys.path.insert(0, {here!r})
import preload
preload.set_up(lambda step: None)
import sessions
status = 3
try:
    status = sessions.run(["lp-serve", "--inet", "tracer"])
finally:
    with open(os.path.join({modules!r}, str(os.getpid())), "w") as stream:
        json.dump(sorted(sys.modules), stream)
os._exit(status)
"""

#: Our own modules, which the zygote imports in its own order.
OWN = {name.removesuffix(".py") for name in os.listdir(os.path.dirname(os.path.abspath(__file__)))}


def brz(place: str, *arguments: str, codes: tuple[int, ...] = (0, 1)) -> None:
    """Runs a real client; when it fails, so do we. 1 is brz's "there is a difference"."""
    environment = {
        "BRZ_SSH": os.path.join(place, "ssh"),
        "HOME": place,
        "BRZ_HOME": place,
        "PATH": os.defpath,
    }
    environment |= {
        "BRZ_EMAIL": "tracer <tracer@localhost>",
        "BRZ_LOG": os.devnull,
        "LANG": "C.UTF-8",
    }
    # Allow everything that the service can be configured to serve.
    environment |= {
        "HATCHERY_HOSTING_ROOT": os.path.join(place, "hosting"),
        "HATCHERY_FILE_READS": "1",
    }
    # The Breezy of this Python: a `brz` on PATH may be another one.
    client = [sys.executable, "-I", "-m", "breezy", *arguments]
    result = subprocess.run(
        client, cwd=place, env=environment, capture_output=True, text=True, timeout=60
    )
    if result.returncode not in codes:
        raise RuntimeError(f"brz {' '.join(arguments)}: exit {result.returncode}: {result.stderr}")


def run_sessions(place: str) -> list[str]:
    """Runs everything that clients commonly do, and returns the names of all modules that the
    servers imported."""
    modules = os.path.join(place, "modules")
    os.mkdir(modules)
    os.mkdir(os.path.join(place, "hosting"))
    server, ssh = os.path.join(place, "server.py"), os.path.join(place, "ssh")
    with open(server, "w") as stream:
        stream.write(
            SERVER.format(here=os.path.dirname(os.path.abspath(__file__)), modules=modules)
        )
    with open(ssh, "w") as stream:
        # brz asks its ssh for its version, to know how to call it.
        stream.write(
            f"#!/bin/sh\n[ \"$1\" = -V ] && exec echo OpenSSH_9\nexec '{sys.executable}' -E -s '{server}'\n"
        )
    os.chmod(ssh, 0o755)
    url = "bzr+ssh://tracer@localhost/~tracer/project/trunk"
    brz(place, "init", "work")
    for number in range(3):
        with open(os.path.join(place, "work", f"file-{number}"), "w") as stream:
            stream.write("line\n" * (number + 1))
        brz(place, "add", "-q", "work")
        brz(place, "commit", "-q", "-m", f"revision {number}", "work")
    brz(place, "tag", "-q", "-d", "work", "one")
    brz(place, "push", "-q", "-d", "work", url)
    brz(place, "branch", "-q", url, "copy")
    brz(place, "branch", "-q", "--stacked", url, "stacked")
    for arguments in (
        ("info", "-v", url),
        ("log", url),
        ("tags", "-d", url),
        ("revno", url),
        ("missing", "-d", "work", url),
    ):
        brz(place, *arguments)
    brz(place, "commit", "-q", "-m", "more", "--unchanged", "work")
    brz(place, "push", "-q", "-d", "work", url)
    brz(place, "pull", "-q", "-d", "copy")
    brz(place, "bind", "-q", "-d", "copy", url)
    brz(place, "commit", "-q", "-m", "bound", "--unchanged", "copy")
    brz(place, "branch", "-q", url, "bzr+ssh://tracer@localhost/~tracer/project/other")
    brz(place, "config", "-d", url, "nickname=traced")
    brz(place, "break-lock", "--force", url)
    brz(
        place, "branch", "-q", "bzr+ssh://tracer@localhost/~tracer/project/none", "none", codes=(3,)
    )
    names: set[str] = set()
    for name in os.listdir(modules):
        with open(os.path.join(modules, name)) as stream:
            names.update(json.load(stream))
    return sorted(names)


def preloadable(name: str) -> bool:
    """Skips names that start with _: importing a compiled helper by itself makes Breezy use its
    slow Python version.
    """
    return not any(part.startswith("_") for part in name.split(".")) and name not in OWN


def main(manifest: str, identity: str) -> int:
    """Writes the manifest atomically and readable by all users: a service may run as another user
    than the build.
    """
    import breezy

    with tempfile.TemporaryDirectory() as place:
        names = [name for name in run_sessions(place) if preloadable(name)]
    with tempfile.NamedTemporaryFile(
        "w", dir=os.path.dirname(os.path.abspath(manifest)), delete=False
    ) as stream:
        try:
            json.dump(
                {
                    "format": preload.FORMAT,
                    "breezy": breezy.__version__,
                    "identity": identity,
                    "modules": names,
                },
                stream,
                indent=1,
            )
            os.fchmod(stream.fileno(), 0o644)
            stream.flush()
            os.replace(stream.name, manifest)
        except BaseException:
            os.unlink(stream.name)
            raise
    print(f"{len(names)} modules recorded in {manifest}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
