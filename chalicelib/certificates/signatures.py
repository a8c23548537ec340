"""Signatures come after the commit: the transaction that issues a certificate waits for no signer."""

import logging

from chalicelib.certificates.model import claims
from chalicelib.errors import Contended, Unavailable
from chalicelib.kernel.settle import derive
from chalicelib.signing.jws import sign
from chalicelib.table import keys
from chalicelib.table.write import Attr, Item, present, update

KIND = "certificate+jwt"
_log = logging.getLogger("carbon-points")


def signature(item: Item) -> str | None:
    """The certificate's JWS, made and kept now if it lacks one; None while the signer is away.

    It follows from ``item`` alone, and the first that is kept stays: two who sign at once end with the same.
    """
    if "jws" in item:
        return str(item["jws"])
    try:
        made = sign(claims(item), kind=KIND)
        unsigned = present() & Attr("jws").not_exists()
        kept = derive(update(keys.certificate(item["serial"]), assign={"jws": made}, require=unsigned))
    except (Contended, Unavailable):
        _log.warning("certificate %s is not signed yet", item["serial"])
        return None
    if kept.done:
        return made
    return str(kept.stood["jws"]) if kept.stood else None  # a certificate that is not kept is not signed
