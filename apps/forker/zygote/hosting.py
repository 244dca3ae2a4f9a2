# Long: one transport; Breezy wants its methods in one class.
"""A Breezy transport for one user that ends at the hosting root and follows the rule of
access.py.
"""

import functools
import os
from typing import Any

import half_made
import single_files
import verbs
from shared_modes import directory_mode, file_mode
from access import PREFIX_DEPTH, Access, Place, read_only
from breezy import errors, urlutils
from breezy.bzr.smart.request import SmartServerRequest
from breezy.bzr.smart.server import BzrServerFactory
from breezy.errors import (
    DirectoryNotEmpty,
    PermissionDenied,
    ResourceBusy,
    TransportError,
    TransportNotPossible,
)
from breezy.transport import (
    FileExists,
    NoSuchFile,
    Transport,
    chroot,
    get_transport_from_url,
    pathfilter,
)
from named_places import ABSENT, named

#: Longer than any pause of a person at an editor. The gateway notices a lost connection and then
#: closes stdin.
CLIENT_TIMEOUT_S = 86_400.0


_translate_client_path = SmartServerRequest.translate_client_path


def translate_client_path(request: SmartServerRequest, path: bytes) -> str:
    """For a path above the root, or one that is not UTF-8, Breezy answers with a Python exception;
    PathNotChild becomes "Not a branch".
    """
    try:
        translated: str = _translate_client_path(request, path)
    except (urlutils.InvalidURLJoin, UnicodeDecodeError) as error:
        raise errors.PathNotChild(path.decode("utf-8", "backslashreplace"), "/") from error
    return translated


SmartServerRequest.translate_client_path = translate_client_path  # type: ignore[assignment]
verbs.install()


class HostedTransport(pathfilter.PathFilteringTransport):
    """Shows what the user may see; changes only what the user owns, and there only files that
    belong to a branch.
    """

    def _own(self, relpath: str, inside: bool = True) -> str:
        path: str = self._filter(relpath)
        # Check this first: for a place of another user the answer must be the same whether it
        # exists or not.
        if refusal := self.server.refusal_to_change(path):
            raise PermissionDenied("/" + path, refusal)
        if not self.server.changes:
            raise PermissionDenied("/" + path, "this request only reads")
        if inside and "/.bzr/" not in f"/{urlutils.unescape(path)}/":
            raise PermissionDenied("/" + path, "only branches are kept here, not single files")
        if not self.server.shows(path):
            raise NoSuchFile("/" + path)
        return path

    def _call(self, method: str, relpath: str, *arguments: Any) -> Any:
        path = self._filter(relpath)
        return self._below(method, self.server.looked_for(path), *arguments, told=path)

    def _change(self, method: str, relpath: str, *arguments: Any, inside: bool = True) -> Any:
        return self._below(method, self._own(relpath, inside), *arguments)

    def _below(self, method: str, path: str, *arguments: Any, told: str | None = None) -> Any:
        """Calls the transport below and hides where the hosting root is on this host, which its
        errors would reveal. `told` is the client's name for the path.
        """
        shown = path if told is None else told
        try:
            return getattr(self.server.backing_transport, method)(path, *arguments)
        except (NoSuchFile, FileExists, PermissionDenied, DirectoryNotEmpty, ResourceBusy) as error:
            raise type(error)("/" + shown) from error
        except (TransportError, OSError) as error:
            cause = getattr(error, "orig_error", error)
            raise TransportError(
                f"/{shown}: {getattr(cause, 'strerror', None) or 'it cannot be done'}"
            ) from error

    def _directory_of(self, relpath: str) -> str:
        return self.server.directory_of(self._filter(relpath))  # type: ignore[no-any-return]

    def append_file(self, relpath: str, stream: Any, mode: int | None = None) -> Any:
        return self._change(
            "append_file", relpath, stream, file_mode(self._directory_of(relpath), mode)
        )

    def delete(self, relpath: str) -> Any:
        return self._change("delete", relpath)

    def delete_tree(self, relpath: str) -> Any:
        return self._change("delete_tree", relpath)

    def external_url(self) -> str:
        """Errors contain this URL, and Breezy's own would reveal where the hosting root is on this
        host."""
        return str(self.base)

    def has(self, relpath: str) -> Any:
        try:
            return self._call("has", relpath)
        except NoSuchFile:
            return False

    def is_readonly(self) -> bool:
        return read_only() is not None

    def iter_files_recursive(self) -> Any:
        raise TransportNotPossible("files are not listed here")

    def list_dir(self, relpath: str) -> Any:
        path = self._filter(relpath)
        return [
            name for name in self._call("list_dir", relpath) if self.server.shows(f"{path}/{name}")
        ]

    def lock_write(self, relpath: str) -> Any:
        return self._change("lock_write", relpath)

    def mkdir(self, relpath: str, mode: int | None = None) -> Any:
        """Also makes `~user` and `~user/project`, so that a first push needs no --create-prefix."""
        try:
            return self._change(
                "mkdir", relpath, directory_mode(self._directory_of(relpath), mode), inside=False
            )
        except FileExists:
            if not half_made.is_empty_place(
                self.server.backing_transport, self._own(relpath, inside=False)
            ):
                raise
        except NoSuchFile:
            path = self._own(relpath, inside=False)
            parents = path.strip("/").split("/")[:-1]
            if (
                len(parents) > PREFIX_DEPTH
                and single_files.names_of("/".join(parents)) not in self.server.promised
            ):
                raise
            for above in ("/".join(parents[:depth]) for depth in range(1, len(parents) + 1)):
                self.server.backing_transport.clone(above).ensure_base(
                    directory_mode(self.server.directory_of(above), mode)
                )
            return self._below("mkdir", path, directory_mode(self.server.directory_of(path), mode))

    def open_write_stream(self, relpath: str, mode: int | None = None) -> Any:
        return self._change(
            "open_write_stream", relpath, file_mode(self._directory_of(relpath), mode)
        )

    def put_file(self, relpath: str, stream: Any, mode: int | None = None) -> Any:
        return self._change(
            "put_file", relpath, stream, file_mode(self._directory_of(relpath), mode)
        )

    def rename(self, rel_from: str, rel_to: str) -> Any:
        return self._change("rename", rel_from, self._own(rel_to))

    def rmdir(self, relpath: str) -> Any:
        return self._change("rmdir", relpath, inside=False)


class HostedServer(pathfilter.PathFilteringServer):
    """Makes HostedTransports for one user. Until it has a user, nothing can be changed."""

    def __init__(self, backing: Transport, root: str) -> None:
        super().__init__(backing, lambda path: path)
        self.access = Access()
        #: Whether the current request changes something (verbs.py).
        self.changes = False
        #: Whether the session has begun a write group itself, as a commit in a lightweight checkout
        #: or a push from git does.
        self.has_write_group = self.pushes_git = False
        #: Branches that the client has locked, with the tokens of branch and repository.
        self.locked: dict[Place, tuple[bytes, bytes]] = {}
        #: Directories that the session reported to the client as made, and that a later branch will
        #: create (single_files.py).
        self.promised: set[Place] = set()
        self._root = root
        #: Paths that were no link when the current request first passed them: most of its accesses
        #: are in one branch.
        self._passed: set[str] = set()

    def _factory(self, url: str) -> HostedTransport:
        return HostedTransport(self, url)

    def directory_of(self, path: str) -> str:
        """The directory on this host that a path names. This does not touch the disk."""
        return os.path.dirname(f"{self._root}/{urlutils.unescape(path).strip('/')}")

    def begin(self, changes: bool) -> None:
        """Call this when a request begins."""
        self.changes = changes
        self._passed.clear()

    def shows(self, path: str) -> bool:
        """Whether the user may see what this path names, and where its links lead."""
        place = named(path)
        if place is None:
            return False
        # A hidden place takes the steps of a missing one, so that timing reveals nothing.
        walked = self._without_hidden(place)
        real = self.real(walked)
        is_seen = real is walked or (real is not None and self.access.sees(real))
        return is_seen and walked == place

    def looked_for(self, path: str) -> str:
        """The path for the transport below to use. For a hidden place it is one that does not
        exist, reached in as many steps, so that it takes as long as a missing one.
        """
        place = named(path)
        if place is None:
            raise NoSuchFile("/" + path)
        place = self._without_hidden(place)
        real = self.real(place)
        if real is None or (real is not place and not self.access.sees(real)):
            return ABSENT
        # Use the names and not the path, in which a slash may be spelled %2F.
        return urlutils.escape("/".join(place))

    def _without_hidden(self, place: Place) -> Place:
        """The place, with a name that is never there instead of its first hidden directory."""
        hidden = self.access.hidden_at(place) - 1
        return tuple([ABSENT if number == hidden else name for number, name in enumerate(place)])

    def refusal_to_change(self, path: str) -> str | None:
        """Why the user may not change what a path names, whether it exists or not; None when they
        may.
        """
        place = named(path)
        if place is None:
            return "this name is not allowed here"
        if not self.access.owns(place):
            return self.access.hint
        real = self.real(place)
        # If an operator's link leads to something that the user may not see, the answer is "not
        # found".
        return (
            None
            if real is None or self.access.owns(real) or not self.access.sees(real)
            else self.access.hint
        )

    def real(self, place: Place) -> Place | None:
        """Resolves symbolic links, which Breezy's chroot would follow anywhere; None for a place
        outside the root.
        """
        path = self._root
        for name in place:
            path = f"{path}/{name}"
            if path in self._passed:
                continue
            if os.path.islink(path):
                real = os.path.realpath(os.path.join(self._root, *place))
                inside = real == self._root or real.startswith(self._root.rstrip("/") + "/")
                return named(urlutils.escape(real[len(self._root) :])) if inside else None
            self._passed.add(path)
        return place


class HostingFactory(BzrServerFactory):
    """A smart server on standard input and output that serves the hosting root to one user.

    Its transports need no user: the zygote makes them once, and a child only sets the user's name.
    """

    def __init__(self, root: str) -> None:
        super().__init__()
        real = os.path.realpath(root)
        local = get_transport_from_url(urlutils.local_path_to_url(real))
        self._hosted = HostedServer(self._serve_through(chroot.ChrootServer(local)), real)
        self.transport = self._serve_through(self._hosted)

    def _serve_through(self, server: pathfilter.PathFilteringServer) -> Transport:
        server.start_server()
        self.cleanups.append(server.stop_server)
        transport: Transport = get_transport_from_url(server.get_url())
        return transport

    def _make_backing_transport(self, _transport: None) -> None:
        """Does nothing: the transport already exists."""

    def serve(self, access: Access) -> None:
        """Serves until the client closes its side; once."""
        self._hosted.access = access
        try:
            self.set_up(None, None, None, True, CLIENT_TIMEOUT_S)
            self.smart_server.serve()
        finally:
            self.tear_down()


@functools.cache
def prepared(root: str) -> HostingFactory:
    """The one factory for this root. Once the zygote has called this before the fork, every child
    has the result.
    """
    return HostingFactory(root)
