"""Keys of Records, accounts, and what stands beside an account or names a person.

What is ever deleted has a partition of its own: IAM tells partitions apart, and forbids deletion elsewhere.
"""

from chalicelib.table.keys.names import EARNED, ENTRIES, WARDS, Key, holder, scenario_code


def record(record: str) -> Key:
    return Key(f"record:{record}", "record")


def order(redemption: str) -> Key:
    """The state of a redemption, absent while it is placed. In a Record's partition nobody may change anything."""
    return Key(f"order:{redemption}", "order")


def filed(record: str) -> Key:
    """The mark of a projected Record that leaves no statement line."""
    return Key(f"record:{record}", "filed")


def account(name: str) -> Key:
    return Key(name, "account")


def entry(name: str, at: str, record: str) -> Key:
    """A line of the statement of ``name``."""
    return Key(name, f"{ENTRIES}{at}:{record}")


def line(name: str, kind: str, place: str) -> Key:
    """The copy of a line of the statement of ``name`` among those of its kind; ``place``: the line's sort key, or one
    of those around all lines.
    """
    return Key(f"lines:{name}:{kind}", place.removeprefix(ENTRIES) or "!")


def lines_copied() -> Key:
    """The mark that every line has its copy, and every reservation its note: those from before, too."""
    return Key("lines", "complete")


def entry_record(place: str) -> str | None:
    """The Record behind the line at this sort key; None where that is no line."""
    return place.rpartition(":")[2] if place.startswith(ENTRIES) else None


def entries_at(at: str) -> str:
    """The sort key just before the lines of the time ``at``."""
    return f"{ENTRIES}{at}"


def login(login: str) -> Key:
    """For which institution a login acts that was added to one, by the login's id."""
    return Key(f"login:{login}", "login")


def answered(account: str, code: str, day: str) -> Key:
    """How often a login was refused by ``code`` on a day, by the account id that follows from the login."""
    return Key(f"answered:{account}", f"{code}:{day}")


def asked(account: str, kind: str, day: str) -> Key:
    """How often an account did something of a ``kind`` on a day."""
    return Key(f"asked:{account}", f"{kind}:{day}")


def own_login(institution: str, login: str) -> Key:
    """An institution's pointer to a login of its own."""
    return Key(holder(institution), f"login:{login}")


def reading(account: str, at: str, record: str) -> Key:
    """That an authority or the auditor read an account, beside it."""
    return Key(holder(account), f"reading:{at}:{record}")


def purchases(person: str, counted: str) -> Key:
    """Units of a limited offer, or of all offers of an event (by its application), that a person holds anywhere."""
    return Key(holder(person), f"purchases:{counted}")


def checkpoint(name: str, until: str) -> Key:
    """What the lines of an account before a time add up to."""
    return Key(f"checkpoints:{name}", until)


def reserved(name: str, at: str, record: str) -> Key:
    """That what holds and draws reserve of a person's points changed, among her checkpoints."""
    return Key(f"checkpoints:{name}", f"{at}:{record}")


def usage(person: str, scenario: str, day: str) -> Key:
    """Grams a person was credited under a capped scenario on a day (Asia/Shanghai), in whichever account."""
    return Key(holder(person), f"usage:{scenario_code(scenario)}:{day}")


def earned(name: str, month: str, scenario: str, methodology: str) -> Key:
    """Grams that an account got by colour, beside it."""
    return Key(name, f"{earned_in(month)}:{scenario}:{methodology}")


def earned_page(name: str, month: str, number: int) -> Key:
    """A page of such grams, the newest of them of ``month``: what stood on the account itself before."""
    return Key(name, f"{earned_in(month)}:~{number:09d}")


def earned_in(month: str) -> str:
    """The beginning of the sort keys of a month's colours."""
    return f"{EARNED}{month}"


def ward(guardian: str, ward: str) -> Key:
    """A guardian's consent for a child, beside her account."""
    return Key(holder(guardian), f"{WARDS}{ward}")


def consent(hashed: str, guardian: str) -> Key:
    """The same consent by the hash of the child's number."""
    return Key(consents(hashed)[0], f"guardian:{guardian}")


def consents(hashed: str) -> tuple[str, str, str]:
    """The partition of all consents for a child, and the sort keys around them."""
    return f"minor:{hashed}", "guardian:", "guardian:~"


def procedure(procedure: str) -> Key:
    """What two officials decide about an account."""
    return Key(f"procedure:{procedure}", "procedure")


def renaming(account: str) -> Key:
    """An institution has one open request for a new name."""
    return Key(f"renaming:{account}", "renaming")


def procedure_line(account: str, at: str, record: str) -> Key:
    """A step of a procedure, beside the account that it is about."""
    return Key(holder(account), f"procedure:{at}:{record}")


def identity(hashed: str) -> Key:
    """One person or one credit code has one open account. Kept when it closes: it names the person for ever."""
    return Key(f"identity:{hashed}", "identity")


def grant(grant: str) -> Key:
    return Key(f"grant:{grant}", "grant")


def granting(account: str, purpose: str, partner: str) -> Key:
    """A person has one live grant for a partner and a purpose."""
    return Key(holder(account), f"granting:{purpose}:{partner}")


def granted(account: str, at: str, grant: str) -> Key:
    """A person's pointer to a grant of hers."""
    return Key(holder(account), f"grant:{at}:{grant}")


def merchant_hold(merchant: str, at: str, hold: str) -> Key:
    """A merchant's pointer to a hold of its own."""
    return Key(holder(merchant), f"hold:{at}:{hold}")


def intake(operator: str) -> Key:
    """What of a scenario operator's batches is in work."""
    return Key(f"intake:{operator}", "intake")


def sent(operator: str, rank: str) -> Key:
    """The pointer of a scenario operator to a batch; ``rank`` is ``<time of the announcement>:<id>``."""
    return Key(f"batches:{operator}", rank)
