"""Entries of draws, as they are kept. Pure."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.table import keys
from chalicelib.table.keys import Key

EntryStatus = Literal["entered", "won", "lost"]


@dataclass(frozen=True, kw_only=True)
class DrawEntry:
    """A person's entry in the draw of an event. Its item is also the Account that keeps her points (``points``).

    ``amount``: what she reserved, the price of ``quantity`` units of the ``offer`` called ``title``. ``awarded``: the
    units that she won, and ``order`` the redemption of them.
    """

    id: str
    event: str
    account: str
    merchant: str
    offer: str
    title: str
    quantity: int
    amount: int
    entered_at: str
    status: EntryStatus = "entered"
    awarded: int = 0
    order: str | None = None
    settled_at: str | None = None

    @property
    def name(self) -> str:
        """The ledger's name of the Account."""
        return keys.draw_entry(self.id)

    @property
    def key(self) -> Key:
        return keys.account(self.name)

    @property
    def holder(self) -> str:
        """The ledger's name of the person's account."""
        return keys.holder(self.account)

    @property
    def price(self) -> int:
        """Of one unit, in points."""
        return self.amount // self.quantity
