"""Which version governs, and until when. Pure."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from chalicelib.scenarios.items import Methodology, Scenario


class Version(Protocol):
    """What is valid for a time: until ``ends``, None where it has no end."""

    @property
    def valid_from(self) -> str: ...
    @property
    def ends(self) -> str | None: ...


V = TypeVar("V", bound=Version)


def in_force(versions: Sequence[V], moment: str) -> V | None:
    """The version that governs at ``moment``; ``versions`` come oldest first.

    It is the newest that has begun by then. Where that one has ended nothing is in force: no older one comes back.
    """
    begun = newest_begun(versions, moment)
    return begun if begun and (begun.ends is None or moment < begun.ends) else None


def newest_begun(versions: Sequence[V], moment: str) -> V | None:
    """The same, ended or not."""
    return next((each for each in reversed(versions) if each.valid_from <= moment), None)


def lasts_until(methodologies: Sequence[Methodology], moment: str) -> str | None:
    """When the methodology (its versions, oldest first), in force at ``moment``, is so no longer; None: never. One
    version may take over from another. Where it has ended before, that end.
    """
    governing = newest_begun(methodologies, moment)
    while governing:
        later = (each.valid_from for each in methodologies if each.version > governing.version)
        taken_over = min((begin for begin in later if begin > moment), default=None)
        if taken_over is None or (governing.ends and governing.ends < taken_over):
            return governing.ends
        governing, moment = newest_begun(methodologies, taken_over), taken_over
    return None


def still_to_govern(versions: Sequence[Scenario], now: str) -> list[Scenario]:
    """The versions that govern now, or will at some time."""
    return [each for each in versions if newest_begun(versions, max(now, each.valid_from)) is each]


def operated(versions: Sequence[Scenario], operator: str, since: str, until: str) -> bool:
    """Whether ``operator`` may report trips of some moment from ``since`` to ``until``."""
    starts = [version.valid_from for version in versions if since < version.valid_from <= until]
    governing = (in_force(versions, moment) for moment in (since, *starts))
    return any(version is not None and version.operator == operator for version in governing)
