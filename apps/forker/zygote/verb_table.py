"""The requests of the smart protocol, from the table that the gateway reads too."""

import json
import os

TABLE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../../libs/protocol/src/smart-verbs.json"
)

with open(TABLE, encoding="utf-8") as stream:
    _table = json.load(stream)

#: Classes of requests: `read` changes nothing; `lock` takes a lock for its client to keep; `create`
#: and `write` change a place; `release` ends what has begun, and still works when the service turns
#: read-only; `file read` and `file change` are about single files; `unknown` gets no answer. The
#: only `unknown` one is Repository.tarball, which copies a whole repository into this host's /tmp
#: for clients of 2007; other clients ask for a stream.
CLASSES: dict[str, frozenset[bytes]] = {
    kind: frozenset(verb.encode() for verb in verbs) for kind, verbs in _table["pathAt"].items()
}

#: Which argument of a request is its path; None where it has none.
PATH_AT: dict[bytes, int | None] = {
    verb.encode(): at for verbs in _table["pathAt"].values() for verb, at in verbs.items()
}
