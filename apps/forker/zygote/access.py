"""Decides from names alone who may see and change what below the hosting root."""

import functools
import json
import os
import unicodedata
from dataclasses import dataclass

from shared_rules import USER_NAME

#: `~user/project`: a first push may create these directories besides the branch itself.
PREFIX_DEPTH = 2

#: Teams that a refusal names. A member of more teams knows the others.
TEAMS_SHOWN = 8

#: The names on the path from the hosting root to a file.
Place = tuple[str, ...]


@dataclass(frozen=True)
class Access:
    """What one user, a member of these teams, may do. Without a user, no place is owned."""

    user: str = ""
    teams: tuple[str, ...] = ()
    #: Prefixes that only their owners see, each folded by folded().
    private: frozenset[Place] = frozenset()

    def owns(self, place: Place) -> bool:
        """Whether the place is below ~user/ or below the ~team/ of one of the user's teams."""
        owner = place[0][1:] if place and place[0].startswith("~") else ""
        return owner != "" and (owner == self.user or owner in self.teams)

    def sees(self, place: Place) -> bool:
        """Whether the place may be read. A spelling that some file systems treat as equal to a
        private name counts as private.
        """
        return self.hidden_at(place) == 0

    def hidden_at(self, place: Place) -> int:
        """How many leading names of the place lead to the first directory that may not be read; 0
        when all may be read. It takes the same number of steps either way, so that timing reveals
        nothing.
        """
        if not self.private or self.owns(place):
            return 0
        spelled = folded(place)
        hidden = [
            length for length in range(1, len(spelled) + 1) if spelled[:length] in self.private
        ]
        return min(hidden, default=0)

    @property
    def hint(self) -> str:
        """Where the user may write, for the message to a user who tried elsewhere."""
        if not self.teams:
            return f"you may write under ~{self.user}/"
        places = [f"~{name}/" for name in (self.user, *self.teams[:TEAMS_SHOWN])]
        return f"you may write under {', '.join(places)}{', …' if len(self.teams) > TEAMS_SHOWN else ''}"


def folded(place: Place) -> Place:
    """The place without differences of case and of Unicode form."""
    return tuple(map(_folded_name, place))


@functools.lru_cache(maxsize=4096)
def _folded_name(name: str) -> str:
    # Folding can undo normalization, so normalize again (Unicode, 3.13, D147).
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def of_session(user: str) -> Access:
    """Reads this session's environment: HATCHERY_TEAMS, set with the request, and HATCHERY_PRIVATE,
    set by the service.
    """
    teams = tuple(os.environ.get("HATCHERY_TEAMS", "").split())
    for name in (user, *teams):
        if not USER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a user or team")
    private = json.loads(os.environ.get("HATCHERY_PRIVATE", "[]"))
    return Access(user, teams, frozenset(folded(tuple(prefix.split("/"))) for prefix in private))


#: Of the file that says why nothing may be changed (libs/formats, `readOnly`).
READ_ONLY_FORMAT = 1


def read_only() -> str | None:
    """The reason why the service is read-only now, or None. Reads the file each time, because
    read-only mode may begin while a session runs.
    """
    path = os.environ.get("HATCHERY_READ_ONLY_FILE")
    if path is None:
        return None
    try:
        with open(path, encoding="utf-8") as stream:
            state = json.load(stream)
        if state["format"] != READ_ONLY_FORMAT:
            raise ValueError("of another version")
        return str(state["reason"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError):
        return "its read-only file cannot be read"
