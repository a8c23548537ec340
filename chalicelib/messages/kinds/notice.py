"""What a Record makes known to the holder of an account. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.errors import Text
from chalicelib.kernel.record import Record
from chalicelib.messages.model import About, AboutKind, MessageKind
from chalicelib.table import keys

Fields = Mapping[str, Any]  # what the Record's request was answered


class Notice(NamedTuple):
    """A message for the holder of ``account``. ``personal``: the holder is a person, whose client is notified."""

    record: str
    at: str
    account: str
    kind: MessageKind
    text: Text
    about: About | None = None
    personal: bool = True

    @property
    def id(self) -> str:
        """Follows from the Record and the account, so a Record makes a message once."""
        return keys.message_id(self.at, self.account, self.record)


@dataclass(frozen=True)
class Donor:
    """Somebody who has given to a campaign."""

    account: str


@dataclass(frozen=True, kw_only=True)
class Closing:
    """The end of a campaign by the Record ``record``. Donors up to the sort key ``behind`` have their message."""

    campaign: str
    record: str
    at: str
    points: int
    behind: str = ""


def notice(
    record: Record, account: str, kind: MessageKind, text: Text, about: tuple[AboutKind, str], *, personal: bool = True
) -> list[Notice]:
    """The one message of a Record for an account."""
    return [Notice(record.id, record.at, account, kind, text, About(*about), personal)]
