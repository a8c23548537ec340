"""The state diagram of the Step table, as docs/onboarding.md shows it. ``python -m tests.diagrams`` prints it."""

from collections.abc import Iterable

from chalicelib.onboarding.steps import OPEN, STEPS
from chalicelib.transitions import Step


def mermaid(steps: Iterable[Step]) -> str:
    """A Mermaid state diagram: every step with who takes it and, where it is not for all, for what."""
    lines = ["stateDiagram-v2", "    [*] --> draft: apply (applicant)"]
    targets: dict[str, None] = {}
    for each in steps:
        only = f" — {', '.join(each.only)}" if each.only else ""
        lines.append(f"    {each.source} --> {each.target}: {each.action} ({', '.join(each.roles)}){only}")
        targets[each.target] = None
    lines += [f"    {state} --> [*]" for state in targets if state not in OPEN]
    return "\n".join(lines)


if __name__ == "__main__":
    print(mermaid(STEPS))
