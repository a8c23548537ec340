"""What a run says of itself, in plain words, and the smallest run that fails like a failing one."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.simulation.clients import APPLICANT, OFFICES, OWNER, PERSON, STALL
from tests.simulation.faults import FAULTS, Seen
from tests.simulation.run import Config, Outcome, run
from tests.simulation.swarm import ANY, FOCUSES

SIZES = ((8, 6_000), (14, 8_000), (6, 5_000), (20, 9_000))  # people and steps of one seed, in turn
LARGE, LARGE_EVERY = (120, 60_000), 40  # hundreds of callers, once in so many seeds
TENDS = (*FOCUSES, ANY)  # to what, in turn
SHRINK_SECONDS = 60.0
OPERATIONS = frozenset({*PERSON, *OWNER, *STALL, *APPLICANT, *(name for _, does in OFFICES.values() for name in does)})
Mutant = Callable[[], Any] | None


def simulate(seed: str, *, until: float) -> int:
    """Run seed after seed until the time is over. 1 where one failed: its story is printed then."""
    seen, steps, began, number = Seen(), 0, time.process_time(), 0
    while True:
        outcome = run(_next(seed, number))
        config = outcome.config
        seen, steps, number = (
            Seen({**seen} | {k: seen[k] + v for k, v in outcome.seen.items()}),
            steps + outcome.steps,
            number + 1,
        )
        rate = steps / (time.process_time() - began)
        print(
            f"seed {config.seed} ({config.focus or 'all'}): {outcome.steps} steps, {outcome.records} Records; "
            f"{rate:.0f} steps a second",
            flush=True,
        )
        if outcome.violation:
            print("\n".join(story(shrink(outcome))))
            return 1
        if time.monotonic() > until:
            break
    print(f"\n{number} seeds, {steps} steps, and everything held. How often each happened:")
    for name, times in seen.ever():
        print(f"{times:8}  {name}")
    if never := seen.never():
        print("Never reached: " + "; ".join(never))
    return 0


def _next(seed: str, number: int) -> Config:
    """The run of this ``number``: small worlds, each with another focus, and a large one at times."""
    name = f"{seed}-{number}" if number else seed
    if number % LARGE_EVERY == LARGE_EVERY - 1:
        return Config(name, *LARGE)
    people, steps = SIZES[number % len(SIZES)]
    return Config(name, people, steps, TENDS[number % len(TENDS)])


def story(outcome: Outcome) -> list[str]:
    """What happened last, what is wrong with it, and how to see it again."""
    assert outcome.violation is not None
    return [
        f"What must hold: {outcome.violation.rule}. It did not, after {outcome.steps} steps.",
        *outcome.story,
        f"So: {outcome.violation.what}",
        f"To see it again: make replay {outcome.config}",
    ]


def shrink(failed: Outcome, mutant: Mutant = None, seconds: float = SHRINK_SECONDS) -> Outcome:
    """A smaller run that breaks the same rule: fewer people, steps, operations, faults. Each change moves everything
    that follows, so a few seeds are tried for each.
    """
    until, best = time.process_time() + seconds, failed
    changed = True
    while changed and time.process_time() < until:
        changed = False
        for candidate in _smaller(best.config, best.steps):
            if time.process_time() > until:
                break
            found = run(candidate, mutant)
            if found.violation and best.violation and found.violation.rule == best.violation.rule:
                best, changed = found, True
                break
    return best


def _smaller(config: Config, steps: int) -> Iterator[Config]:
    operations, faults = config.operations or OPERATIONS, frozenset(FAULTS) if config.faults is None else config.faults
    config = replace(config, steps=min(config.steps, steps))
    seeds = (config.seed, *(f"s{number}" for number in range(3)))
    if config.people > 2:  # first: all runs that follow take half the time
        yield from (replace(config, seed=seed, people=config.people // 2) for seed in seeds)
    for seed in seeds:
        base = replace(config, seed=seed)
        if faults:
            yield replace(base, faults=frozenset())
        yield from (replace(base, operations=operations - part) for part in _parts(operations))
        yield from (replace(base, faults=faults - part) for part in _parts(faults))
        if steps > 50:
            yield replace(base, steps=steps // 2)


def _parts(whole: frozenset[str]) -> list[frozenset[str]]:
    """Halves and quarters, then single ones."""
    names = sorted(whole)
    cuts = [size for size in (len(names) // 2, len(names) // 4, 1) if size]
    return [frozenset(names[at : at + size]) for size in cuts[:2] for at in range(0, len(names), size)]


def replay(environment: dict[str, str]) -> int:
    """One run exactly as it was."""

    def some(name: str) -> frozenset[str] | None:
        if name not in environment:
            return None
        return frozenset(each.strip() for each in environment[name].split(",") if each.strip() not in ("", "none"))

    seed, people, steps = environment["SEED"], int(environment["PEOPLE"]), int(environment["STEPS"])
    config = Config(seed, people, steps, environment.get("FOCUS", ""), some("OPERATIONS"), some("FAULTS"))
    outcome = run(config)
    print("\n".join(story(outcome)) if outcome.violation else f"{outcome.steps} steps, and everything held")
    return 1 if outcome.violation else 0
