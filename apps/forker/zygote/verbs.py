"""Which requests of the smart protocol a session answers, and which of them may change something.

A request that is in no class gets the answer for an unknown request. So a newer Breezy cannot bring
an unreviewed request into the service; test_matrix.py fails until the request has a class.
"""

import contextlib
import functools
from typing import Any

import boundary
import bounded
import half_made
import lock_waits
import outcome
import single_files
from access import read_only
from breezy.bzr.smart import request
from breezy.bzr.smart.request import SmartServerRequest, SmartServerResponse
from breezy.errors import PathNotChild
from breezy.transport import FileExists
from refusals import changed_place, denied, refuse_in_maintenance, refuse_stranger
from verb_table import CLASSES, PATH_AT

LOCKS, CREATES, RELEASES = CLASSES["lock"], CLASSES["create"], CLASSES["release"]
CHANGES = LOCKS | CREATES | RELEASES | CLASSES["write"] | CLASSES["file change"]
#: For these, brz shows the place in a PermissionDenied as b'…', from the bytes that it sent. In a
#: LockFailed it shows the place that we sent.
SHOWN_AS_BYTES = frozenset([b"BzrDirFormat.initialize", b"append", b"put", b"put_non_atomic"])
ANSWERED = PATH_AT.keys() - CLASSES["unknown"]


class HostedVerbs:
    """Breezy's registry of requests, as our sessions see it."""

    def __init__(self, registered: Any) -> None:
        self.registered = registered

    def __getattr__(self, name: str) -> Any:
        return getattr(self.registered, name)

    def get(self, verb: bytes) -> Any:
        """The factory of the request. Raises KeyError for an unknown one."""
        handler = self.registered.get(verb)
        if verb not in ANSWERED:
            raise KeyError(verb)

        def make(backing: Any, *others: Any) -> SmartServerRequest:
            asked: SmartServerRequest = handler(backing, *others)
            server = getattr(backing, "server", None)
            # This does not apply to a plain `serve`: any user who can reach the fork service may
            # run it, and can confine it.
            asked.shows_bytes = verb in SHOWN_AS_BYTES  # type: ignore[attr-defined]
            if hasattr(server, "changes"):
                asked.execute = functools.partial(answer, asked, verb, server)  # type: ignore[assignment]
            return asked

        return make


def answer(
    asked: SmartServerRequest, verb: bytes, server: Any, *arguments: bytes
) -> SmartServerResponse | None:
    """Runs one request. The body of a refused request is dropped: Breezy would pass it to a request
    that never began.
    """
    try:
        return execute(asked, verb, server, *arguments)
    except Exception:
        asked.do_chunk = lambda _: None  # type: ignore[assignment]
        asked.do_end = lambda: None  # type: ignore[assignment]
        raise


def execute(
    asked: SmartServerRequest, verb: bytes, server: Any, *arguments: bytes
) -> SmartServerResponse | None:
    """Runs one request of a session, unless it is refused."""
    server.begin(verb in CHANGES)
    lock_waits.begin(verb in LOCKS)
    at = PATH_AT[verb]
    path = b"" if at is None or at >= len(arguments) else arguments[at]
    outcome.begin(verb, path, asked._backing_transport, verb in CHANGES)
    if outcome.session.answer_to_all is not None and verb not in RELEASES:
        raise boundary.Again(outcome.session.answer_to_all)
    if verb in half_made.LOOKS or verb in CREATES:
        tidy(asked, server, path)
    if verb in single_files.READS | single_files.CHANGES:
        return single_files.execute(asked, verb, *arguments)
    if server.changes:
        place = changed_place(asked, path)
        # Refuse here, and not at the first changed file: so every request gets the same answer, and
        # one that names the cause.
        refuse_stranger(server, place, path)
        if verb in CREATES and b"/.bzr/" in path + b"/":
            raise denied(path, "a directory inside a branch cannot become a branch")
        if verb not in RELEASES:
            refuse_in_maintenance(path)
        if verb == b"BzrDirFormat.initialize":
            # The client was told earlier that the directory exists: see single_files.py.
            with contextlib.suppress(FileExists):
                asked._backing_transport.mkdir(place)
    response: SmartServerResponse | None = type(asked).execute(asked, *arguments)
    if verb in CREATES and (made := outcome.session.directory) is not None:
        half_made.claim(made)
    if server.changes and isinstance(response, request.SuccessfulSmartServerResponse):
        remember(server, verb, place, response.args)
    return response


def remember(server: Any, verb: bytes, place: str, words: Any) -> None:
    """Records what requests about single files depend on (single_files.py): locks and write groups
    of this session.
    """
    branch = single_files.names_of(place)
    if verb == b"Branch.lock_write":
        server.locked[branch] = tuple(words[1:3])
    elif verb == b"Branch.unlock":
        server.locked.pop(branch, None)
    elif verb.endswith(b"_write_group") and verb != b"Repository.check_write_group":
        server.has_write_group = verb == b"Repository.start_write_group"


def tidy(asked: SmartServerRequest, server: Any, path: bytes) -> None:
    """Removes what was begun at a place of the user's own and never became a branch."""
    if read_only() is not None:
        return
    # The request itself answers a path that leads nowhere.
    with contextlib.suppress(PathNotChild):
        # The owner comes first: the look for the directory takes longer for a missing place than
        # for a hidden one, and would tell the two apart.
        if server.refusal_to_change(asked.translate_client_path(path)) is None:
            directory = outcome.session.directory
            if directory is not None:
                half_made.tidy(directory)


def install() -> None:
    """Puts our registry in front of Breezy's, and our bounds and messages into its medium; calling
    it again changes nothing.
    """
    if isinstance(request.request_handlers, HostedVerbs):
        return
    request.request_handlers = HostedVerbs(request.request_handlers)  # type: ignore[assignment]
    boundary.install()
    single_files.install()
    convert = request.SmartServerRequestHandler._call_converting_errors

    def convert_for_client(self: Any, *arguments: Any) -> Any:
        response = convert(self, *arguments)
        if isinstance(response, request.FailedSmartServerResponse):
            if response.args[0] == b"PermissionDenied" and getattr(
                self._command, "shows_bytes", False
            ):
                response.args = (
                    b"LockFailed",
                    response.args[1],
                    b"Permission denied: " + response.args[2],
                )
        return response

    request.SmartServerRequestHandler._call_converting_errors = convert_for_client  # type: ignore[assignment]
    bounded.install()
