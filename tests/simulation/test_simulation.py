"""The simulator runs fixed seeds, repeats itself exactly, finds planted faults, and tells a short story of each."""

import pytest

from tests.simulation.files import mutants as files
from tests.simulation.life import mutants as life
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.onboarding import mutants as onboarding
from tests.simulation.report import TENDS, shrink, story
from tests.simulation.run import Config, run

# About 40 seconds of one processor in all; ``make simulate`` runs others for as long as you like.
SEEDS = ("2026-1", "2026-2")
PLANTED = MUTANTS | files.MUTANTS | onboarding.MUTANTS | life.MUTANTS


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_holds_whatever_goes_wrong(seed: str) -> None:
    outcome = run(Config(seed, people=25, steps=14_000))
    assert outcome.violation is None, "\n".join(story(shrink(outcome)))
    assert len(outcome.seen.never()) < 40, outcome.seen.never()


@pytest.mark.parametrize("focus", TENDS)
def test_everything_holds_where_much_of_one_thing_happens(focus: str) -> None:
    outcome = run(Config("2026", people=10, steps=3000, focus=focus))
    assert outcome.violation is None, "\n".join(story(shrink(outcome)))
    assert len(outcome.seen.ever()) > 20


def test_a_seed_is_the_same_run_each_time() -> None:
    config = Config("again", people=8, steps=1500)
    first, second = run(config), run(config)
    assert (first.steps, first.records, first.seen, first.story) == (
        second.steps,
        second.records,
        second.seen,
        second.story,
    )


@pytest.mark.parametrize("mutant", PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found_within_a_minute(mutant: Mutant) -> None:
    found = None
    for number in range(mutant.seed, mutant.seed + 12):
        config = Config(f"m{number}", people=12, steps=mutant.steps, focus=mutant.focus, operations=mutant.operations)
        found = run(config, mutant.plant).violation
        if found:
            break
    assert found is not None, mutant.what
    assert found.rule in mutant.rules, f"{mutant.what}: {found}"


def test_a_failing_run_shrinks_to_a_short_story() -> None:
    mutant = MUTANTS["limits: a refund gives nothing back"]
    failed = run(Config("m2", people=12, steps=3000, operations=mutant.operations), mutant.plant)
    small = shrink(failed, mutant.plant, seconds=20)  # of processor time; fewer people are tried first
    assert failed.violation is not None
    assert small.violation is not None
    assert small.violation.rule == failed.violation.rule
    assert small.config.people < failed.config.people
    assert run(small.config, mutant.plant).story == small.story
    lines = story(small)
    assert lines[0].startswith("What must hold: limits are by person.")
    assert lines[-1].startswith("To see it again: make replay SEED=")
