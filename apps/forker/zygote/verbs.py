"""Which requests of the smart protocol a session answers, and which of them may change something.

A request that is in no class is answered as one that this server does not know. So a newer Breezy brings nothing into
the service that nobody has looked at; test_matrix.py fails until somebody has.
"""

import contextlib
import functools
import re
from typing import Any

import single_files
from breezy.bzr.smart import request
from breezy.bzr.smart.request import SmartServerRequest, SmartServerResponse
from breezy.transport import FileExists
from refusals import denied, refuse_in_maintenance, refuse_stranger

READS = frozenset(
    b"""Branch.get_all_reference_info Branch.get_config_file Branch.get_parent Branch.get_physical_lock_status
    Branch.get_stacked_on_url Branch.get_tags_bytes Branch.heads_to_fetch Branch.last_revision_info
    Branch.revision_history Branch.revision_id_to_revno BzrDir.checkout_metadir BzrDir.cloning_metadir
    BzrDir.find_repository BzrDir.find_repositoryV2 BzrDir.find_repositoryV3 BzrDir.get_branches BzrDir.get_config_file
    BzrDir.has_workingtree BzrDir.open BzrDir.open_2.1 BzrDir.open_branch BzrDir.open_branchV2 BzrDir.open_branchV3
    Repository.all_revision_ids Repository.annotate_file_revision Repository.gather_stats Repository.get_parent_map
    Repository.get_physical_lock_status Repository.get_rev_id_for_revno Repository.get_revision_graph
    Repository.get_revision_signature_text Repository.get_stream Repository.get_stream_1.19
    Repository.get_stream_for_missing_keys Repository.has_revision Repository.has_signature_for_revision_id
    Repository.is_shared Repository.iter_files_bytes Repository.iter_revisions Repository.make_working_trees
    Repository.revision_archive Transport.is_readonly VersionedFileRepository.get_inventories
    VersionedFileRepository.get_serializer_format get_bundle hello""".split()
)

LOCKS = frozenset(b"Branch.lock_write Repository.lock_write".split())

CREATES = frozenset(
    b"""BzrDir.create_branch BzrDir.create_repository BzrDirFormat.initialize BzrDirFormat.initialize_ex_1.16""".split()
)

WRITES = frozenset(
    b"""Branch.break_lock Branch.put_config_file Branch.set_config_option Branch.set_config_option_dict
    Branch.set_last_revision Branch.set_last_revision_ex Branch.set_last_revision_info Branch.set_parent_location
    Branch.set_tags_bytes BzrDir.destroy_branch BzrDir.destroy_repository PackRepository.autopack
    Repository.add_signature_text Repository.break_lock Repository.check_write_group Repository.commit_write_group
    Repository.insert_stream Repository.insert_stream_1.19 Repository.insert_stream_locked Repository.pack
    Repository.reconcile Repository.set_make_working_trees Repository.start_write_group""".split()
)

#: They end what has begun, and go on when the service turns read-only: no lock is left behind.
RELEASES = frozenset(b"Branch.unlock Repository.abort_write_group Repository.unlock".split())

#: Copies a whole repository into this host's /tmp for clients of 2007; others ask for a stream.
UNKNOWN = frozenset([b"Repository.tarball"])

CHANGES = LOCKS | CREATES | WRITES | RELEASES | single_files.CHANGES
CLASSES = {
    **{"read": READS, "lock": LOCKS, "create": CREATES, "write": WRITES, "release": RELEASES},
    **{"file read": single_files.READS, "file change": single_files.CHANGES, "unknown": UNKNOWN},
}

#: Breezy's name for a transport of ours; a number that means nothing to a client, and changes with each start.
INNER_URL = re.compile(rb"(?:filtered|chroot)-\d+://")


class HostedVerbs:
    """Breezy's registry of requests, as a session of ours is to see it."""

    def __init__(self, registered: Any) -> None:
        self.registered = registered

    def __getattr__(self, name: str) -> Any:
        return getattr(self.registered, name)

    def get(self, verb: bytes) -> Any:
        """What makes the request. KeyError for one that is not known here."""
        handler = self.registered.get(verb)
        if not any(verb in CLASSES[name] for name in CLASSES if name != "unknown"):
            raise KeyError(verb)

        def make(backing: Any, *others: Any) -> SmartServerRequest:
            asked: SmartServerRequest = handler(backing, *others)
            server = getattr(backing, "server", None)
            # Not so in a plain `serve`, which whoever reaches the fork service may run, and confine as they like.
            if hasattr(server, "changes"):
                asked.execute = functools.partial(execute, asked, verb, server)  # type: ignore[assignment]
            return asked

        return make


def execute(asked: SmartServerRequest, verb: bytes, server: Any, *arguments: bytes) -> SmartServerResponse | None:
    """Runs one request of a session, unless it is refused."""
    server.begin(verb in CHANGES)
    if verb in single_files.READS | single_files.CHANGES:
        return single_files.execute(asked, verb, *arguments)
    if server.changes:
        path = arguments[1 if verb == b"BzrDirFormat.initialize_ex_1.16" else 0]
        place = asked.translate_client_path(path)
        # Here, and not where the first file is changed: so the answer is the same in every request, and says what matters.
        refuse_stranger(server, place, path)
        if verb in CREATES and b"/.bzr/" in path + b"/":
            raise denied(path, "a branch is no place for another one's insides")
        if verb not in RELEASES:
            refuse_in_maintenance(path)
        server.has_write_group |= verb == b"Repository.start_write_group"
        if verb == b"BzrDirFormat.initialize":
            # The client was told before that there is a directory: see single_files.py.
            with contextlib.suppress(FileExists):
                asked._backing_transport.mkdir(place)
    response: SmartServerResponse | None = type(asked).execute(asked, *arguments)
    return response


def without_inner_urls(word: Any) -> Any:
    """A word of an answer; Breezy mixes texts and bytes in them."""
    if isinstance(word, str):
        return INNER_URL.sub(b"", word.encode("utf-8", "surrogateescape"))
    return INNER_URL.sub(b"", word) if isinstance(word, bytes) else word


def install() -> None:
    """Puts our registry in front of Breezy's, and takes inner names out of errors; again is no harm."""
    if isinstance(request.request_handlers, HostedVerbs):
        return
    request.request_handlers = HostedVerbs(request.request_handlers)  # type: ignore[assignment]
    convert = request.SmartServerRequestHandler._call_converting_errors

    def convert_for_client(self: Any, *arguments: Any) -> Any:
        response = convert(self, *arguments)
        if isinstance(response, request.FailedSmartServerResponse):
            response.args = tuple(without_inner_urls(word) for word in response.args)
        return response

    request.SmartServerRequestHandler._call_converting_errors = convert_for_client  # type: ignore[assignment]
