"""A private key that never leaves KMS, in the shape of a key that is at hand: libraries sign with it as with any."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import boto3
from botocore.config import Config
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

# Who waits for a signature can do without it, so nobody waits long.
_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})


@lru_cache(maxsize=1)
def client() -> "KMSClient":
    return boto3.client("kms", config=_CONFIG)


class RemoteKey(ec.EllipticCurvePrivateKey):
    """The key ``name`` (id, alias or ARN; ECC_NIST_P256, SIGN_VERIFY) of KMS. Its public half is fetched once."""

    def __init__(self, name: str) -> None:
        public = load_der_public_key(client().get_public_key(KeyId=name)["PublicKey"])
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
            raise ValueError(f"{name} is no key on P-256")
        self._name, self._public = name, public

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """DER. The digest is made here, so that a message may be longer than the 4096 bytes that KMS takes."""
        assert isinstance(signature_algorithm.algorithm, hashes.SHA256)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(data)
        answer = client().sign(
            KeyId=self._name, Message=digest.finalize(), MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256"
        )
        return answer["Signature"]

    def exchange(self, *_: Any) -> NoReturn:
        raise NotImplementedError("this key only signs")

    def private_numbers(self) -> NoReturn:
        raise NotImplementedError("the key does not leave KMS")

    def private_bytes(self, *_: Any) -> NoReturn:
        raise NotImplementedError("the key does not leave KMS")

    def __copy__(self) -> "RemoteKey":
        return self

    def __deepcopy__(self, _: Any) -> "RemoteKey":
        return self
