"""What follows from the Records of certificates."""

from collections.abc import Sequence

from chalicelib.certificates.items import Certificate
from chalicelib.certificates.signatures import signature
from chalicelib.errors import Unavailable
from chalicelib.kernel.record import Record
from chalicelib.table import keys, read


def sign_issued(records: Sequence[Record]) -> None:
    """Sign the certificates of ``records``. Never raises for a signer that is away: the first reader signs then."""
    issued = [keys.certificate(record.certificate) for record in records if record.certificate]
    try:
        certificates = read.many(issued, Certificate)
    except Unavailable:
        return
    for certificate in certificates.values():
        if signature(certificate) is None:
            return  # away: the others would only wait for it too
