"""What one user may reach: a Breezy transport that ends at the hosting root and writes only below ~user/."""

import functools
import os
from typing import Any

from breezy import errors, urlutils
from breezy.bzr.smart.request import SmartServerRequest
from breezy.bzr.smart.server import BzrServerFactory
from breezy.transport import NoSuchFile, Transport, chroot, get_transport_from_url, pathfilter

#: Longer than any pause of a person at an editor; a lost connection is the gateway's to notice, and ends stdin.
CLIENT_TIMEOUT_S = 86_400.0

#: `~user/project`: what a first push may make besides the branch itself.
PREFIX_DEPTH = 2


_translate_client_path = SmartServerRequest.translate_client_path


def translate_client_path(request: SmartServerRequest, path: bytes) -> str:
    """Breezy answers a path above the root with the name of a Python exception; PathNotChild becomes "Not a branch"."""
    try:
        translated: str = _translate_client_path(request, path)
    except urlutils.InvalidURLJoin as error:
        raise errors.PathNotChild(path.decode("utf-8"), "/") from error
    return translated


SmartServerRequest.translate_client_path = translate_client_path  # type: ignore[assignment]


class HostedTransport(pathfilter.PathFilteringTransport):
    """Reads everything under the root; refuses to change what is not the user's."""

    def _filter(self, relpath: str) -> str:
        path: str = super()._filter(relpath)
        # Breezy's chroot looks at the text of a path, the file system at what it means: `..%2F` would leave the root.
        if ".." in urlutils.unescape(path).split("/"):
            raise errors.PermissionDenied("/" + path, "it leaves the hosting root")
        return path

    def _own(self, relpath: str) -> str:
        path = self._filter(relpath)
        if not self.server.user or urlutils.unescape(path).strip("/").split("/")[0] != "~" + self.server.user:
            raise errors.PermissionDenied("/" + path, f"you may write under ~{self.server.user}/")
        return path

    def _change(self, method: str, relpath: str, *arguments: Any) -> Any:
        return getattr(self.server.backing_transport, method)(self._own(relpath), *arguments)

    def append_file(self, relpath: str, stream: Any, mode: int | None = None) -> Any:
        return self._change("append_file", relpath, stream, mode)

    def delete(self, relpath: str) -> Any:
        return self._change("delete", relpath)

    def delete_tree(self, relpath: str) -> Any:
        return self._change("delete_tree", relpath)

    def lock_write(self, relpath: str) -> Any:
        return self._change("lock_write", relpath)

    def mkdir(self, relpath: str, mode: int | None = None) -> Any:
        """Also makes `~user` and `~user/project`, so that a first push needs no --create-prefix."""
        path = self._own(relpath)
        try:
            return self.server.backing_transport.mkdir(path, mode)
        except NoSuchFile:
            parents = path.strip("/").split("/")[:-1]
            if len(parents) > PREFIX_DEPTH:
                raise
            for depth in range(1, len(parents) + 1):
                self.server.backing_transport.clone("/".join(parents[:depth])).ensure_base(mode)
            return self.server.backing_transport.mkdir(path, mode)

    def open_write_stream(self, relpath: str, mode: int | None = None) -> Any:
        return self._change("open_write_stream", relpath, mode)

    def put_file(self, relpath: str, stream: Any, mode: int | None = None) -> Any:
        return self._change("put_file", relpath, stream, mode)

    def rename(self, rel_from: str, rel_to: str) -> Any:
        return self._change("rename", rel_from, self._own(rel_to))

    def rmdir(self, relpath: str) -> Any:
        return self._change("rmdir", relpath)


class HostedServer(pathfilter.PathFilteringServer):
    """Makes HostedTransports for one user; as long as there is none, nothing can be changed."""

    def __init__(self, backing: Transport, user: str = "") -> None:
        super().__init__(backing, lambda path: path)
        self.user = user

    def _factory(self, url: str) -> HostedTransport:
        return HostedTransport(self, url)


class HostingFactory(BzrServerFactory):
    """A smart server on standard input and output that serves the hosting root to one user.

    Its transports need no user, so that the zygote makes them once, and a child only puts in the name.
    """

    def __init__(self, root: str) -> None:
        super().__init__()
        local = get_transport_from_url(urlutils.local_path_to_url(os.path.realpath(root)))
        self._hosted = HostedServer(self._serve_through(chroot.ChrootServer(local)))
        self.transport = self._serve_through(self._hosted)

    def _serve_through(self, server: pathfilter.PathFilteringServer) -> Transport:
        server.start_server()
        self.cleanups.append(server.stop_server)
        transport: Transport = get_transport_from_url(server.get_url())
        return transport

    def _make_backing_transport(self, _transport: None) -> None:
        """It is there already."""

    def serve(self, user: str) -> None:
        """Serves until the client closes its side; once."""
        self._hosted.user = user
        try:
            self.set_up(None, None, None, True, CLIENT_TIMEOUT_S)
            self.smart_server.serve()
        finally:
            self.tear_down()


@functools.cache
def prepared(root: str) -> HostingFactory:
    """The one factory for this root; what the zygote has called before the fork is there for every child."""
    return HostingFactory(root)
