"""What a child reports about Breezy's physical locks: taken, waited for, given up, resumed by
token, released, broken.

Each report is one packet on the child's own channel, sent without blocking. Reporting never affects
a session: the child counts reports that it cannot send, the next report carries the count, and the
forker then looks at the disk instead.
"""

import socket
import time
from collections.abc import Callable
from typing import Any

import lock_evidence
import lock_waits
import wire
from breezy.branch import Branch
from breezy.errors import NotLocalUrl
from breezy.lock import Lock, LockResult
from breezy.lockdir import LockDir
from breezy.transport import Transport, get_transport_from_url
from lock_waits import local_path
from messages import LockClaim

#: Branches and tokens whose reports one session remembers; beyond this number it sends some reports
#: again.
REMEMBERED_MAX = 1000

_channel: socket.socket | None = None
_lost = 0
_remembered: set[tuple[str, str | None]] = set()


def start(channel: socket.socket) -> None:
    """Sends reports to this channel from now on; the child calls this."""
    global _channel
    _channel = channel


def install() -> None:
    """Installs hooks in Breezy; call it once, before any fork."""
    for name, action in (
        ("lock_acquired", "acquired"),
        ("lock_released", "released"),
        ("lock_broken", "broken"),
    ):
        Lock.hooks.install_named_hook(name, _result_reporter(action), "hatchery")
    Branch.hooks.install_named_hook("open", _opened, "hatchery")
    handle_contention, wait_lock, lock_write = (
        LockDir._handle_lock_contention,
        LockDir.wait_lock,
        LockDir.lock_write,
    )

    def handling(self: Any, other: Any) -> Any:
        if not getattr(self, "_hatchery_waits", False) and time.monotonic() >= getattr(
            self, "_hatchery_tell_from", 0
        ):
            self._hatchery_waits = True
            _report("contended", self.transport, self.path, other and other.nonce)
        return handle_contention(self, other)

    def waiting(self: Any, *arguments: Any, **named: Any) -> Any:
        self._hatchery_waits = False
        is_short = lock_waits.is_short(self)
        self._hatchery_tell_from = time.monotonic() + lock_waits.UNREMARKABLE_S if is_short else 0
        try:
            return lock_waits.take(self) if is_short else wait_lock(self, *arguments, **named)
        finally:
            if self._hatchery_waits and not self._lock_held:
                _report("gave-up", self.transport, self.path, None)

    def writing(self: Any, token: Any = None) -> Any:
        result = lock_write(self, token)
        if token is not None:
            _report("taken-up", self.transport, self.path, token)
        return result

    lock_evidence.install()
    lock_waits.install()
    wrappers = {"_handle_lock_contention": handling, "wait_lock": waiting, "lock_write": writing}
    for name, wrapper in wrappers.items():
        setattr(LockDir, name, wrapper)


def _result_reporter(action: str) -> Callable[[LockResult], None]:
    def report(result: LockResult) -> None:
        if _channel is not None:
            _report(action, None, result.lock_url, result.details)

    return report


def _opened(branch: Any) -> None:
    _report("opened", branch.user_transport, ".", None)


def _report(action: str, transport: Transport | None, path: str, nonce: bytes | str | None) -> None:
    """Sends one report, or counts it as lost. Never raises."""
    global _channel, _lost
    if _channel is None:
        return
    try:
        place = (
            local_path(get_transport_from_url(path), ".")
            if transport is None
            else local_path(transport, path)
        )
        name = nonce.decode("ascii") if isinstance(nonce, bytes) else nonce
        if not _is_news(action, place, name):
            return
        report: LockClaim = {
            "event": "lock",
            "action": action,
            "path": place,
            "nonce": name,
            "atS": time.monotonic(),
            "lost": _lost,
        }
        _channel.send(wire.encode(report), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        _lost = 0
    except NotLocalUrl:
        pass  # A lock on another host, to which the session is a client.
    except ConnectionError:
        _channel = None
    except Exception:
        _lost += 1


def _is_news(action: str, place: str, nonce: str | None) -> bool:
    """False for the reports that every request of a session would repeat: opening its branch and
    presenting its token."""
    known = (place, nonce)
    if action == "released":
        _remembered.discard(known)
    elif action in ("acquired", "taken-up", "opened"):
        if action != "acquired" and known in _remembered:
            return False
        if len(_remembered) >= REMEMBERED_MAX:
            _remembered.clear()
        _remembered.add(known)
    return True
