# Long: a test for each way out of the hosting root that was thought of.
"""Attempts to escape the hosting root: each is something that a client can send, or that an owner
can have on disk.
"""

import json
import os
import re
import shutil
import subprocess
import unittest

from breezy.bzr.smart.protocol import _encode_tuple
from testing.hosting_root import HERE, NO_LIMITS, Answer, HostingRoot, Session

DIRECTORY = b"Bazaar-NG meta directory, format 1\n"
REPOSITORY = b"Bazaar repository format 2a (needs bzr 1.16 or later)\n"

OWN = b"/~dave/project/branch"


class Escapes(unittest.TestCase):
    """Dave, a member of no team, has a branch and tries to reach what he does not own."""

    def setUp(self) -> None:
        self.host = HostingRoot()
        self.addCleanup(self.host.remove)
        os.makedirs(os.path.join(self.host.root, "~dave/project"))
        shutil.copytree(os.path.join(self.host.root, "~alice/public/branch"), self.own())
        self.dave, self.bob = Session(self.host, "dave"), Session(self.host, "bob")
        self.addCleanup(self.dave.close)
        self.addCleanup(self.bob.close)
        self.others = self.not_daves()

    def own(self, *names: str) -> str:
        return os.path.join(self.host.root, OWN.decode()[1:], *names)

    def not_daves(self) -> dict[str, tuple[int, int]]:
        return {path: facts for path, facts in self.host.contents().items() if "/~dave" not in path}

    def tearDown(self) -> None:
        self.assertEqual(self.not_daves(), self.others)
        # A child that one of these had killed would not answer.
        self.assertEqual(self.dave.ask(b"hello")[1], (b"ok", b"2"))

    def write(self, name: str, text: str) -> None:
        with open(self.own(".bzr/branch", name), "w") as stream:
            stream.write(text)

    def make(self, path: bytes, stacked_on: bytes = b"", pwd: bytes = b".") -> Answer:
        sizes = (b"True", b"True", b"False", stacked_on, pwd, REPOSITORY, b"False", b"False")
        return self.dave.ask(b"BzrDirFormat.initialize_ex_1.16", DIRECTORY, path, *sizes)

    def assert_tells_nothing(self, answer: Answer) -> None:
        """The answer reveals nothing of this host, and nothing of bob's."""
        self.assertNotIn(
            self.host.revision, b" ".join(word for word in answer[1] if isinstance(word, bytes))
        )
        for place in (self.host.scratch.encode(), b"filtered-", b"chroot-"):
            self.assertNotIn(place, repr(answer).encode())

    def test_a_new_branch_on_top_of_another_place(self) -> None:
        for number, place in enumerate(
            (
                "/~bob/{}/branch",
                "../../../~bob/{}/branch",
                "..%2F..%2F..%2F~bob%2F{}%2Fbranch",
                "/~dave/../~bob/{}/branch",
                "/~dave/%2E%2E/~bob/{}/branch",
                "/~bob/%73ecret/branch",
            )
        ):
            answers = []
            for name in ("secret", "nosuch"):
                path = b"/~dave/project/%s-%d" % (name.encode(), number)
                answer = self.make(path, place.format(name).encode())
                self.assert_tells_nothing(answer)
                answers.append(repr(answer).replace(name, "NAME").replace("%73ecret", "NAME"))
            self.assertEqual(answers[0], answers[1])

    def test_a_new_branch_on_top_of_a_relative_place_somewhere_else(self) -> None:
        for number, pwd in enumerate(("/~bob/{}", "../../../~bob/{}", "file:///etc/{}")):
            answers = [
                repr(
                    self.make(
                        b"/~dave/project/%s-%d" % (name, number),
                        b"branch",
                        pwd.format(name.decode()).encode(),
                    )
                )
                for name in (b"secret", b"nosuch")
            ]
            self.assertEqual(answers[0].replace("secret", "nosuch"), answers[1])

    def test_a_new_branch_on_top_of_another_host_or_file(self) -> None:
        outside = os.path.join(os.path.dirname(self.host.root), "outside/branch")
        places = (
            "file:///etc",
            f"file://{outside}",
            outside,
            "http://127.0.0.1:9/",
            "bzr://127.0.0.1:9/",
            "bzr+ssh://127.0.0.1:9/x",
        )
        for number, place in enumerate(
            (*places, "chroot-1:///x", "readonly+file:///etc", "lp:x", ":parent", "~root/x")
        ):
            self.make(b"/~dave/project/out-%d" % number, place.encode())
        self.assertNotIn("ssh", self.programs())

    def programs(self) -> str:
        """The processes that the child has started."""
        return subprocess.run(
            ["ps", "-o", "comm=", "--ppid", str(self.dave.pid)], capture_output=True, text=True
        ).stdout.replace("python3", "")

    def test_a_branch_that_is_stacked_on_what_is_private(self) -> None:
        self.write("branch.conf", "stacked_on_location = /~bob/secret/branch\n")
        for verb in (
            b"BzrDir.get_branches",
            b"BzrDir.find_repositoryV3",
            b"Branch.last_revision_info",
            b"Branch.heads_to_fetch",
        ):
            self.assertTrue(self.dave.ask(verb, OWN)[0])
        self.assertEqual(
            self.dave.ask(
                b"BzrDir.open_2.1", self.dave.ask(b"Branch.get_stacked_on_url", OWN)[1][1]
            )[1],
            (b"no",),
        )

    def test_a_branch_that_is_bound_to_somebody_elses_whose_lock_it_would_break_too(self) -> None:
        self.assertTrue(self.bob.ask(b"Branch.lock_write", b"/~bob/public/branch")[0])
        self.others = self.not_daves()
        for place in (
            "/~bob/public/branch",
            "../../../~bob/public/branch",
            f"file://{self.host.root}/~bob/public/branch",
            f"{self.host.root}/~bob/public/branch",
        ):
            self.write("branch.conf", f"bound = True\nbound_location = {place}\n")
            self.dave.ask(b"Branch.break_lock", OWN)
            self.assertEqual(self.not_daves(), self.others, place)

    def test_a_reference_to_another_branch(self) -> None:
        for place in (
            "/~bob/secret/branch",
            "../../../~bob/secret/branch",
            "file:///etc",
            f"{self.host.root}/~bob/secret/branch",
        ):
            self.write("format", "Bazaar-NG Branch Reference Format 1\n")
            self.write("location", place)
            for verb in (
                b"Branch.last_revision_info",
                b"Branch.lock_write",
                b"Branch.break_lock",
                b"Branch.get_config_file",
            ):
                answer = self.dave.ask(verb, OWN)
                self.assertFalse(answer[0], answer)
                self.assert_tells_nothing(answer)

    def test_tokens_of_write_groups_that_are_paths(self) -> None:
        # Breezy looks at the first 32 characters only.
        for depth in range(3, 9):
            for name in (
                "~bob/secret/branch/.bzr/repository/pack-names",
                "~bob/public/branch/.bzr/repository/pack-names",
            ):
                token = ("a" * 32 + "/.." * depth + "/" + name).encode()
                for verb in (
                    b"Repository.check_write_group",
                    b"Repository.commit_write_group",
                    b"Repository.abort_write_group",
                ):
                    answer = self.dave.ask(verb, OWN, b"", [token])
                    self.assertEqual(answer[1][0], b"UnresumableWriteGroup")
                    self.assert_tells_nothing(answer)

    def test_names_of_branches_that_are_paths(self) -> None:
        for depth in range(2, 8):
            for verb in (b"BzrDir.destroy_branch",):
                for form in ("../" * depth, "..%2F" * depth):
                    self.assertFalse(
                        self.dave.ask(verb, OWN, f"{form}~bob/public/branch".encode())[0]
                    )

    def test_settings_that_name_programs_or_take_locks(self) -> None:
        witness = os.path.join(self.host.scratch, "witness")
        names = (
            "post_commit",
            "gpg_signing_command",
            "editor",
            "push_location",
            "post_change_branch_tip",
        )
        self.write(
            "branch.conf",
            "".join(f"{name} = touch {witness}\n" for name in names) + "locks.steal_dead = True\n",
        )
        _, (_, branch, repository), _ = self.dave.ask(b"Branch.lock_write", OWN)
        self.assertTrue(
            self.dave.ask(b"Branch.set_last_revision", OWN, branch, repository, b"null:")[0]
        )
        self.assertTrue(self.dave.ask(b"Branch.unlock", OWN, branch, repository)[0])
        self.assertFalse(os.path.exists(witness))

    def test_settings_that_cannot_be_read_tell_nothing_of_this_host(self) -> None:
        self.write("branch.conf", "[[[")
        self.assert_tells_nothing(self.dave.ask(b"Branch.get_stacked_on_url", OWN))
        self.assert_tells_nothing(self.dave.ask(b"Branch.get_parent", OWN))

    def test_errors_tell_nothing_of_this_host(self) -> None:
        for path in (b"/~bob/nosuch", b"/~dave/" + b"x" * 300, b"/" + b"a/" * 3000, b"/~dave/\xff"):
            self.assert_tells_nothing(self.make(path))
            self.assert_tells_nothing(self.make(OWN))
            for verb in (
                b"Branch.last_revision_info",
                b"Branch.lock_write",
                b"BzrDir.open_branchV3",
                b"BzrDirFormat.initialize",
                b"get_bundle",
            ):
                self.assert_tells_nothing(
                    self.dave.ask(verb, path, *((b"x",) if verb == b"get_bundle" else ()))
                )

    def test_a_link_that_leads_in_a_circle(self) -> None:
        os.symlink("loop", self.own("loop"))
        answer = self.dave.ask(b"Branch.last_revision_info", OWN + b"/loop")
        self.assertFalse(answer[0])
        self.assert_tells_nothing(answer)

    def test_names_that_no_terminal_should_show(self) -> None:
        before = self.host.contents()
        for name in (b"a\nb", b"a\x1b[2Jb", b"a\x00b", b"a\xc2\x9bb", b"a\xe2\x80\xaeb"):
            self.assertEqual(self.make(b"/~dave/project/" + name)[1][0], b"PermissionDenied")
        self.assertEqual(self.host.contents(), before)

    def test_home_directories_and_what_is_like_them(self) -> None:
        for path in (
            b"~",
            b"~/x",
            b"/~",
            b"/~/",
            b"/~root",
            b"/~root/x",
            b"~root/.ssh",
            b"/~dave2/x",
            b"/~Dave/x",
            b"/ ~dave/x",
            b"/~dave%2F/x",
        ):
            self.assertEqual(self.make(path)[1][0], b"PermissionDenied", path)
            self.assertEqual(self.dave.ask(b"BzrDir.open_2.1", path)[1], (b"no",), path)

    def test_the_inside_of_a_branch_is_no_place_for_another(self) -> None:
        for path in (
            b"/~dave/.bzr",
            OWN + b"/.bzr",
            OWN + b"/.bzr/repository/upload/x",
            b"/~dave/new/.bzr/branch",
        ):
            self.assertEqual(self.make(path)[1][0], b"PermissionDenied", path)

    def test_only_branches_come_of_making_one(self) -> None:
        self.assertTrue(self.make(b"/~dave/project/made")[0])
        made = {
            os.path.relpath(path, self.host.root)
            for path in self.host.contents()
            if "/~dave/project/made" in path
        }
        self.assertEqual(
            {path for path in made if not re.match(r"~dave/project/made(/\.bzr(/.*)?)?$", path)},
            set(),
        )

    def test_the_first_version_of_the_protocol_meets_the_same_rule(self) -> None:
        for verb, path, told in (
            (b"BzrDir.open", b"/~bob/secret/branch", b"no"),
            (b"BzrDir.open", b"/~bob/public/branch", b"yes"),
            (b"Branch.lock_write", b"/~bob/public/branch", b"PermissionDenied"),
            (b"get", b"/~bob/public/branch/.bzr/README", b"PermissionDenied"),
        ):
            for version in (b"", b"bzr request 2\n"):
                command = json.dumps(
                    {
                        "runAs": None,
                        "umask": 0o022,
                        "cgroup": None,
                        "limits": NO_LIMITS,
                        "command": ["lp-serve", "--inet", "dave"],
                    }
                )
                result = subprocess.run(
                    [
                        "/bin/sh",
                        "-c",
                        'exec "$@" 3>/dev/null',
                        "sh",
                        "/usr/bin/python3",
                        "-E",
                        "-s",
                        "-X",
                        "utf8",
                        os.path.join(HERE, "plain.py"),
                        command,
                    ],
                    input=version + _encode_tuple((verb, path)),
                    env=self.host.environment(""),
                    capture_output=True,
                    timeout=60,
                )
                self.assertIn(told, result.stdout, (verb, version))


class ReadOnly(unittest.TestCase):
    """A service that turns read-only while sessions run."""

    def setUp(self) -> None:
        self.host = HostingRoot()
        self.addCleanup(self.host.remove)
        self.bob = Session(self.host, "bob")
        self.addCleanup(self.bob.close)

    def switch(self, text: str) -> None:
        with open(self.host.read_only, "w") as stream:
            stream.write(text)

    def test_nothing_is_taken_or_changed_any_more_but_what_is_held_is_given_back(self) -> None:
        path = b"/~bob/public/branch"
        _, (_, branch, repository), _ = self.bob.ask(b"Branch.lock_write", path)
        held = os.path.join(self.host.root, "~bob/public/branch/.bzr/branch/lock/held")
        self.assertTrue(os.path.exists(held))
        self.switch('{"format": 1, "reason": "disks"}')
        why = b"this service is read-only for maintenance: disks; try again later"
        for verb, *others in (
            (b"Branch.set_last_revision", branch, repository, b"null:"),
            (b"Branch.lock_write",),
            (b"Repository.lock_write",),
            (b"Branch.break_lock",),
            (b"BzrDir.destroy_branch",),
        ):
            self.assertEqual(
                self.bob.ask(verb, path, *others), (False, (b"PermissionDenied", path, why), b"")
            )
        self.assertEqual(
            self.bob.ask(b"Repository.insert_stream", path, b"", stream=[b"x" * 70_000] * 3)[1][2],
            why,
        )
        self.assertEqual(
            self.bob.ask(b"Branch.put_config_file", path, branch, repository, body=b"x" * 70_000)[
                1
            ][2],
            why,
        )
        self.assertEqual(self.bob.ask(b"Branch.last_revision_info", path)[1][2], self.host.revision)
        self.assertEqual(self.bob.ask(b"Transport.is_readonly")[1], (b"yes",))
        self.assertTrue(self.bob.ask(b"Branch.unlock", path, branch, repository)[0])
        self.assertFalse(os.path.exists(held))
        os.remove(self.host.read_only)
        self.assertTrue(self.bob.ask(b"Branch.lock_write", path)[0])

    def test_whoever_may_not_write_anyway_is_told_that(self) -> None:
        self.switch('{"format": 1, "reason": "disks"}')
        self.assertEqual(
            self.bob.ask(b"Branch.lock_write", b"/~alice/public/branch")[1][2],
            b"you may write under ~bob/",
        )

    def test_what_cannot_be_understood_is_taken_for_read_only(self) -> None:
        for text in ("", "{", "[]", "null", '{"format": 1, "since": 1}', '{"reason": "x"}', "\xff"):
            self.switch(text)
            self.assertIn(
                b"cannot be read", self.bob.ask(b"Branch.lock_write", b"/~bob/public/branch")[1][2]
            )


if __name__ == "__main__":
    unittest.main()
