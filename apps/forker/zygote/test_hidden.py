"""A hidden place takes the same steps as a place that does not exist, so that timing cannot tell
them apart.
"""

import os
import sys
import tempfile
import unittest
from collections.abc import Callable
from types import FrameType
from typing import Any

import hosting
from access import Access
from breezy.transport import NoSuchFile
from named_places import ABSENT

WAYS: dict[str, Callable[[Any, str], object]] = {
    "get": lambda transport, path: transport.get_bytes(path),
    "has": lambda transport, path: transport.has(path),
    "stat": lambda transport, path: transport.stat(path),
    "list": lambda transport, path: transport.list_dir(path),
    "open a branch": lambda transport, path: transport.get_bytes(f"{path}/.bzr/branch-format"),
}


def steps(action: Callable[[], object]) -> list[str]:
    """Every function that the action calls, in Python or C and so every system call, in order, and
    how the action ends.
    """
    taken: list[str] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            taken.append(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")
        elif event == "c_call":
            taken.append(argument.__qualname__)

    sys.setprofile(note)
    try:
        end = f"{action()}"
    except NoSuchFile:
        end = "NoSuchFile"
    finally:
        sys.setprofile(None)
    return [*taken, end]


class Hidden(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        for path in (
            "~bob/secret/branch/.bzr",
            "~bob/public/branch/.bzr",
            "~reds/project/branch/.bzr",
        ):
            os.makedirs(os.path.join(scratch.name, path))
            with open(os.path.join(scratch.name, path, "branch-format"), "w") as stream:
                stream.write("Bazaar-NG meta directory, format 1\n")
        self.factory = hosting.HostingFactory(scratch.name)
        self.addCleanup(self.factory.tear_down)
        private = frozenset({("~bob", "secret"), ("~reds",)})
        self.factory._hosted.access = Access("alice", private=private)

    def steps_to(self, way: str, path: str) -> list[str]:
        self.factory._hosted.begin(False)
        return steps(lambda: WAYS[way](self.factory.transport, path))

    def test_takes_the_steps_of_what_is_not_there(self) -> None:
        pairs = [
            ("~bob/secret", "~bob/absent"),
            ("~bob/secret/branch", "~bob/absent/branch"),
            ("~reds/project/branch", "~blue/project/branch"),
        ]
        for way in WAYS:
            for hidden, absent in pairs:
                with self.subTest(way=way, hidden=hidden):
                    # Run both once first, so that the caches of names are warm for both.
                    for path in (hidden, absent):
                        self.steps_to(way, path)
                    self.assertEqual(self.steps_to(way, hidden), self.steps_to(way, absent))

    def test_however_it_is_spelled_it_is_not_there(self) -> None:
        spellings = (
            "~bob/secret",
            "~bob%2Fsecret",
            "%7Ebob/%73ecret",
            "~bob/public/../secret",
            "~Bob/SECRET",
            "~bob/./secret",
            "~reds",
        )
        for path in (*spellings, *(f"{name}/branch" for name in spellings), ABSENT):
            with self.subTest(path):
                self.assertFalse(self.factory.transport.has(path))
                with self.assertRaisesRegex(NoSuchFile, "^No such file: '/"):
                    self.factory.transport.list_dir(path)

    def test_can_tell_steps_apart(self) -> None:
        self.assertNotEqual(
            self.steps_to("has", "~bob/public/branch"), self.steps_to("has", "~bob/absent/branch")
        )


if __name__ == "__main__":
    unittest.main()
