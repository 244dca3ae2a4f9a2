# Long: a table of verbs against places.
"""Every request of the smart protocol, at every kind of place, for every kind of user, over the
real smart server.

`expected` states the right result of each, in one place.
"""

import inspect
import os
import re
import unittest
from collections.abc import Iterator
from dataclasses import dataclass

import verb_table
from breezy import urlutils
from breezy.bzr.smart import request
from testing.hosting_root import Answer, HostingRoot, Session
from testing.verb_requests import DIRECTORY_FORMAT, MAKES, TOKENS, Request, requests

#: Nothing is there, and no answer may reveal that.
NOWHERE = "~bob/nosuch/branch"


@dataclass(frozen=True)
class Place:
    """The place of a request, and the facts about it."""

    path: str
    #: Who may write the place as spelled, and the place that it resolves to; "" is no user.
    owners: tuple[str, str] = ("", "")
    #: Who sees the branch: everybody, the owners of what it resolves to, or nobody; or the place is
    #: `above` the root.
    seen_by: str = "nobody"


PLACES = (
    Place("~alice/public/branch", ("alice", "alice"), "everybody"),
    Place("~bob/public/branch", ("bob", "bob"), "everybody"),
    Place("~bob/stacked/branch", ("bob", "bob"), "everybody"),
    Place("~bob/secret/branch", ("bob", "bob"), "owners"),
    Place("~reds/public/branch", ("reds", "reds"), "everybody"),
    Place("~reds/secret/branch", ("reds", "reds"), "owners"),
    Place("shared/branch", ("", ""), "everybody"),
    Place("~bob/other/branch", ("bob", "alice"), "everybody"),
    Place("~bob/door/branch", ("bob", "bob"), "owners"),
    Place("~alice/door/branch", ("alice", "bob"), "owners"),
    Place("~alice/out/branch", ("alice", ""), "nobody"),
    Place("~bob/out/branch", ("bob", ""), "nobody"),
    Place(NOWHERE, ("bob", "bob"), "nobody"),
    Place("~alice/nosuch/branch", ("alice", "alice"), "nobody"),
    Place("~BOB/secret/branch", ("", ""), "nobody"),
    Place("~bob/SECRET/branch", ("bob", "bob"), "nobody"),
    Place("~bob/\uff53ecret/branch", ("bob", "bob"), "nobody"),
    Place("~bob/./secret//branch", ("bob", "bob"), "owners"),
    Place("~alice/../~bob/secret/branch", ("bob", "bob"), "owners"),
    Place("~alice/../~bob/public/branch", ("bob", "bob"), "everybody"),
    Place("~alice/%2E%2E/~bob/secret/branch", ("alice", "alice"), "nobody"),
    Place("~alice%2F..%2F~bob%2Fsecret%2Fbranch", ("", ""), "nobody"),
    Place("~bob%2Fsecret%2Fbranch", ("", ""), "nobody"),
    Place("~bob/sec\x1bret/branch", ("", ""), "nobody"),
    Place("../outside/branch", ("", ""), "above"),
    Place("~alice/../../outside/branch", ("", ""), "above"),
    Place("~root/.ssh", ("", ""), "nobody"),
    Place("~", ("", ""), "nobody"),
    Place("", ("", ""), "nobody"),
)

#: Allowed: it succeeds. Absent: the same answer as for a place that does not exist. Denied: the
#: answer says where the user may write.
ALLOWED, ABSENT, DENIED, OFF = "allowed", "absent", "denied", "not answered"


def expected(
    kind: str, verb: bytes, place: Place, names: set[str], file_reads: bool = False
) -> str:
    """The rule: who sees what, and who changes what."""
    spelled, real = (owner in names for owner in place.owners)
    seen = place.seen_by == "everybody" or (place.seen_by == "owners" and real)
    if kind == "unknown":
        return OFF
    if kind == "file read" and seen:
        return ALLOWED if file_reads and verb != b"iter_files_recursive" else DENIED
    if kind in ("read", "file read"):
        return ALLOWED if seen else ABSENT
    # Only the path says so: nothing that is there, or is not, has a part in it.
    if place.seen_by == "above":
        return DENIED
    if not spelled or (seen and not real) or (kind == "file change" and verb != b"mkdir"):
        return DENIED
    # Deeper than ~user/project/branch its parent must exist.
    makes = verb == MAKES or (
        verb in (b"BzrDirFormat.initialize", b"mkdir") and place.path.count("/") < 3
    )
    # For mkdir, the answer is that it exists already.
    return ALLOWED if (seen and verb != b"mkdir") or (real and not seen and makes) else ABSENT


class Matrix(unittest.TestCase):
    def setUp(self) -> None:
        self.host = HostingRoot()
        self.addCleanup(self.host.remove)
        self.requests = requests(self.host.revision)

    def session(self, user: str, teams: str = "") -> Session:
        session = Session(self.host, user, teams)
        self.addCleanup(session.close)
        return session

    def send(self, session: Session, verb: bytes, path: str) -> Answer:
        sent = self.requests.get(verb, Request())
        # Requests about files name them as a URL does.
        text = urlutils.escape(path) if verb in ABOUT_FILES else path
        where = b"/" + text.encode() + INSIDE.get(verb, b"")
        arguments = [*sent.arguments]
        if arguments and arguments[0] == TOKENS:
            locked, words, _ = session.ask(b"Branch.lock_write", where)
            arguments[:1] = words[1:3] if locked else [b"token", b""]
        first = [where]
        if verb == MAKES:
            first = [DIRECTORY_FORMAT, where]
        return session.ask(verb, *first, *arguments, body=sent.body, stream=sent.stream)

    def test_every_verb_of_this_breezy_is_in_one_class(self) -> None:
        registered = set(request.request_handlers.keys())
        classified = [verb for members in verb_table.CLASSES.values() for verb in members]
        self.assertEqual(
            registered - set(classified),
            set(),
            "decide what these are, in libs/protocol/src/smart-verbs.json",
        )
        self.assertEqual(len(classified), len(set(classified)))
        self.assertEqual(set(classified) - registered, set())
        self.assertLessEqual(set(self.requests), registered)

    def test_the_path_is_the_argument_that_breezy_takes_for_it(self) -> None:
        for verb, at in verb_table.PATH_AT.items():
            handler = getattr(request.request_handlers, "registered", request.request_handlers).get(
                verb
            )
            names = list(inspect.signature(handler.do).parameters)[1:]
            found = [
                number
                for number, name in enumerate(names)
                if name in ("path", "relpath", "rel_from")
            ]
            self.assertEqual(found, [] if at is None else [at], verb)

    def test_the_owner_of_all_that_is_bobs(self) -> None:
        self.check("bob")

    def test_a_member_of_the_team(self) -> None:
        self.check("carol", "blues reds")

    def test_a_stranger(self) -> None:
        self.check("dave")

    def test_the_owner_of_a_link_to_what_is_private(self) -> None:
        self.check("alice")

    def test_single_files_where_the_operator_gives_them_out(self) -> None:
        self.host.file_reads = True
        for user in ("alice", "bob", "dave"):
            session = self.session(user)
            for verb in sorted(verb_table.CLASSES["file read"]):
                for place in PLACES:
                    wanted = expected("file read", verb, place, session.names, file_reads=True)
                    with self.subTest(user=user, verb=verb, place=place.path, wanted=wanted):
                        self.check_cell(session, "file read", verb, place, wanted)
        self.assertEqual(self.host.take_back(), [])

    def check(self, user: str, teams: str = "") -> None:
        session = self.session(user, teams)
        outcomes: set[str] = set()
        for kind, verb in verbs_to_try():
            cells = [(expected(kind, verb, place, session.names), place) for place in places(kind)]
            outcomes.update(wanted for wanted, _ in cells)
            changing = [
                place
                for wanted, place in cells
                if wanted == ALLOWED and kind != "read" and verb != b"mkdir"
            ]
            for wanted, place in cells:
                if place not in changing:
                    with self.subTest(verb=verb, place=place.path, wanted=wanted):
                        self.check_cell(session, kind, verb, place, wanted)
            self.assertEqual(self.host.take_back(), [], verb)
            for place in changing:
                with self.subTest(verb=verb, place=place.path, wanted=ALLOWED):
                    self.check_change(session, kind, verb, place)
                self.host.take_back()
        self.assertEqual(outcomes, {ALLOWED, ABSENT, DENIED, OFF})

    def check_cell(
        self, session: Session, kind: str, verb: bytes, place: Place, wanted: str
    ) -> None:
        answer = self.send(session, verb, place.path)
        self.assertEqual(outcome(verb, answer), wanted, answer)
        if (
            place.seen_by in ("everybody", "above")
            or wanted == ALLOWED
            or (kind, wanted) in NOT_LIKE_NOTHING
        ):
            return
        nothing = self.send(session, verb, TELLING.sub("nosuch", place.path))
        self.assertEqual(told(answer), told(nothing))

    def check_change(self, session: Session, kind: str, verb: bytes, place: Place) -> None:
        path = place.path
        if kind == "create" and place.seen_by != "nobody":
            path = self.prepare(session, verb, path)
        answer = self.send(session, verb, path)
        self.assertEqual(outcome(verb, answer), ALLOWED, answer)

    def prepare(self, session: Session, verb: bytes, path: str) -> str:
        """Makes a place for something new inside a branch, with what the verb requires."""
        path += "/new"
        if verb == MAKES:
            return path
        os.mkdir(os.path.join(self.host.root, path))
        if verb != b"BzrDirFormat.initialize":
            self.assertTrue(self.send(session, b"BzrDirFormat.initialize", path)[0])
        if verb == b"BzrDir.create_branch":
            self.assertTrue(self.send(session, b"BzrDir.create_repository", path)[0])
        return path


#: These differ from a place that does not exist: a missing place can be made in one's own tree, and
#: the content of a file is not given out.
NOT_LIKE_NOTHING = {("create", ABSENT), ("file change", ABSENT), ("file read", DENIED)}

#: The names by which places differ from one that does not exist.
TELLING = re.compile("secret|SECRET|door|outside|out\\b|\uff53ecret|%EF%BD%93ecret|~BOB")


def verbs_to_try() -> Iterator[tuple[str, bytes]]:
    """All verbs except those that name no place."""
    for kind, members in verb_table.CLASSES.items():
        yield from ((kind, verb) for verb in sorted(members - {b"hello", b"Transport.is_readonly"}))


def places(kind: str) -> tuple[Place, ...]:
    """Where to try a verb: a few places are enough for one that is never answered."""
    return PLACES[:4] if kind == "unknown" else PLACES


ABOUT_FILES = verb_table.CLASSES["file read"] | verb_table.CLASSES["file change"]
#: The part of a branch that the verb asks for.
INSIDE = {
    b"iter_files_recursive": b"/.bzr",
    b"list_dir": b"/.bzr",
    **dict.fromkeys([b"get", b"has", b"readv", b"stat"], b"/.bzr/README"),
}

#: Answers that come from the branch and not from our rule: it is not signed, not stacked, or has a
#: repository without tokens.
REACHED = {b"nosuchrevision", b"NotStacked", b"this branch or repository cannot do that"}


def outcome(verb: bytes, answer: Answer) -> str:
    """The kind of result that an answer means."""
    succeeded, words, _ = answer
    if REACHED & set(words[:3]):
        return ALLOWED
    if words[:1] in ((b"PermissionDenied",), (b"LockFailed",)):
        return DENIED
    if words[:1] == (b"UnknownMethod",):
        return OFF
    if (verb.startswith(b"BzrDir.open") or verb == b"has") and words == (b"no",):
        return ABSENT
    return ALLOWED if succeeded else ABSENT


def told(answer: Answer) -> str:
    """An answer without the name that was asked for."""
    return TELLING.sub(
        "nosuch",
        " ".join(word.decode() if isinstance(word, bytes) else repr(word) for word in answer[1]),
    )


if __name__ == "__main__":
    unittest.main()
