"""The child processes of a run: started one by one, started again if they die, stopped in the reverse order."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from infra.dev.local import processes

_LOOK_SECONDS = 0.25
_MINUTE = 60.0
_DEATHS_A_MINUTE_MAX = 5  # more, and starting it again helps nobody
_LINES_SHOWN = 15

Start = Callable[[], processes.Child]
Restore = Callable[[], None]


@dataclass
class _Part:
    name: str
    start: Start
    restore: Restore
    process: processes.Child
    deaths: list[float] = field(default_factory=list)


class Crew:
    """``run`` is the folder of their pid files and logs."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._parts: list[_Part] = []

    def add(self, name: str, start: Start, restore: Restore = lambda: None) -> None:
        """Start a part. ``restore`` makes again what it forgets when it dies; if that raises, the part starts again."""
        self._parts.append(_Part(name, start, restore, start()))

    def restart(self, name: str) -> None:
        """Stop a part in order and start it again."""
        for part in [each for each in self._parts if each.name == name]:
            processes.stop(part.process)
            part.process = part.start()

    def stop(self, name: str) -> None:
        for part in [each for each in self._parts if each.name == name]:
            processes.stop(part.process)
            processes.pid_file(self._run, name).unlink(missing_ok=True)
            self._parts.remove(part)

    def stop_all(self) -> None:
        for part in reversed(self._parts.copy()):
            self.stop(part.name)

    def keep_alive(self) -> None:
        """Watch for ever. Raises SystemExit when a part keeps dying."""
        while True:
            time.sleep(_LOOK_SECONDS)
            for part in self._parts:
                if part.process.poll() is not None:
                    self._again(part)

    def check(self) -> None:
        """Raises SystemExit, with the end of its log, if a part has ended."""
        for part in self._parts:
            if part.process.poll() is not None:
                self._give_up(part)

    def _again(self, part: _Part) -> None:
        now = time.monotonic()
        part.deaths = [death for death in part.deaths if now - death < _MINUTE] + [now]
        if len(part.deaths) > _DEATHS_A_MINUTE_MAX:
            self._give_up(part)
        print(f"{part.name} ended ({part.process.returncode}); starting it again", flush=True)
        part.process = part.start()
        try:
            part.restore()
        except Exception as error:  # noqa: BLE001 (it may have died again; the next look starts it again)
            print(f"{part.name} is not what it was: {type(error).__name__}: {error}", flush=True)
            processes.stop(part.process)

    def _give_up(self, part: _Part) -> None:
        log = self._run / f"{part.name}.log"
        last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-_LINES_SHOWN:])
        sys.exit(f"{part.name} ended ({part.process.returncode}). The end of {log}:\n{last_lines}")
