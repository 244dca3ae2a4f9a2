# Long: a test for each way out of the smart server.
"""What each exception of a session becomes: for its client, for the operator, and as its exit
status."""

import errno
import json
import os
import shutil
import unittest
from typing import Any

import claims
import failures
from breezy import errors
from breezy.errors import LockFailed, PermissionDenied, TransportError
from testing.hosting_root import Answer, HostingRoot, Session
from testing.verb_requests import REPOSITORY_FORMAT

BRANCH = "~alice/public/branch"
FORMER_REPOSITORY = b"Bazaar-NG Repository format 7"

#: Damage to a branch on disk, the request that meets it, and the message that the client gets.
DAMAGES: tuple[tuple[str, bytes | None, bytes, str], ...] = (
    (
        "branch/last-revision",
        None,
        b"Branch.last_revision_info",
        "its .bzr/branch/last-revision is missing",
    ),
    (
        "branch/last-revision",
        b"",
        b"Branch.last_revision_info",
        "its .bzr/branch/last-revision is empty",
    ),
    ("branch/format", b"", b"BzrDir.open_branchV3", "its .bzr/branch/format is empty"),
    ("repository/format", b"", b"BzrDir.open_branchV3", "its .bzr/repository/format is empty"),
    ("branch-format", None, b"BzrDir.open_2.1", "its .bzr/branch-format is missing"),
    ("branch/format", None, b"BzrDir.open_branchV3", "its .bzr/branch/format is missing"),
    (
        "repository/format",
        None,
        b"BzrDir.find_repositoryV3",
        "its .bzr/repository/format is missing",
    ),
    (
        "branch/last-revision",
        b"1 cut",
        b"Branch.last_revision_info",
        "its .bzr/branch/last-revision was cut or overwritten",
    ),
    (
        "branch/last-revision",
        b"\xff\xfe \x00\n",
        b"Branch.heads_to_fetch",
        "its .bzr/branch/last-revision was cut or overwritten",
    ),
    (
        "branch/tags",
        b"d3:",
        b"Branch.get_tags_bytes",
        "its .bzr/branch/tags was cut or overwritten",
    ),
    (
        "repository/pack-names",
        None,
        b"Branch.lock_write",
        "its .bzr/repository/pack-names is missing",
    ),
    (
        "repository/indices",
        None,
        b"Repository.all_revision_ids",
        "its .bzr/repository/indices is missing",
    ),
)

#: What is in the place of a held lock; None is a directory without an info file.
LOCKS: dict[str, Any] = {
    "cut": b"hostname: h\nnon",
    "no YAML": b"host: {[",
    "binary": bytes(range(256)) * 8,
    "brackets without end": b"[" * 50_000,
    "other types": b"pid: [1, 2]\nnonce: 7\n",
    "a date that is none": b"start_time: 2026-99-99 99:99:99\n",
    "a text": b"somebody\n",
    "empty": b"",
    "huge": b"user: " + b"x" * 1_000_000,
}


class Boundary(unittest.TestCase):
    def setUp(self) -> None:
        self.host = HostingRoot()
        self.addCleanup(self.host.remove)
        self.reports = os.path.join(self.host.scratch, "reports")
        self.control = os.path.join(self.host.root, BRANCH, ".bzr")

    def session(self, user: str = "alice", **limits: int) -> Session:
        with open(self.reports, "w"):
            pass
        return Session(self.host, user, "", self.reports, **limits)

    def end(self, session: Session) -> int:
        """The exit status of the session itself, which plain.py reports."""
        session.close()
        with open(self.reports, encoding="utf-8") as stream:
            ended = [json.loads(line) for line in stream if '"exited"' in line]
        return os.waitstatus_to_exitcode(ended[-1]["status"])

    def told(self) -> list[dict[str, Any]]:
        """The failures that the session reported, without tracebacks."""
        with open(self.reports, encoding="utf-8") as stream:
            messages = [json.loads(line) for line in stream]
        self.assertEqual([message for message in messages if message["event"] == "log"], [])
        return [message for message in messages if message["event"] == "failed"]

    def check(self, answer: Answer, session: Session, kind: str, words: str) -> None:
        """One line for the client, one report, and an exit status of the right kind."""
        succeeded, answered, _ = answer
        self.assertFalse(succeeded)
        text = b": ".join(answered[1:]).decode()
        self.assertIn(words, text)
        self.assertNotRegex(text, r"Error|Traceback|0x|\n|" + self.host.root)
        self.assertEqual(self.end(session), failures.STATUS[kind])
        self.assertEqual([report["kind"] for report in self.told()], [kind])
        self.assertIn(words, self.told()[0]["cause"])

    def test_what_a_backup_dropped_is_named(self) -> None:
        for name, content, verb, words in DAMAGES:
            with self.subTest(name=name, content=content):
                self.host.take_back()
                path = os.path.join(self.control, name)
                if content is not None:
                    with open(path, "wb") as stream:
                        stream.write(content)
                elif os.path.isdir(path):
                    shutil.rmtree(path)
                else:
                    os.unlink(path)
                session = self.session()
                self.check(session.ask(verb, f"/{BRANCH}".encode()), session, "damaged", words)
                self.assertEqual(self.told()[0]["path"], BRANCH)

    def test_a_format_that_is_not_served_is_named(self) -> None:
        formats = {
            "repository/format": FORMER_REPOSITORY,
            "branch/format": b"Bazaar Branch Format 99",
            "branch-format": b"\xff\xfe",
        }
        for name, content in formats.items():
            with self.subTest(name):
                with open(os.path.join(self.control, name), "wb") as stream:
                    stream.write(content + b"\n")
                session = self.session()
                verb = b"BzrDir.open_2.1" if name == "branch-format" else b"BzrDir.open_branchV3"
                self.check(
                    session.ask(verb, f"/{BRANCH}".encode()),
                    session,
                    "unsupported",
                    "is not known to this service",
                )
                self.assertEqual(self.told()[0]["traceback"], "")
                self.host.take_back()

    def test_a_refused_change_is_on_record_as_what_it_is(self) -> None:
        session = self.session("bob")
        refused = session.ask(b"Branch.lock_write", f"/{BRANCH}".encode())
        self.check(refused, session, "no-permission", "you may write under ~bob/")
        with open(self.host.read_only, "w") as stream:
            json.dump({"format": 1, "reason": "new disks"}, stream)
        session = self.session()
        self.check(
            session.ask(b"Branch.lock_write", f"/{BRANCH}".encode()),
            session,
            "read-only",
            "maintenance: new disks",
        )
        with open(self.host.read_only, "w") as stream:
            json.dump({"format": 2, "reason": "new disks"}, stream)
        session = self.session()
        self.check(
            session.ask(b"Branch.lock_write", f"/{BRANCH}".encode()),
            session,
            "read-only",
            "maintenance: its read-only file cannot be read",
        )
        os.unlink(self.host.read_only)
        self.hold(b"hostname: h\nnonce: abc\npid: 7\nuser: carol\n")
        session = self.session()
        self.assertEqual(
            session.ask(b"Branch.lock_write", f"/{BRANCH}".encode())[1], (b"LockContention",)
        )
        self.assertEqual(self.end(session), failures.STATUS["lock-held"])
        self.assertRegex(self.told()[0]["cause"], "^held by carol on h")

    def test_what_is_part_of_the_conversation_is_no_failure(self) -> None:
        session = self.session("bob")
        asked = [
            session.ask(b"Branch.last_revision_info", b"/~bob/nosuch/branch"),
            session.ask(b"get", f"/{BRANCH}/file".encode()),
        ]
        self.assertEqual([answer[1][0] for answer in asked], [b"nobranch", b"NoSuchFile"])
        self.assertEqual(session.ask(b"nonsense", b"/")[1], (b"UnknownMethod", b"nonsense"))
        self.assertEqual((self.end(session), self.told()), (0, []))

    def test_the_same_again_is_reported_once(self) -> None:
        session = self.session("bob")
        for _ in range(3):
            session.ask(b"Branch.lock_write", f"/{BRANCH}".encode())
        session.close()
        self.assertEqual(len(self.told()), 1)

    def hold(self, info: bytes | None) -> None:
        held = os.path.join(self.control, "branch/lock/held")
        os.makedirs(held)
        if info is not None:
            with open(os.path.join(held, "info"), "wb") as stream:
                stream.write(info)

    def check_damaged_lock(self) -> None:
        session, place = self.session(), f"/{BRANCH}".encode()
        refused = session.ask(b"Branch.lock_write", place)
        self.assertEqual(session.ask(b"Branch.break_lock", place)[:2], (True, (b"ok",)))
        self.assertEqual(os.listdir(os.path.join(self.control, "branch/lock")), [])
        self.assertTrue(session.ask(b"Branch.lock_write", place)[0])
        self.check(refused, session, "damaged", "its lock is damaged: ")
        self.host.take_back()

    def test_a_damaged_lock_is_not_a_strangers_to_break(self) -> None:
        self.hold(b"host: {[")
        session = self.session("bob")
        self.assertEqual(
            session.ask(b"Branch.break_lock", f"/{BRANCH}".encode())[1][0], b"PermissionDenied"
        )
        session.close()
        self.assertEqual(os.listdir(os.path.join(self.control, "branch/lock")), ["held"])

    def test_a_damaged_lock_is_refused_in_words_and_its_owner_can_break_it(self) -> None:
        for name, info in LOCKS.items():
            with self.subTest(name):
                self.hold(info)
                self.check_damaged_lock()

    def test_a_lock_that_is_no_directory_or_whose_info_is_no_file(self) -> None:
        held = os.path.join(self.control, "branch/lock/held")
        places = {
            "file": lambda: open(held, "w").close(),
            "link": lambda: os.symlink("/nowhere", held),
        }
        places["link out of the root"] = lambda: os.symlink("/etc", held)
        places["info is a directory"] = lambda: os.makedirs(os.path.join(held, "info"))
        for name, make in places.items():
            with self.subTest(name):
                make()
                self.check_damaged_lock()
        self.assertTrue(os.path.isdir("/etc"))

    def test_a_lock_whose_directory_is_something_else(self) -> None:
        place = os.path.join(self.control, "branch/lock")
        for name, make in {
            "file": lambda: open(place, "w").close(),
            "link": lambda: os.symlink("lock", place),
        }.items():
            with self.subTest(name):
                os.rmdir(place)
                make()
                stranger = self.session("bob")
                self.assertEqual(
                    stranger.ask(b"Branch.break_lock", f"/{BRANCH}".encode())[1][0],
                    b"PermissionDenied",
                )
                stranger.close()
                self.check_damaged_lock()

    def test_a_file_that_grows_too_large_is_the_limit_that_it_is(self) -> None:
        session = self.session(fileSizeBytes=10_000)
        _, words, _ = session.ask(b"Branch.lock_write", f"/{BRANCH}".encode())
        answer = session.ask(
            b"Branch.set_tags_bytes", f"/{BRANCH}".encode(), *words[1:3], body=b"x" * 100_000
        )
        self.check(
            answer,
            session,
            "limit",
            "a file would be larger than this service lets a session write",
        )

    def test_a_stream_that_cannot_be_taken_ends_the_session_with_one_report(self) -> None:
        session = self.session()
        with self.assertRaises(errors.ConnectionReset):
            session.ask(
                b"Repository.insert_stream_1.19",
                f"/{BRANCH}".encode(),
                b"",
                stream=[REPOSITORY_FORMAT],
            )
        self.assertEqual(self.end(session), failures.STATUS["unsupported"])
        self.assertEqual(len(self.told()), 1)


class Words(unittest.TestCase):
    def test_the_keeper_takes_all_kinds_and_no_other(self) -> None:
        self.assertEqual(claims.FAILURE_KINDS, tuple(failures.STATUS))

    def test_the_number_of_a_system_error_says_what_to_do_wherever_it_is_wrapped(self) -> None:
        for number in (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EROFS,
            errno.EIO,
            errno.EFBIG,
            errno.EMFILE,
            errno.ENOMEM,
            errno.EACCES,
        ):
            system = OSError(number, os.strerror(number), "/srv/hosting/~a/b/.bzr/x")
            below = TransportError("below")
            below.__cause__ = system
            for error in (
                system,
                below,
                TransportError(orig_error=system),
                LockFailed("lock", below),
            ):
                with self.subTest(number=errno.errorcode[number], error=type(error).__name__):
                    failure = failures.of(error, None)
                    self.assertIn(failure.kind, ("disk", "limit"))
                    self.assertRegex(failure.words, "ask the operator")
                    self.assertNotRegex(failure.words, "Errno|/srv|Error")

    def test_memory_and_recursion_and_a_defect_say_no_name_of_an_exception(self) -> None:
        self.assertEqual(failures.of(MemoryError(), None).kind, "limit")
        for error in (
            RecursionError("maximum"),
            AttributeError("x"),
            UnicodeDecodeError("utf-8", b"", 0, 1, "x"),
            AssertionError(),
        ):
            failure = failures.of(error, None)
            self.assertEqual(failure.kind, "internal")
            self.assertNotIn(type(error).__name__, failure.words)

    def test_a_rule_of_ours_is_told_from_a_right_that_the_service_lacks(self) -> None:
        ours = PermissionDenied("x")
        ours.extra = "you may write under ~bob/"
        self.assertEqual(
            failures.of(ours, None), failures.Failure("no-permission", "you may write under ~bob/")
        )
        theirs = PermissionDenied(
            "x", extra=PermissionError(errno.EACCES, "Permission denied", "/srv/x")
        )
        theirs.__cause__ = PermissionError(errno.EACCES, "Permission denied", "/srv/x")
        self.assertEqual(failures.of(theirs, None).kind, "disk")

    def test_words_hold_no_name_of_a_transport_and_no_bytes_of_python(self) -> None:
        error = errors.CommandError("at filtered-1234:///~a/b and chroot-5:///x: b'~a', b\"c\"")
        self.assertEqual(failures.of(error, None).words, "at /~a/b and /x: '~a', \"c\"")

    def test_words_are_one_line(self) -> None:
        self.assertEqual(failures.of(errors.CommandError("a\n b\n"), None).words, "a b")


if __name__ == "__main__":
    unittest.main()
