"""Keys of disputes: what is claimed, where each party finds it, and what keeps an object from being disputed twice."""

from chalicelib.table.keys.names import Key, holder


def dispute(dispute: str) -> Key:
    return Key(f"dispute:{dispute}", "dispute")


def dispute_opened(dispute: str) -> Key:
    """The mark that a dispute was opened, beside it: it stands in the list of all disputes."""
    return Key(f"dispute:{dispute}", "opened")


def evidence(dispute: str, evidence: str) -> Key:
    """What is known of a file, beside its dispute."""
    return Key(f"dispute:{dispute}", f"evidence:{evidence}")


def all_evidence(dispute: str) -> tuple[str, str, str]:
    """The partition of a dispute, and the sort keys around its files."""
    return f"dispute:{dispute}", "evidence:", "evidence:~"


def disputed(kind: str, object: str) -> Key:
    """An order, a hold or a reduction has one open dispute."""
    return Key(f"disputed:{kind}:{object}", "disputed")


def own_disputes(account: str) -> Key:
    """A person's pointers to her disputes: their partition, and how their sort keys begin."""
    return Key(holder(account), "dispute:")


def merchant_disputes(merchant: str) -> Key:
    """The same of a merchant, to the disputes that it answers."""
    return Key(holder(merchant), "disputed:")


def operator_disputes(operator: str) -> Key:
    """The same of a scenario operator (a sub)."""
    return Key(f"disputes:{operator}", "disputed:")


def dispute_pointer(of: Key, at: str, dispute: str) -> Key:
    """A pointer among those of one party."""
    return Key(of.pk, f"{of.sk}{at}:{dispute}")


def pointed_dispute(place: str) -> str | None:
    """The dispute that the pointer at this sort key names; None where that is no pointer."""
    return place.rpartition(":")[2] if place.startswith(("dispute:", "disputed:")) else None
