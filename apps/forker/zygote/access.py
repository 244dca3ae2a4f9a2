"""Who may see and change what below the hosting root: a rule about names alone."""

import functools
import json
import os
import unicodedata
from dataclasses import dataclass

from shared_rules import USER_NAME

#: `~user/project`: what a first push may make besides the branch itself.
PREFIX_DEPTH = 2

#: Teams that a refusal names; who is in more knows them.
TEAMS_SHOWN = 8

#: The names on the way from the hosting root to a file.
Place = tuple[str, ...]


@dataclass(frozen=True)
class Access:
    """What one user may do, being in these teams. Without a user nothing is anybody's."""

    user: str = ""
    teams: tuple[str, ...] = ()
    #: Prefixes that only their owners see, each as folded() makes it.
    private: frozenset[Place] = frozenset()

    def owns(self, place: Place) -> bool:
        """Whether it is below ~user/ or below the ~team/ of one of the user's teams."""
        owner = place[0][1:] if place and place[0].startswith("~") else ""
        return owner != "" and (owner == self.user or owner in self.teams)

    def sees(self, place: Place) -> bool:
        """Whether it may be read. What is spelled nearly as something private is taken for that, as
        some file systems do.
        """
        return self.hidden_at(place) == 0

    def hidden_at(self, place: Place) -> int:
        """How many names of the place make up the first thing that may not be read; 0 when all may.
        As many steps either way.
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
        """Where the user may write, for whoever tried elsewhere."""
        if not self.teams:
            return f"you may write under ~{self.user}/"
        places = [f"~{name}/" for name in (self.user, *self.teams[:TEAMS_SHOWN])]
        return f"you may write under {', '.join(places)}{', …' if len(self.teams) > TEAMS_SHOWN else ''}"


def folded(place: Place) -> Place:
    """Without differences of case and of Unicode form."""
    return tuple(map(_folded_name, place))


@functools.lru_cache(maxsize=4096)
def _folded_name(name: str) -> str:
    # Folding can undo what normalizing did (Unicode, 3.13, D147).
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def of_session(user: str) -> Access:
    """What the environment of this session says: HATCHERY_TEAMS, set with the request, and
    HATCHERY_PRIVATE, set by the service.
    """
    teams = tuple(os.environ.get("HATCHERY_TEAMS", "").split())
    for name in (user, *teams):
        if not USER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a user or team")
    private = json.loads(os.environ.get("HATCHERY_PRIVATE", "[]"))
    return Access(user, teams, frozenset(folded(tuple(prefix.split("/"))) for prefix in private))


def read_only() -> str | None:
    """The reason why nothing may be changed now, or None. Asked anew each time: it may begin while
    a session runs.
    """
    path = os.environ.get("HATCHERY_READ_ONLY_FILE")
    if path is None:
        return None
    try:
        with open(path, encoding="utf-8") as stream:
            return str(json.load(stream)["reason"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError):
        return "whether it may be written cannot be told"
