"""What a sale needs to know of an offer: read once a process, so that a warm redemption reads nothing."""

from collections import OrderedDict

from chalicelib.errors import Contended, NotFound
from chalicelib.mall.items import OfferTerms
from chalicelib.table import keys, read

_REMEMBERED_MAX = 10_000

_remembered: OrderedDict[str, OfferTerms] = OrderedDict()


class TermsOutdated(Contended):
    """The offer was renamed since its terms were read. The edge decides again, so no caller sees this."""


def of(offer: str) -> OfferTerms:
    """The terms of an offer, which the till confirms at the sale. Raises NotFound."""
    if offer not in _remembered:
        terms = read.get(keys.offer(offer), OfferTerms)
        if terms is None:
            raise NotFound()
        _remembered[offer] = terms
        if len(_remembered) > _REMEMBERED_MAX:
            _remembered.popitem(last=False)
    return _remembered[offer]


def outdated(offer: str) -> TermsOutdated:
    """What is remembered of ``offer`` is out of date: forget it."""
    _remembered.pop(offer, None)
    return TermsOutdated()


def forget() -> None:
    """Forget all (tests start afresh)."""
    _remembered.clear()
