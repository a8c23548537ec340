"""Reading certificates."""

from chalicelib.certificates.model import Certificate, Jwks
from chalicelib.certificates.serials import understood
from chalicelib.certificates.signatures import signature
from chalicelib.errors import NotFound
from chalicelib.signing.jws import jwks
from chalicelib.table import keys, read
from chalicelib.table.write import Item


def item(serial: str) -> Item:
    """The certificate as kept, however its serial was typed. Raises SerialMistyped, NotFound."""
    found = read.get(keys.certificate(understood(serial)))
    if found is None:
        raise NotFound()
    return found


def certificate(serial: str) -> Certificate:
    """What anyone may read; signed now if the signer was away before."""
    found = item(serial)
    url = f"{found['issuer']}/v1/certificates/{found['serial']}"
    return Certificate.model_validate(found | {"url": url, "jws": signature(found)})


def public_keys() -> Jwks:
    """Raises SignerAway."""
    return Jwks.model_validate(jwks())
