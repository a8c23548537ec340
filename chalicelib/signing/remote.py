"""Keys on P-256 that sign: one that never leaves KMS, and one in a file for one machine."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config

from chalicelib.deadline import guard

if TYPE_CHECKING:
    from Cryptodome.PublicKey.ECC import EccKey
    from mypy_boto3_kms import KMSClient

# Who waits for a signature can do without it, so nobody waits long.
_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
_INTEGER_BYTES = 32


class SigningKey(Protocol):
    """``public`` is its public half; ``sign`` gives the 64 bytes of ES256 (RFC 7518, 3.4)."""

    public: "EccKey"

    def sign(self, data: bytes) -> bytes: ...


@lru_cache(maxsize=1)
def client() -> "KMSClient":
    made = boto3.client("kms", config=_CONFIG)
    guard(made, "kms")
    return made


def _on_p256(key: "EccKey", name: str) -> "EccKey":
    if key.curve != "NIST P-256":
        raise ValueError(f"{name} is no key on P-256")
    return key


class RemoteKey:
    """The key ``name`` (id, alias or ARN; ECC_NIST_P256, SIGN_VERIFY) of KMS. Its public half is fetched once."""

    def __init__(self, name: str) -> None:
        from Cryptodome.PublicKey import ECC

        self._name = name
        self.public = _on_p256(ECC.import_key(client().get_public_key(KeyId=name)["PublicKey"]), name)

    def sign(self, data: bytes) -> bytes:
        """The digest is made here, so that a message may be longer than the 4096 bytes that KMS takes."""
        from Cryptodome.Hash import SHA256
        from Cryptodome.Util.asn1 import DerSequence

        answer = client().sign(
            KeyId=self._name,
            Message=SHA256.new(data).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )
        pair: Any = DerSequence().decode(answer["Signature"], nr_elements=2, only_ints_expected=True)
        return b"".join(int(pair[part]).to_bytes(_INTEGER_BYTES) for part in (0, 1))


class FileKey:
    """The key in a PEM file."""

    def __init__(self, path: str) -> None:
        from Cryptodome.PublicKey import ECC

        self._key = _on_p256(ECC.import_key(Path(path).read_text()), path)
        self.public = self._key.public_key()

    def sign(self, data: bytes) -> bytes:
        from Cryptodome.Hash import SHA256
        from Cryptodome.Signature import DSS

        return DSS.new(self._key, "fips-186-3").sign(SHA256.new(data))
