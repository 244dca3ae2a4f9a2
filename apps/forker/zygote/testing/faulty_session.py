"""A session that is killed at its n-th change to a file, or finds the disk full from there on:
`faulty_session.py kill:7 CONFIGURATION`.
"""

import errno
import json
import os
import signal
import sys
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import plain
from breezy.transport.local import LocalTransport

GROWS = (
    "mkdir",
    "put_file",
    "put_bytes",
    "put_file_non_atomic",
    "put_bytes_non_atomic",
    "open_write_stream",
    "append_file",
    "append_bytes",
)
SHRINKS = ("rename", "move", "delete", "rmdir")


def break_at(kind: str, number: int) -> None:
    """Makes the transport fail at that change."""
    done = [0]

    def wrapped(method: Any, grows: bool) -> Any:
        def change(self: Any, *arguments: Any, **named: Any) -> Any:
            done[0] += 1
            if kind == "kill" and done[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)
            if kind == "full" and done[0] >= number and grows:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return method(self, *arguments, **named)

        return change

    for name in (*GROWS, *SHRINKS):
        setattr(LocalTransport, name, wrapped(getattr(LocalTransport, name), name in GROWS))


if __name__ == "__main__":
    kind, _, number = sys.argv[1].partition(":")
    break_at(kind, int(number))
    sys.exit(plain.main(json.loads(sys.argv[2])))
