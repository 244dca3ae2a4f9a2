"""Answers that would be wrong, or that clients do not show: what takes their place."""

import json
import os
import shutil
import unittest
import unittest.mock

import bounded
import failures
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

    def test_an_error_that_clients_do_not_show_is_the_answer_to_what_they_ask_next(self) -> None:
        os.makedirs(os.path.join(self.control, "branch/lock/held"))
        session, place = Session(self.host, "alice"), f"/{BRANCH}".encode()
        self.addCleanup(session.close)
        self.assertEqual(session.ask(b"Branch.get_physical_lock_status", place)[1][0], b"UnknownMethod")
        for _ in range(2):
            self.assertIn(b"its lock is damaged: ", session.ask(b"get", place + b"/.bzr/branch-format")[1][2])

    def test_what_is_no_branch_of_brz_is_refused_without_names_of_this_host(self) -> None:
        git, link = (os.path.join(self.host.root, "~alice", name) for name in ("git", "link"))
        os.makedirs(git + "/.git/objects")
        shutil.copytree(self.control, link + "/.bzr")
        for name, text in {"format": "Bazaar-NG Branch Reference Format 1\n", "location": f"file://{self.host.root}/{BRANCH}/"}.items():
            with open(f"{link}/.bzr/branch/{name}", "w") as stream:
                stream.write(text)
        self.check(b"BzrDir.open_2.1", b"/~alice/git", "it is a git repository")
        self.check(b"BzrDir.open_branchV3", b"/~alice/link", "it refers to a branch")

    def test_damage_of_what_is_private_is_not_told_to_others(self) -> None:
        secret = os.path.join(self.host.root, "~bob/secret/branch/.bzr/branch-format")
        os.unlink(secret)
        self.check(b"BzrDir.open_2.1", b"/~bob/secret/branch", "its .bzr/branch-format is missing", "bob")
        session = Session(self.host, "dave")
        self.addCleanup(session.close)
        there, nothing = (session.ask(b"BzrDir.open_2.1", f"/~bob/{name}/branch".encode()) for name in ("secret", "nosuch"))
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
                self.assertEqual(os.waitstatus_to_exitcode(told[-1]["status"]), failures.STATUS["unsupported"])
                self.assertEqual([report["kind"] for report in told[:-1] if report["event"] == "failed"][-1:], ["unsupported"])

    def test_no_words_name_the_directory_of_the_hosting_root(self) -> None:
        with unittest.mock.patch.dict(os.environ, HATCHERY_HOSTING_ROOT="/srv/hosting/"):
            said = bounded.in_words("ERROR (ignored): 'file:///srv/hosting/~a/b.pack' and /srv/hosting/~a, b'x' at filtered-12:///~a")
        self.assertEqual(said, "ERROR (ignored): '/~a/b.pack' and /~a, 'x' at /~a")

    def test_a_sound_file_is_told_from_one_that_was_cut(self) -> None:
        for name, sound, cut in (
            ("branch/last-revision", (b"0 null:\n", b"12 a@b-\xc3\xa9\n"), (b"", b"12", b"12 a", b"x a\n", b"1 a b\n", b"1 \xff\n")),
            ("branch/tags", (b"", b"de", b"d1:a1:be"), (b"d1:a", b"le", b"\x00", b"i1e")),
        ):
            for data in (*sound, *cut):
                with open(os.path.join(self.control, name), "wb") as stream:
                    stream.write(data)
                with self.subTest(name=name, data=data):
                    self.assertEqual(failures.unsound(self.control, name) is None, data in sound)


if __name__ == "__main__":
    unittest.main()
