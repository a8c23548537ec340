"""What a run of steps is made from. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Base:
    """The books that a run over changes continues: those of ``run``, of the instant ``at``.

    ``items`` and ``parts``: how many they hold, and among how many they are spread. ``founded``: the day whose full
    export is behind them. ``until``: the instant up to which changes are exported.
    """

    run: str
    at: str
    until: str
    items: int
    parts: int
    founded: str


@dataclass(frozen=True)
class Plan:
    """``files`` of the export, of the instant ``at``; accounts are spread among ``parts``.

    ``base`` is the run whose books it continues, "" where it is of the whole table. ``engine``: see choice.py.
    """

    at: str
    files: list[str]
    parts: int
    items: int
    founded: str
    engine: str
    base: str = ""

    def count(self, step: str) -> int:
        """How many tasks a step has; one though the table is empty."""
        return self.parts if step == "judge" else max(1, len(self.files))
