"""A request for each verb of the smart protocol that succeeds where the user may make it."""

from dataclasses import dataclass, field
from typing import Any

from breezy.bzr.smart.repository import _stream_to_byte_stream
from breezy.repository import network_format_registry
from fastbencode import bencode  # type: ignore[import]

BRANCH_FORMAT = b"Bazaar Branch Format 7 (needs bzr 1.6)\n"
REPOSITORY_FORMAT = b"Bazaar repository format 2a (needs bzr 1.16 or later)\n"
DIRECTORY_FORMAT = b"Bazaar-NG meta directory, format 1\n"

#: The one request for which the directory need not exist.
MAKES = b"BzrDirFormat.initialize_ex_1.16"


@dataclass(frozen=True)
class Request:
    """Arguments after the path, and a body or a body stream. `TOKENS` stands for those of a lock on
    the branch.
    """

    arguments: tuple[Any, ...] = ()
    body: bytes | None = None
    stream: list[bytes] | None = field(default=None)


TOKENS = "the tokens of a lock"
LOCKED = Request((TOKENS,))


def requests(revision: bytes) -> dict[bytes, Request]:
    """A request that succeeds on the user's own branch with this revision, for each verb that takes
    more than a path.
    """
    everything = b"everything"
    empty = list(_stream_to_byte_stream([], network_format_registry.get(REPOSITORY_FORMAT)))
    return {
        b"Branch.put_config_file": Request((TOKENS,), body=b"nickname = n\n"),
        b"Branch.revision_id_to_revno": Request((revision,)),
        b"Branch.set_config_option": Request((TOKENS, b"value", b"name", b"")),
        b"Branch.set_config_option_dict": Request(
            (TOKENS, bencode({b"key": b"value"}), b"name", b"")
        ),
        b"Branch.set_last_revision": Request((TOKENS, b"null:")),
        b"Branch.set_last_revision_ex": Request((TOKENS, revision, 0, 0)),
        b"Branch.set_last_revision_info": Request((TOKENS, b"1", revision)),
        b"Branch.set_parent_location": Request((TOKENS, b"../other")),
        b"Branch.set_tags_bytes": Request((TOKENS,), body=b""),
        b"Branch.unlock": LOCKED,
        b"BzrDir.cloning_metadir": Request((b"False",)),
        b"BzrDir.create_branch": Request((BRANCH_FORMAT,)),
        b"BzrDir.create_repository": Request((REPOSITORY_FORMAT, b"False")),
        MAKES: Request(
            (b"True", b"True", b"False", b"", b"", REPOSITORY_FORMAT, b"False", b"False")
        ),
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
        b"Repository.get_stream_for_missing_keys": Request(
            (REPOSITORY_FORMAT,), body=b"inventories\t" + revision
        ),
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
