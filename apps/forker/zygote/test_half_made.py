"""Whichever step of a first push is interrupted, the owner's next push succeeds, and nothing of
value is ever removed.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import half_made
from testing.hosting_root import NO_LIMITS, HostingRoot, Session, branch_with_one_revision

HERE = os.path.dirname(os.path.abspath(__file__))

#: Where a first push is interrupted: before its n-th change to a file, of some forty. `full`: the
#: disk is full from there on.
INTERRUPTIONS = (
    "kill:1",
    "kill:2",
    "kill:4",
    "kill:8",
    "kill:13",
    "kill:18",
    "kill:24",
    "kill:32",
    "kill:49",
    "full:2",
    "full:9",
    "full:20",
)


class FirstPush(unittest.TestCase):
    def setUp(self) -> None:
        self.host = HostingRoot()
        self.addCleanup(self.host.remove)
        self.ssh = os.path.join(self.host.scratch, "ssh")
        # A push writes into the branch that it comes from, and all tests share the template.
        self.source = os.path.join(self.host.scratch, "source")
        shutil.copytree(branch_with_one_revision()[0].name, self.source)
        configuration = {
            "runAs": None,
            "umask": 0o022,
            "cgroup": None,
            "limits": NO_LIMITS,
            "command": ["lp-serve", "--inet", "alice"],
        }
        with open(self.ssh, "w") as stream:
            stream.write(
                f"""#!{sys.executable}
import os, sys
if "-V" in sys.argv:
    sys.exit(print("OpenSSH_9"))
script = [{HERE!r} + "/testing/faulty_session.py", os.environ["FAULT"]] if "FAULT" in os.environ else [{HERE!r} + "/plain.py"]
os.dup2(os.open(os.devnull, os.O_WRONLY), 3)
os.set_inheritable(3, True)
os.execve({sys.executable!r}, [{sys.executable!r}, "-s", "-X", "utf8", *script, {json.dumps(configuration)!r}], os.environ)
"""
            )
        os.chmod(self.ssh, 0o755)

    def brz(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        own = {
            **self.host.environment(""),
            "BRZ_SSH": self.ssh,
            "BRZ_EMAIL": "alice <a@example.invalid>",
            **environment,
        }
        return subprocess.run(
            ["/usr/bin/brz", *words],
            cwd=self.source,
            env=own,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def test_that_was_interrupted_anywhere_is_followed_by_one_that_succeeds(self) -> None:
        for number, fault in enumerate(INTERRUPTIONS):
            with self.subTest(fault):
                url = f"bzr+ssh://alice@localhost/~alice/new{number}/trunk"
                first = self.brz("push", "-q", url, FAULT=fault)
                # A client whose connection ends repeats some requests by itself.
                self.assertIn(first.returncode, (0, 3), first.stderr)
                self.assertNotIn("Traceback", first.stderr)
                second = self.brz("push", "-q", url)
                self.assertEqual(second.returncode, 0, second.stderr)
                self.assertEqual(self.brz("revno", url).stdout, "1\n")

    def test_an_init_that_was_interrupted_can_be_done_again(self) -> None:
        for number, fault in enumerate(("kill:2", "kill:6", "full:4")):
            with self.subTest(fault):
                url = f"bzr+ssh://alice@localhost/~alice/init{number}/trunk"
                self.brz("init", "-q", url, FAULT=fault)
                self.assertEqual(self.brz("init", "-q", url).returncode, 0)
                self.assertEqual(self.brz("push", "-q", url).returncode, 0)

    def test_an_empty_repository_without_a_branch_was_to_get_one_unless_it_is_shared(self) -> None:
        for command, is_made in (("init", True), ("init-shared-repository", False)):
            with self.subTest(command):
                place = os.path.join(self.host.root, "~alice", command)
                done = self.brz(command, "-q", f"bzr+ssh://alice@localhost/~alice/{command}")
                self.assertEqual(done.returncode, 0, done.stderr)
                shutil.rmtree(place + "/.bzr/branch", ignore_errors=True)
                self.assertEqual(half_made.half_made(place + "/.bzr") is not None, is_made)

    def test_what_a_living_session_makes_by_several_requests_is_left_to_it(self) -> None:
        maker, other, place = (
            Session(self.host, "alice"),
            Session(self.host, "alice"),
            b"/~alice/slow/trunk",
        )
        self.assertTrue(maker.ask(b"BzrDirFormat.initialize", place)[0])
        for session in (maker, other):
            self.assertEqual(session.ask(b"BzrDir.open_2.1", place)[1][0], b"yes")
        maker.close()
        self.assertEqual(other.ask(b"BzrDir.open_2.1", place)[1], (b"no",))
        other.close()


class HalfMade(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.place = os.path.join(scratch.name, "trunk")
        self.control = os.path.join(self.place, ".bzr")
        source, _ = branch_with_one_revision()
        shutil.copytree(source.name, self.place)

    def test_a_branch_is_left_alone_whatever_of_it_is_missing(self) -> None:
        for name in (
            "branch-format",
            "branch/last-revision",
            "repository/format",
            "repository/pack-names",
            "repository/upload",
        ):
            with self.subTest(name):
                path = os.path.join(self.control, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
                self.assertFalse(half_made.tidy(self.place))
                self.assertTrue(os.listdir(os.path.join(self.control, "repository/packs")))

    def text(self, path: str) -> str | None:
        if not os.path.exists(path):
            return None
        with open(path) as stream:
            return stream.read()

    def test_a_branch_that_was_begun_beside_a_history_is_cleared_and_the_history_stays(
        self,
    ) -> None:
        for name in ("format", "last-revision"):
            os.unlink(os.path.join(self.control, "branch", name))
        with mock.patch("half_made.MAKING_S", 0.0):
            self.assertTrue(half_made.tidy(self.place))
        self.assertEqual(
            (os.listdir(self.place), os.path.exists(os.path.join(self.control, "branch"))),
            ([".bzr"], False),
        )
        self.assertTrue(os.listdir(os.path.join(self.control, "repository/packs")))

    def empty(self) -> None:
        """Removes its history."""
        for name in half_made.DATA:
            shutil.rmtree(os.path.join(self.control, name))
            os.mkdir(os.path.join(self.control, name))
        with open(os.path.join(self.control, "branch/last-revision"), "w") as stream:
            stream.write("0 null:\n")

    def test_an_empty_branch_that_is_whole_is_left_alone(self) -> None:
        self.empty()
        self.assertFalse(half_made.tidy(self.place))

    def test_a_setting_a_tag_and_a_foreign_file_are_of_value(self) -> None:
        self.empty()
        os.unlink(os.path.join(self.control, "repository/pack-names"))
        for name in ("branch/branch.conf", "branch/tags", "checkout", "notes"):
            path = os.path.join(self.control, name)
            before = self.text(path)
            with open(path, "w") as stream:
                stream.write("parent_location = x\n")
            with self.subTest(name):
                self.assertFalse(half_made.tidy(self.place))
            os.unlink(path)
            if before is not None:
                with open(path, "w") as stream:
                    stream.write(before)
        with mock.patch("half_made.MAKING_S", 0.0):
            self.assertTrue(half_made.tidy(self.place))
        self.assertEqual(os.listdir(self.place), [])

    def test_what_changes_while_it_is_waited_for_is_left_to_who_makes_it(self) -> None:
        self.empty()
        names = os.path.join(self.control, "repository/pack-names")
        os.rename(names, names + ".kept")
        os.rename(names + ".kept", os.path.join(self.place, "kept"))

        def finish(_seconds: float) -> None:
            os.rename(os.path.join(self.place, "kept"), names)

        with mock.patch("half_made.time.sleep", finish):
            self.assertFalse(half_made.tidy(self.place))
        self.assertTrue(os.path.exists(names))


if __name__ == "__main__":
    unittest.main()
