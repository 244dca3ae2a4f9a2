"""Every request of the smart protocol, at every kind of place, for every kind of user, over the real smart server.

What must come of each is said once, by `expected`.
"""

import os
import re
import unittest
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import verbs
from breezy.bzr.smart import request
from breezy.bzr.smart.repository import _stream_to_byte_stream
from breezy.repository import network_format_registry
from fastbencode import bencode  # type: ignore[import]
from testing.hosting_root import Answer, HostingRoot, Session

BRANCH_FORMAT = b"Bazaar Branch Format 7 (needs bzr 1.6)\n"
REPOSITORY_FORMAT = b"Bazaar repository format 2a (needs bzr 1.16 or later)\n"
DIRECTORY_FORMAT = b"Bazaar-NG meta directory, format 1\n"

#: Nothing is there, and nobody says so of it.
NOWHERE = "~bob/nosuch/branch"


@dataclass(frozen=True)
class Place:
    """Where a request goes, and what is true of it."""

    path: str
    #: Who may write what this spells, and what it comes to; "" is nobody.
    owners: tuple[str, str] = ("", "")
    #: A branch that is seen by everybody, by those who own what it comes to, or by nobody; or `above` the root.
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

#: Allowed: it succeeds. Absent: the answer is that of a place where there is nothing. Denied: it says where one may write.
ALLOWED, ABSENT, DENIED, OFF = "allowed", "absent", "denied", "not answered"

#: The one request that needs no directory to be there.
MAKES = b"BzrDirFormat.initialize_ex_1.16"


def expected(kind: str, verb: bytes, place: Place, names: set[str]) -> str:
    """The rule: who sees what, and who changes what."""
    spelled, real = (owner in names for owner in place.owners)
    seen = place.seen_by == "everybody" or (place.seen_by == "owners" and real)
    if kind in ("files", "unknown"):
        return OFF
    if kind == "read" or place.seen_by == "above":
        return ALLOWED if seen else ABSENT
    if not spelled or (seen and not real):
        return DENIED
    return ALLOWED if seen or (verb == MAKES and real) else ABSENT


@dataclass(frozen=True)
class Request:
    """Arguments behind the path, and a body or a stream of one. `TOKENS` stands for those of a lock on the branch."""

    arguments: tuple[Any, ...] = ()
    body: bytes | None = None
    stream: list[bytes] | None = field(default=None)


TOKENS = "the tokens of a lock"
LOCKED = Request((TOKENS,))


def requests(revision: bytes) -> dict[bytes, Request]:
    """A request that succeeds on a branch of one's own with this revision, for each verb that takes more than a path."""
    everything = b"everything"
    empty = list(_stream_to_byte_stream([], network_format_registry.get(REPOSITORY_FORMAT)))
    return {
        b"Branch.put_config_file": Request((TOKENS,), body=b"nickname = n\n"),
        b"Branch.revision_id_to_revno": Request((revision,)),
        b"Branch.set_config_option": Request((TOKENS, b"value", b"name", b"")),
        b"Branch.set_config_option_dict": Request((TOKENS, bencode({b"key": b"value"}), b"name", b"")),
        b"Branch.set_last_revision": Request((TOKENS, b"null:")),
        b"Branch.set_last_revision_ex": Request((TOKENS, revision, 0, 0)),
        b"Branch.set_last_revision_info": Request((TOKENS, b"1", revision)),
        b"Branch.set_parent_location": Request((TOKENS, b"../other")),
        b"Branch.set_tags_bytes": Request((TOKENS,), body=b""),
        b"Branch.unlock": LOCKED,
        b"BzrDir.cloning_metadir": Request((b"False",)),
        b"BzrDir.create_branch": Request((BRANCH_FORMAT,)),
        b"BzrDir.create_repository": Request((REPOSITORY_FORMAT, b"False")),
        MAKES: Request((b"True", b"True", b"False", b"", b"", REPOSITORY_FORMAT, b"False", b"False")),
        b"Repository.abort_write_group": Request((b"", [])),
        b"Repository.add_signature_text": Request((b"", revision), body=b"signature"),
        b"Repository.annotate_file_revision": Request((revision, b"file")),
        b"Repository.check_write_group": Request((b"", [])),
        b"Repository.commit_write_group": Request((b"", [])),
        b"Repository.gather_stats": Request((b"", b"no")),
        b"Repository.get_parent_map": Request((revision,), body=b"\n\n0"),
        b"Repository.get_rev_id_for_revno": Request((1, (1, revision))),
        b"Repository.get_revision_graph": Request((revision,)),
        b"Repository.get_revision_signature_text": Request((revision,)),
        b"Repository.get_stream": Request((REPOSITORY_FORMAT,), body=everything),
        b"Repository.get_stream_1.19": Request((REPOSITORY_FORMAT,), body=everything),
        b"Repository.get_stream_for_missing_keys": Request((REPOSITORY_FORMAT,), body=b"inventories\t" + revision),
        b"Repository.has_revision": Request((revision,)),
        b"Repository.has_signature_for_revision_id": Request((revision,)),
        b"Repository.insert_stream": Request((b"",), stream=empty),
        b"Repository.insert_stream_1.19": Request((b"", b""), stream=empty),
        b"Repository.insert_stream_locked": Request((b"", b""), stream=empty),
        b"Repository.iter_files_bytes": Request(body=b""),
        b"Repository.iter_revisions": Request(body=revision),
        b"Repository.pack": Request((b"", b"False"), body=b""),
        b"Repository.reconcile": Request((b"",)),
        b"Repository.revision_archive": Request((revision, b"tar", b"name.tar", b"")),
        b"Repository.set_make_working_trees": Request((b"False",)),
        b"Repository.start_write_group": Request((b"",)),
        b"Repository.unlock": Request((b"",)),
        b"VersionedFileRepository.get_inventories": Request((b"unordered",), body=revision),
        b"append": Request((b"",), body=b"x"),
        b"get_bundle": Request((revision,)),
        b"mkdir": Request((b"",)),
        b"move": Request((b"/~alice/x",)),
        b"put": Request((b"",), body=b"x"),
        b"put_non_atomic": Request((b"", b"F", b""), body=b"x"),
        b"readv": Request(body=b"0,1"),
        b"rename": Request((b"/~alice/x",)),
    }


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
        where = b"/" + path.encode()
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
        classified = [verb for members in verbs.CLASSES.values() for verb in members]
        self.assertEqual(registered - set(classified), set(), "decide what these are, in verbs.py")
        self.assertEqual(len(classified), len(set(classified)))
        self.assertEqual(set(classified) - registered, set())
        self.assertLessEqual(set(self.requests), registered)

    def test_the_owner_of_all_that_is_bobs(self) -> None:
        self.check("bob")

    def test_a_member_of_the_team(self) -> None:
        self.check("carol", "blues reds")

    def test_a_stranger(self) -> None:
        self.check("dave")

    def test_the_owner_of_a_link_to_what_is_private(self) -> None:
        self.check("alice")

    def check(self, user: str, teams: str = "") -> None:
        session = self.session(user, teams)
        outcomes: set[str] = set()
        for kind, verb in verbs_to_try():
            cells = [(expected(kind, verb, place, session.names), place) for place in places(kind)]
            outcomes.update(wanted for wanted, _ in cells)
            changing = [place for wanted, place in cells if wanted == ALLOWED and kind != "read"]
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

    def check_cell(self, session: Session, kind: str, verb: bytes, place: Place, wanted: str) -> None:
        answer = self.send(session, verb, place.path)
        self.assertEqual(outcome(verb, answer), wanted, answer)
        # What is not there can be made in one's own tree; what is hidden behind a link there cannot.
        if place.seen_by in ("everybody", "above") or wanted == ALLOWED or (kind == "create" and wanted == ABSENT):
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
        """A place for something new inside a branch, with what the verb needs to be there."""
        path += "/new"
        if verb == MAKES:
            return path
        os.mkdir(os.path.join(self.host.root, path))
        if verb != b"BzrDirFormat.initialize":
            self.assertTrue(self.send(session, b"BzrDirFormat.initialize", path)[0])
        if verb == b"BzrDir.create_branch":
            self.assertTrue(self.send(session, b"BzrDir.create_repository", path)[0])
        return path


#: The names by which places differ from one where there is nothing.
TELLING = re.compile("secret|SECRET|door|outside|out\\b|\uff53ecret|%EF%BD%93ecret|~BOB")


def verbs_to_try() -> Iterator[tuple[str, bytes]]:
    """All but those that are about no place."""
    for kind, members in verbs.CLASSES.items():
        yield from ((kind, verb) for verb in sorted(members - {b"hello", b"Transport.is_readonly"}))


def places(kind: str) -> tuple[Place, ...]:
    """Where to try: a few will do for what is never answered."""
    return PLACES[:4] if kind in ("files", "unknown") else PLACES


#: Words of a refusal that is none of ours: the branch is not signed, not stacked, or has a repository without tokens.
REACHED = {b"nosuchrevision", b"NotStacked", b"NotImplementedError"}


def outcome(verb: bytes, answer: Answer) -> str:
    """What an answer comes to."""
    succeeded, words, _ = answer
    if words[:1] == (b"PermissionDenied",):
        return DENIED
    if words[:1] == (b"UnknownMethod",) or b"breezy.bzr.smart.request.DisabledMethod" in words:
        return OFF
    if verb.startswith(b"BzrDir.open") and words == (b"no",):
        return ABSENT
    return ALLOWED if succeeded or REACHED & set(words[:2]) else ABSENT


def told(answer: Answer) -> str:
    """An answer without the name that was asked for."""
    return TELLING.sub("nosuch", " ".join(word.decode() if isinstance(word, bytes) else repr(word) for word in answer[1]))


if __name__ == "__main__":
    unittest.main()
