"""Rules that TypeScript has too: each is in one file of JSON, which both languages read."""

import json
import os
import re

_LIBRARIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../libs")


def _pattern(path: str, name: str) -> re.Pattern[str]:
    with open(os.path.join(_LIBRARIES, path), encoding="utf-8") as stream:
        return re.compile(json.load(stream)[name])


#: A user's or team's name, for fullmatch(): it becomes a directory's.
USER_NAME = _pattern("protocol/src/user-name.json", "userName")

#: What moves a terminal's cursor or turns its text around: no name that is taken has it, none is
#: shown with it.
UNSHOWABLE = _pattern("display/src/unshowable.json", "unshowable")
