"""Why a change is refused, in the form that brz shows in one line."""

from typing import Any

from access import read_only
from breezy.bzr.smart.request import SmartServerRequest
from breezy.errors import PathNotChild, PermissionDenied


def changed_place(asked: SmartServerRequest, path: bytes) -> str:
    """The place that a request to change something names. Breezy's clients show a traceback for
    "Not a branch" here.
    """
    try:
        place: str = asked.translate_client_path(path)
    except PathNotChild as error:
        raise denied(path, "no path may lead above the root of the service") from error
    return place


def refuse_stranger(server: Any, place: str, path: bytes) -> None:
    """Raises PermissionDenied when the user may not write at this place, which the client calls
    `path`."""
    if refusal := server.refusal_to_change(place):
        raise denied(path, refusal)


def refuse_in_maintenance(path: bytes) -> None:
    """Raises PermissionDenied while the service is read-only."""
    if (reason := read_only()) is not None:
        raise denied(
            path,
            f"this service is read-only for maintenance: {reason}; try again later",
            "read-only",
        )


def denied(path: bytes, why: str, kind: str = "no-permission") -> PermissionDenied:
    """Breezy puts a colon before the reason here, and again at the client. `kind` is one of
    failures.py.
    """
    error = PermissionDenied(path.decode("utf-8", "backslashreplace"))
    error.extra, error.refusal = why, kind  # type: ignore[attr-defined]
    return error
