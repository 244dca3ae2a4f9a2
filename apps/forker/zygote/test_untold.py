"""Answers that would be wrong, or that clients do not show, and what replaces them."""

import json
import os
import shutil
import unittest
import unittest.mock

import bounded
import failures
from breezy import config
from testing.hosting_root import HostingRoot, Session

BRANCH = "~alice/public/branch"


class Untold(unittest.TestCase):
    def setUp(self) -> None:
        self.host = HostingRoot()
        self.addCleanup(self.host.remove)
        self.control = os.path.join(self.host.root, BRANCH, ".bzr")

    def check(self, verb: bytes, path: bytes, words: str, user: str = "alice") -> None:
        session = Session(self.host, user)
        self.addCleanup(session.close)
        _, answered, _ = session.ask(verb, path)
        text = b": ".join(answered[1:]).decode()
        self.assertIn(words, text)
        self.assertNotIn(self.host.root, text)
        self.assertNotRegex(text, "filtered|chroot|file:|b'")

    def check_recorded(self, kind: str, words: str, *requests: tuple[bytes, ...]) -> None:
        """The last request is refused with this message; the session has one report of it, and the
        exit status of its kind.
        """
        reports = os.path.join(self.host.scratch, "reports")
        with open(reports, "w"):
            pass
        session = Session(self.host, "alice", "", reports)
        self.addCleanup(session.close)
        for verb, *arguments in requests:
            succeeded, answered, _ = session.ask(verb, *arguments)
        self.assertFalse(succeeded, answered)
        session.close()
        with open(reports, encoding="utf-8") as stream:
            told = [json.loads(report) for report in stream]
        failed = [report for report in told if report["event"] == "failed"]
        self.assertEqual([report["kind"] for report in failed], [kind])
        for text in (failed[0]["cause"], b": ".join(answered[1:]).decode()):
            self.assertIn(words, text)
            self.assertNotRegex(text, "Error|Transport|\n|" + self.host.root)
        self.assertEqual(os.waitstatus_to_exitcode(told[-1]["status"]), failures.STATUS[kind])

    def test_settings_that_cannot_be_parsed_are_damage(self) -> None:
        for data in (b"\xff\xfe garbage", b"[unclosed\nxx", b"no assignment\n"):
            with self.subTest(data):
                with open(os.path.join(self.control, "branch/branch.conf"), "wb") as stream:
                    stream.write(data)
                words = "its .bzr/branch/branch.conf was cut or overwritten; ask the operator"
                self.check_recorded(
                    "damaged", words, (b"Branch.get_stacked_on_url", f"/{BRANCH}".encode())
                )

    def test_settings_elsewhere_that_cannot_be_parsed_are_damage_too(self) -> None:
        for error in (
            config.ConfigContentError("/srv/x.conf"),
            config.ParseConfigError([], "/srv/x.conf"),
        ):
            failure = failures.of(error, None)
            self.assertEqual(failure.kind, "damaged")
            self.assertNotIn("/srv", failure.words)

    def test_a_name_that_is_too_long_is_refused_with_how_long_it_may_be(self) -> None:
        words, long = "the name is too long: each part of it has at most 255 bytes", b"n" * 256
        for path in (
            b"/~alice/public/" + long,
            b"/~alice/public/" + b"%E3%83%97" * 86,
            b"/~alice/public" + b"/abcdefg" * 600,
        ):
            with self.subTest(path[:20]):
                self.check_recorded("unsupported", words, (b"BzrDir.open_2.1", path))
        self.check_recorded(
            "unsupported", words, (b"BzrDirFormat.initialize", b"/~alice/new/" + long)
        )

    def test_a_branch_whose_repository_is_gone_is_damaged_and_one_without_a_branch_is_not(
        self,
    ) -> None:
        shutil.rmtree(os.path.join(self.control, "repository"))
        for verb in (
            b"BzrDir.open_branchV3",
            b"BzrDir.open_branchV2",
            b"Branch.lock_write",
            b"BzrDir.find_repositoryV3",
        ):
            with self.subTest(verb):
                self.check_recorded(
                    "damaged",
                    "its .bzr/repository is missing; ask the operator",
                    (verb, f"/{BRANCH}".encode()),
                )
        with open(os.path.join(self.control, "branch/format"), "w") as stream:
            stream.write("Bazaar-NG Branch Reference Format 1\n")
        session = Session(self.host, "alice")
        self.addCleanup(session.close)
        self.assertEqual(
            session.ask(b"BzrDir.find_repositoryV3", f"/{BRANCH}".encode())[1], (b"norepository",)
        )

    def test_a_place_above_the_root_is_refused_in_words(self) -> None:
        words = "no path may lead above the root of the service"
        for path in (b"/~alice/../../x", b"/../x", b"~alice/../../x"):
            with self.subTest(path):
                self.check_recorded("no-permission", words, (b"mkdir", path, b""))
                self.check_recorded("no-permission", words, (b"BzrDirFormat.initialize", path))

    def test_a_name_that_is_no_utf_8_is_refused(self) -> None:
        words = "this name is not allowed here"
        for path in (
            b"/~alice/bad%FF",
            b"/~alice/%C3/x",
            b"/~alice/public/%ED%A0%80",
            b"/~alice/%EF%BF%BD",
        ):
            with self.subTest(path):
                self.check_recorded("no-permission", words, (b"mkdir", path, b""))
        whole = "/~alice/new/bad\ufffd".encode()
        self.check_recorded("no-permission", words, (b"BzrDirFormat.initialize", whole))

    def test_a_change_that_a_client_would_make_file_by_file_is_on_record_as_refused(self) -> None:
        place = f"/{BRANCH}".encode()
        begun = (b"Repository.start_write_group", place, b"")
        read = (b"get", place + b"/.bzr/branch-format")
        self.check_recorded(
            "unsupported", "a lightweight checkout cannot commit here: ", begun, read, read
        )
        look = (b"get", place + b"/.bzr/repository/git-unpeel-map")
        self.check_recorded(
            "unsupported", "git's history cannot be pushed here: ", look, begun, read, read
        )

    def test_an_error_that_clients_do_not_show_is_the_answer_to_what_they_ask_next(self) -> None:
        os.makedirs(os.path.join(self.control, "branch/lock/held"))
        session, place = Session(self.host, "alice"), f"/{BRANCH}".encode()
        self.addCleanup(session.close)
        self.assertEqual(
            session.ask(b"Branch.get_physical_lock_status", place)[1][0], b"UnknownMethod"
        )
        for _ in range(2):
            self.assertIn(
                b"its lock is damaged: ", session.ask(b"get", place + b"/.bzr/branch-format")[1][2]
            )

    def test_what_is_no_branch_of_brz_is_refused_without_names_of_this_host(self) -> None:
        git, link = (os.path.join(self.host.root, "~alice", name) for name in ("git", "link"))
        os.makedirs(git + "/.git/objects")
        shutil.copytree(self.control, link + "/.bzr")
        for name, text in {
            "format": "Bazaar-NG Branch Reference Format 1\n",
            "location": f"file://{self.host.root}/{BRANCH}/",
        }.items():
            with open(f"{link}/.bzr/branch/{name}", "w") as stream:
                stream.write(text)
        self.check(b"BzrDir.open_2.1", b"/~alice/git", "it is a git repository")
        self.check(b"BzrDir.open_branchV3", b"/~alice/link", "it refers to a branch")

    def test_damage_of_what_is_private_is_not_told_to_others(self) -> None:
        secret = os.path.join(self.host.root, "~bob/secret/branch/.bzr/branch-format")
        os.unlink(secret)
        self.check(
            b"BzrDir.open_2.1", b"/~bob/secret/branch", "its .bzr/branch-format is missing", "bob"
        )
        session = Session(self.host, "dave")
        self.addCleanup(session.close)
        there, nothing = (
            session.ask(b"BzrDir.open_2.1", f"/~bob/{name}/branch".encode())
            for name in ("secret", "nosuch")
        )
        self.assertEqual(there, nothing)

    def test_a_line_that_is_no_request_is_a_refusal(self) -> None:
        reports = os.path.join(self.host.scratch, "reports")
        for line in (b"garbage\n", b"GET / HTTP/1.1\r\n", b"\xff\xfe\n"):
            with self.subTest(line):
                session = Session(self.host, "alice", "", reports)
                session.send(line)
                session.close()
                with open(reports, encoding="utf-8") as stream:
                    told = [json.loads(report) for report in stream]
                self.assertEqual(
                    os.waitstatus_to_exitcode(told[-1]["status"]), failures.STATUS["unsupported"]
                )
                self.assertEqual(
                    [report["kind"] for report in told[:-1] if report["event"] == "failed"][-1:],
                    ["unsupported"],
                )

    def test_no_words_name_the_directory_of_the_hosting_root(self) -> None:
        with unittest.mock.patch.dict(os.environ, HATCHERY_HOSTING_ROOT="/srv/hosting/"):
            said = bounded.in_words(
                "ERROR (ignored): 'file:///srv/hosting/~a/b.pack' and /srv/hosting/~a, b'x' at filtered-12:///~a"
            )
        self.assertEqual(said, "ERROR (ignored): '/~a/b.pack' and /~a, 'x' at /~a")

    def test_a_sound_file_is_told_from_one_that_was_cut(self) -> None:
        for name, sound, cut in (
            (
                "branch/last-revision",
                (b"0 null:\n", b"12 a@b-\xc3\xa9\n"),
                (b"", b"12", b"12 a", b"x a\n", b"1 a b\n", b"1 \xff\n"),
            ),
            ("branch/tags", (b"", b"de", b"d1:a1:be"), (b"d1:a", b"le", b"\x00", b"i1e")),
            (
                "branch/branch.conf",
                (b"", b"a = b, 'c\n", b"[s]\na = \xc3\xa9\n", b"# x\n"),
                (b"\xff", b"[s\n", b"a\n", b'a = """b\n'),
            ),
        ):
            for data in (*sound, *cut):
                with open(os.path.join(self.control, name), "wb") as stream:
                    stream.write(data)
                with self.subTest(name=name, data=data):
                    self.assertEqual(failures.unsound(self.control, name) is None, data in sound)


if __name__ == "__main__":
    unittest.main()
