"""Flagging certificates."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.coverage.model import Flag, FlaggedAnswer, FlaggedSerial, Flags
from chalicelib.coverage.queries import Debtor
from chalicelib.errors import Contended
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.debts import as_owed
from chalicelib.table import keys
from chalicelib.table.lists import CERTIFICATES_UNCOVERED, UNLISTED, Listing
from chalicelib.table.write import Attr, Write, absent, check, present, update


class Moved(Contended):
    """The debt or a flag is not what was read. The reaction reads again."""

    again = False


def flag(command: Command[Any], debtor: Debtor, flags: Flags, *, turn: str | None, cause: str) -> Decision:
    """``flags`` of the person's certificates, if she owes what was read and nobody has changed a flag since ``turn``.

    ``cause`` is the Record that changed the debt. Refuses Moved.
    """
    account = debtor.account
    owed = as_owed(account) & Attr("successor").not_exists()
    kept = {"turn": command.id} | ({"reach": flags.reach} if flags.reach else {})
    writes = (
        check(account.key, owed, lambda _: Moved()),
        update(
            keys.coverage(account.counted_as),
            assign=kept,
            remove=() if flags.reach else ("reach",),
            require=Attr("turn").eq(turn) if turn else absent(),
            refuse=lambda _: Moved(),
        ),
        *map(_flagged, flags.changed),
        *_campaigns(flags.changed),
    )
    serials = [FlaggedSerial(serial=each.certificate.serial, uncovered_grams=each.grams) for each in flags.changed]
    facts = Facts(account=account.id, reference=cause)
    return Decision("certificates_flagged", FlaggedAnswer(certificates=serials), writes, facts)


def _flagged(flag: Flag) -> Write:
    """The certificate with its flag, and its place among those that have one. What was signed of it stays."""
    serial, at = flag.certificate.serial, flag.certificate.issued_at
    listed = Listing(CERTIFICATES_UNCOVERED, f"{at}:{serial}") if flag.grams else None
    return update(
        keys.certificate(serial),
        assign={"uncovered_grams": flag.grams},
        remove=() if listed else UNLISTED,
        listed=listed,
        require=present(),
    )


def _campaigns(changed: Iterable[Flag]) -> Iterator[Write]:
    """What the donors of each campaign owe changes as their certificates do."""
    changes: Counter[str] = Counter()
    for flag in changed:
        if flag.certificate.campaign:
            changes[flag.certificate.campaign] += flag.grams - flag.certificate.uncovered_grams
    for campaign, grams in changes.items():
        if grams:
            yield update(keys.campaign_uncovered(campaign), add={"grams": grams})
