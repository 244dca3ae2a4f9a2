import io
import os
import shutil
import tempfile
import unittest
from collections.abc import Callable
from typing import Any

import hosting
from access import Access
from breezy import urlutils
from breezy.bzr.smart.bzrdir import SmartServerRequestOpenBzrDir_2_1
from breezy.errors import BzrError, PathError, PermissionDenied, TransportNotPossible
from breezy.transport import NoSuchFile

#: Ways in which a client may name a place that is not below ~alice.
OUTSIDE = (
    "~bob/project/file",
    "~bob%2Fproject%2Ffile",
    "%7Ebob/project/file",
    "~alice/../~bob/project/file",
    "~alice/%2E%2E/~bob/project/file",
    "~alice%2F..%2F~bob/project/file",
    "~alice/..%2F~bob/project/file",
    "/~bob/project/file",
    "~alicette/file",
    "~Alice/file",
    "alice/file",
    "%2F~alice%2F..%2Ffile",
    "file",
    "~",
)

#: Every way to change something that Breezy's transports know, and those that end in one of them.
CHANGES: dict[str, Callable[[Any, str], Any]] = {
    "append_bytes": lambda transport, path: transport.append_bytes(path, b"x"),
    "append_file": lambda transport, path: transport.append_file(path, io.BytesIO(b"x")),
    "copy": lambda transport, path: transport.copy("~alice/.bzr/file", path),
    "copy_tree": lambda transport, path: transport.copy_tree("~alice/.bzr", path),
    "delete": lambda transport, path: transport.delete(path),
    "delete_tree": lambda transport, path: transport.delete_tree(path),
    "create_prefix": lambda transport, path: transport.clone(path + "/a/b").create_prefix(),
    "hardlink": lambda transport, path: transport.hardlink("~alice/.bzr/file", path),
    "lock_write": lambda transport, path: transport.lock_write(path),
    "mkdir": lambda transport, path: transport.mkdir(path),
    "mkdir below": lambda transport, path: transport.mkdir(path + "/new"),
    "move": lambda transport, path: transport.move("~alice/.bzr/file", path),
    "open_write_stream": lambda transport, path: transport.open_write_stream(path),
    "put_bytes": lambda transport, path: transport.put_bytes(path, b"x"),
    "put_bytes_non_atomic": lambda transport, path: transport.put_bytes_non_atomic(path, b"x"),
    "put_file": lambda transport, path: transport.put_file(path, io.BytesIO(b"x")),
    "put_file_non_atomic": lambda transport, path: transport.put_file_non_atomic(
        path, io.BytesIO(b"x")
    ),
    "rename away": lambda transport, path: transport.rename(path, "~alice/.bzr/taken"),
    "rename to": lambda transport, path: transport.rename("~alice/.bzr/file", path),
    "rmdir": lambda transport, path: transport.rmdir(path),
    "symlink": lambda transport, path: transport.symlink("~alice/.bzr/file", path),
}


class Hosting(unittest.TestCase):
    """A hosting root with a tree of alice's and one of bob's, as alice sees it."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = os.path.join(scratch.name, "hosting")
        for name in ("~alice/.bzr/file", "~bob/project/file", "../outside/file"):
            path = os.path.normpath(os.path.join(self.root, name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as stream:
                stream.write(name)
        self.factory = hosting.HostingFactory(self.root)
        self.factory._hosted.access = Access("alice")
        self.factory._hosted.changes = True
        self.addCleanup(self.factory.tear_down)
        self.transport = self.factory.transport

    def everything(self) -> list[tuple[str, str]]:
        """All names above and below the hosting root, with the contents of the files."""
        found = []
        for directory, _, files in os.walk(os.path.dirname(self.root)):
            found.append((directory, ""))
            for name in files:
                with open(os.path.join(directory, name)) as stream:
                    found.append((os.path.join(directory, name), stream.read()))
        return sorted(found)

    def test_refuses_every_change_before_there_is_a_user(self) -> None:
        self.factory._hosted.access = Access()
        before = self.everything()
        for path in (*OUTSIDE, "~/file", "~alice/.bzr/file"):
            with self.subTest(path), self.assertRaises(PermissionDenied):
                self.transport.put_bytes(path, b"x")
        self.assertEqual(self.everything(), before)

    def test_refuses_every_change_outside_the_users_tree(self) -> None:
        before = self.everything()
        for name, change in CHANGES.items():
            for path in OUTSIDE:
                with self.subTest(name, path=path):
                    with self.assertRaises((BzrError, PathError)) as caught:
                        change(self.transport, path)
                    allowed = (PermissionDenied, TransportNotPossible)
                    self.assertIsInstance(caught.exception, allowed)
                    self.assertEqual(self.everything(), before)

    def test_refuses_changes_from_within_a_directory_of_the_user(self) -> None:
        inside = self.transport.clone("~alice/.bzr")
        before = self.everything()
        for path in (
            "../../~bob/project/file",
            "../../../outside/file",
            "%2E%2E/../~bob/new",
            "..%2F..%2F~bob/new",
        ):
            with self.subTest(path), self.assertRaises(PermissionDenied):
                inside.put_bytes(path, b"x")
        self.assertEqual(self.everything(), before)

    def test_makes_no_directory_outside_where_breezy_asks_for_forgiveness(self) -> None:
        before = self.everything()
        for path in OUTSIDE:
            with self.subTest(path):
                self.assertFalse(self.transport.clone(path).ensure_base())
                self.assertEqual(self.everything(), before)

    def test_says_where_the_user_may_write(self) -> None:
        with self.assertRaisesRegex(PermissionDenied, "you may write under ~alice/"):
            self.transport.mkdir("~bob/new")

    def test_reads_everything_below_the_root(self) -> None:
        self.assertEqual(self.transport.get_bytes("~bob/project/file"), b"~bob/project/file")
        self.assertEqual(self.transport.get_bytes("%7Ebob/project/file"), b"~bob/project/file")
        self.assertEqual(sorted(self.transport.list_dir(".")), ["~alice", "~bob"])
        self.assertTrue(self.transport.has("~bob/project"))
        self.transport.lock_read("~bob/project/file").unlock()

    def test_reads_nothing_above_the_root(self) -> None:
        # Breezy's own chroot lets the third and the fourth through.
        for path in (
            "../outside/file",
            "~alice/../../outside/file",
            "..%2Foutside%2Ffile",
            "~alice%2F..%2F..%2Foutside/file",
        ):
            for read in (
                self.transport.get_bytes,
                self.transport.stat,
                self.transport.list_dir,
                self.transport.lock_read,
            ):
                with self.subTest(path), self.assertRaises((BzrError, PathError)):
                    read(path)
        self.assertEqual(self.transport.clone("../..").base, self.transport.base)

    def test_a_client_that_names_a_place_above_the_root_finds_no_branch_there(self) -> None:
        for path in (b"/../../outside/", b"../outside/", b"~alice/../../outside/"):
            with self.subTest(path):
                request = SmartServerRequestOpenBzrDir_2_1(self.transport, "/")
                self.assertEqual(request.execute(path).args, (b"no",))

    def test_changes_everything_in_the_users_own_tree(self) -> None:
        own = self.transport.clone("~alice/.bzr")
        own.put_bytes("new", b"1")
        own.append_bytes("new", b"2")
        own.rename("new", "moved")
        own.mkdir("directory")
        own.put_bytes_non_atomic("directory/deep", b"3")
        own.delete_tree("directory")
        with own.open_write_stream("stream") as stream:
            stream.write(b"4")
        self.assertEqual(own.get_bytes("moved"), b"12")
        self.assertEqual(sorted(own.list_dir(".")), ["file", "moved", "stream"])
        self.transport.put_bytes("%7Ealice%2F.bzr%2Fspelled", b"5")
        self.assertEqual(own.get_bytes("spelled"), b"5")
        own.delete("file")
        self.assertFalse(os.path.exists(os.path.join(self.root, "~alice/.bzr/file")))

    def test_makes_user_and_project_for_a_first_push(self) -> None:
        shutil.rmtree(os.path.join(self.root, "~alice"))
        self.transport.mkdir("~alice/project/branch")
        self.assertTrue(os.path.isdir(os.path.join(self.root, "~alice/project/branch")))
        self.transport.mkdir("~alice/other%20project/branch")
        self.assertTrue(os.path.isdir(os.path.join(self.root, "~alice/other project/branch")))

    def test_makes_no_deeper_parents(self) -> None:
        for path in ("~alice/a/b/c", "~alice/a/b/c/d"):
            with self.subTest(path), self.assertRaises(NoSuchFile):
                self.transport.mkdir(path)
        self.assertFalse(os.path.exists(os.path.join(self.root, "~alice/a")))

    def test_makes_no_parents_for_anybody_else(self) -> None:
        with self.assertRaises(PermissionDenied):
            self.transport.mkdir("~carol/project/branch")
        self.assertFalse(os.path.exists(os.path.join(self.root, "~carol")))


if __name__ == "__main__":
    unittest.main()
