# Long: the three ways out of the smart server share their state.
"""Turns every exception of a session into one line for the user, one report for the operator, and
an exit status.

There are three ways out of Breezy's smart server: the answer to a request, the stream that follows
an answer, and the end of the session. All three take the message from failures.py and send the
keeper one `failed` packet.
"""

import contextlib
import os
import sys
from typing import Any

import damaged_locks
import failures
import untold
from breezy import errors
from breezy.bzr.smart import medium, protocol, request
from breezy.lockdir import LockDir, get_username_for_lock_info
from breezy.transport import NoSuchFile
from failures import Failure
from outcome import exit_status, say, session, tell

#: Breezy's clients show a traceback for an error in answer to one of these, and one line when the
#: connection ends (breezy/bzr/remote.py: calls outside of `_translate_error`).
RAW = frozenset(
    b"Repository.insert_stream Repository.insert_stream_1.19 Repository.insert_stream_locked Branch.get_config_file".split()
)

#: The same holds for these. When the server answers that it does not know one, the client asks for
#: the files instead, and shows the error that it gets for those.
REPLACED = frozenset(
    b"Branch.get_physical_lock_status BzrDir.checkout_metadir Branch.set_config_option Branch.set_config_option_dict".split()
)

#: Breezy answers with these words, without an exception, when it refuses a change. The value is the
#: kind.
REFUSALS = {
    b"LockContention": "lock-held",
    b"TokenMismatch": "lock-held",
    b"UnlockableTransport": "no-permission",
    b"ReadOnlyError": "no-permission",
}

#: Brz 3.3 locks a branch twice, over two connections, when tags change with it: for a branch bound
#: to this one, the second lock fails.
OWN_LOCK = "after brz pull or brz uncommit in a checkout run brz update, which completes it; else end the other one, or brz break-lock"

#: Breezy's own answer already explains these well enough to its clients.
CONVERSATION = (
    errors.LockContention,
    errors.DirectoryNotEmpty,
    errors.IncompatibleRepositories,
    errors.RevisionNotPresent,
    errors.UnstackableRepositoryFormat,
    errors.NotStacked,
    errors.GhostRevisionsHaveNoRevno,
    errors.AlreadyControlDirError,
    errors.UnknownSmartMethod,
)


_translate_error = request._translate_error


def has_client_gone(error: BaseException | None) -> bool:
    """Whether the error only says that the client is gone, which is no failure of the service."""
    return isinstance(error, (BrokenPipeError, ConnectionResetError))


# The first way out: the answer to a request.


def answer(error: BaseException) -> tuple[Any, ...]:
    """The protocol's answer for an exception that ended a request."""
    if isinstance(error, Again):
        session.needs_words = True
        return error.answer
    if isinstance(error, (errors.NotBranchError, errors.PathNotChild)):
        return (b"nobranch",)
    if isinstance(error, errors.NoRepositoryPresent):
        return (b"norepository",)
    if isinstance(error, errors.NoSuchRevision):
        return (b"NoSuchRevision", _bytes(error.revision))
    if isinstance(error, errors.TokenMismatch):
        # When no process has the lock, Breezy's own answer holds a None, on which its encoder
        # fails, so the client waits for ever. When a process has it, the client prints a traceback.
        words = "the lock you held was broken meanwhile; start over"
        tell(Failure("lock-held", words))
        return (b"LockFailed", b"the branch again", _bytes(words))
    if _is_conversation(error):
        with contextlib.suppress(Exception):
            return tuple(_bytes(word) for word in _translate_error(error))
    failure = failures.of(error, session.directory)
    if failure.kind == "no-permission" or failure.kind == "read-only":
        # A client asks for more than it needs, for example to see whether it may read a file. That
        # is no failure.
        if session.changes:
            tell(failure)
        return (
            b"PermissionDenied",
            _bytes(getattr(error, "path", session.path)),
            _bytes(failure.words),
        )
    tell(failure, error)
    return failed(failure)


class Again(Exception):
    """A further request of a session whose client was already sent an error that it did not
    show.
    """

    def __init__(self, answer: tuple[Any, ...]) -> None:
        super().__init__()
        self.answer = answer


def failed(failure: Failure) -> tuple[Any, ...]:
    """The one error for which Breezy's clients of all versions show our message in one line,
    whatever they asked for.
    """
    session.needs_words = True
    return (b"LockFailed", _bytes(session.path or "the session"), _bytes(failure.words))


def _is_conversation(error: BaseException) -> bool:
    if isinstance(error, NoSuchFile):
        path = f"/{error.path}/"
        return session.verb.islower() or "/.bzr/" not in path or path.endswith("/.bzr/")
    if isinstance(error, errors.ReadError):
        # This is how a client learns that a URL is not a bundle.
        return session.verb.islower()
    if type(error).__name__ in ("FileExists", "InvalidURL", "UnstackableBranchFormat"):
        return True
    return isinstance(error, CONVERSATION)


def _bytes(word: Any) -> Any:
    """One element of an answer as bytes. Breezy's encoder fails on texts and objects in places
    where it expects bytes.
    """
    if isinstance(word, (bytes, int, tuple, list)):
        return word
    return b"" if word is None else failures.one_line(word).encode("utf-8", "replace")


def checked(response: Any) -> Any:
    """The response of a request. A refusal is recorded, and gets a message where Breezy
    gives none."""
    if response is None:
        return None
    if (damage := untold.behind(response)) is not None:
        tell(damage)
        response = request.FailedSmartServerResponse(failed(damage))
    elif response.is_successful():
        return response
    code = response.args[0]
    if code == b"LockFailed" and session.lock_trouble is not None:
        trouble, session.lock_trouble = session.lock_trouble, None
        failure = failures.of(trouble, session.directory)
        tell(failure, trouble)
        response.args = failed(failure)
    elif code in REFUSALS and session.changes:
        words = session.holder or "the lock was broken meanwhile, or somebody else holds it"
        if session.holds_itself and code == b"LockContention":
            say(f"you hold the lock of {session.path} in another session: {OWN_LOCK}")
        tell(
            Failure(
                REFUSALS[code],
                words if REFUSALS[code] == "lock-held" else "this place cannot be written",
            )
        )
    if session.needs_words and session.verb in REPLACED:
        session.answer_to_all = response.args
        response.args = (b"UnknownMethod", session.verb)
    elif session.needs_words and session.verb in RAW:
        hang_up(
            b": ".join(word for word in response.args[1:] if isinstance(word, bytes)).decode(
                "utf-8", "replace"
            )
        )
    return response


# The second: the stream that follows an answer.


def _end_stream(error: BaseException) -> None:
    """Ends a stream by closing the connection: clients show one line for that, and a traceback for
    an error in the stream."""
    failure = failures.of(error, session.directory)
    tell(failure, error)
    hang_up(f"{session.path}: {failure.words}")


def hang_up(words: str) -> None:
    """Prints why on the user's terminal, and ends the session once it has read the request to its
    end.
    """
    say(words)
    with contextlib.suppress(ValueError, OSError):
        sys.stdout.flush()
    # Anything that Breezy still writes would be half an answer.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    if session.server is not None:
        session.server.finished = True


# The third: the end of the session.


def end(error: BaseException) -> int:
    """Tells the user in one line which exception ended the session, and returns the exit status."""
    if has_client_gone(error):
        return exit_status(0)
    failure = failures.of(error, session.directory)
    tell(failure, error)
    say(failure.words)
    return failures.STATUS[failure.kind]


def install() -> None:
    """Replaces Breezy's own handling; call it once, before any fork."""
    if getattr(request, "_hatchery_boundary", False):
        return
    request._hatchery_boundary = True  # type: ignore[attr-defined]
    damaged_locks.install()
    convert = request.SmartServerRequestHandler._call_converting_errors

    def convert_and_check(self: Any, *arguments: Any) -> Any:
        # The request already has its answer. What is left of it, such as the body of a refused
        # request, needs no second one.
        return None if self.finished_reading else checked(convert(self, *arguments))

    def translate(error: BaseException) -> tuple[Any, ...]:
        if not session.is_streaming:
            return answer(error)
        if not has_client_gone(error):
            _end_stream(error)
        return (b"error", b"")

    respond = protocol.ProtocolThreeResponder.send_response

    def send_response(self: Any, response: Any) -> None:
        session.is_streaming = response.body_stream is not None
        try:
            respond(self, response)
        finally:
            session.is_streaming = False

    def send_error(self: Any, error: Exception) -> None:
        words = (
            (b"UnknownMethod", error.verb)
            if isinstance(error, errors.UnknownSmartMethod)
            else answer(error)
        )
        self.send_response(request.FailedSmartServerResponse(words))

    respond_to_line = protocol.SmartServerRequestProtocolOne._send_response

    def send_response_to_line(self: Any, response: Any) -> None:
        if response.args[:1] == (b"error",):
            tell(
                Failure(
                    "unsupported",
                    f"the client sent something that is not a request of brz: {failures.one_line(response.args[-1].decode('utf-8', 'replace'))}",
                )
            )
        respond_to_line(self, response)

    build = medium.SmartServerStreamMedium._build_protocol

    def build_protocol(self: Any) -> Any:
        session.server = self
        return build(self)

    attempt = LockDir.wait_lock

    def wait_lock(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return attempt(self, *arguments, **named)
        except errors.LockFailed as error:
            session.lock_trouble = error
            raise
        except errors.LockContention:
            with contextlib.suppress(Exception):
                holder = self.peek()
                session.holder, session.holds_itself = (
                    failures.one_line(holder),
                    holder.get("user") == get_username_for_lock_info(),
                )
            raise

    request.SmartServerRequestHandler._call_converting_errors = convert_and_check  # type: ignore[assignment]
    request._translate_error = translate
    protocol.ProtocolThreeResponder.send_response = send_response  # type: ignore[assignment]
    protocol.ProtocolThreeResponder.send_error = send_error  # type: ignore[assignment]
    medium.SmartServerStreamMedium._build_protocol = build_protocol  # type: ignore[assignment]
    protocol.SmartServerRequestProtocolOne._send_response = send_response_to_line  # type: ignore[assignment]
    LockDir.wait_lock = wait_lock  # type: ignore[assignment]
