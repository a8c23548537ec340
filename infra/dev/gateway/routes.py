"""Which route a path means: the app's own templates, matched as API Gateway matches them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True)
class Match:
    """A route's template, and the path's segments by name, percent-encoded as they came."""

    template: str
    segments: dict[str, str]


class Routes:
    """The templates by number of segments; a literal segment wins over a named one, as in API Gateway."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._by_length: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
        for template in sorted(templates, key=_names):
            parts = template.split("/")
            self._by_length[len(parts)].append((template, parts))

    def match(self, path: str) -> Match | None:
        """The route of a raw path (no query string), or None."""
        given = path.split("/")
        for template, parts in self._by_length.get(len(given), ()):
            segments = _fit(parts, given)
            if segments is not None:
                return Match(template, segments)
        return None


def _names(template: str) -> list[bool]:
    return [part.startswith("{") for part in template.split("/")]


def _fit(parts: list[str], given: list[str]) -> dict[str, str] | None:
    segments = {}
    for part, value in zip(parts, given, strict=True):
        if part.startswith("{"):
            if not value:
                return None
            segments[part[1:-1]] = value
        elif part != value and part != unquote(value):
            return None
    return segments
