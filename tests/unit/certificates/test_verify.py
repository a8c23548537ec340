"""The command that verifies offline: what it says, and its exit status."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from Cryptodome.PublicKey import ECC
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.certificates import verify
from chalicelib.certificates.model import CertificateAnswer, claims
from chalicelib.signing.jose import jwk

EXAMPLE: dict[str, Any] = CertificateAnswer.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index,assignment]
KEY, STRANGER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
_PUBLIC = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
JWK = jwk(ECC.import_key(_PUBLIC))


def signed(key: ec.EllipticCurvePrivateKey = KEY) -> str:
    headers = {"kid": JWK["kid"], "typ": "certificate+jwt"}
    return jwt.encode(claims(EXAMPLE), key, algorithm="ES256", headers=headers)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on some text; returns its status and the last line it says."""

    def run(text: str) -> tuple[int, str]:
        (tmp_path / "keys.json").write_text(json.dumps({"keys": [JWK]}))
        (tmp_path / "certificate").write_text(text)
        status = verify.main([str(tmp_path / "certificate"), "--jwks", str(tmp_path / "keys.json")])
        return status, capsys.readouterr().out.splitlines()[-1]

    return run


def test_a_valid_one(run: Any) -> None:
    status, verdict = run(json.dumps(EXAMPLE | {"jws": signed()}))
    assert (status, verdict.partition(":")[0]) == (0, "VALID")


def test_the_jws_alone_is_enough_but_tells_nothing_of_revocation(run: Any) -> None:
    status, verdict = run(signed() + "\n")
    assert status == 0
    assert "revoked" in verdict


@pytest.mark.parametrize(
    "change", [{"grams": 5001}, {"holder": "李**"}, {"beneficiary": "x"}, {"issuer": "y"}, {"donors": 2}]
)
def test_a_changed_fact(run: Any, change: dict[str, Any]) -> None:
    status, verdict = run(json.dumps(EXAMPLE | {"jws": signed()} | change))
    assert (status, verdict.partition(":")[0]) == (1, "INVALID")


def test_grams_that_await_recovery_are_noted_and_the_signature_stays_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [JWK]}))
    (tmp_path / "certificate").write_text(json.dumps(EXAMPLE | {"jws": signed(), "uncovered_grams": 700}))
    assert verify.main([str(tmp_path / "certificate"), "--jwks", str(tmp_path / "keys.json")]) == 0
    note, verdict = capsys.readouterr().out.splitlines()[-2:]
    assert note.startswith("NOTE: 700 of its grams")
    assert verdict.startswith("VALID")


def test_a_strangers_signature(run: Any) -> None:
    assert run(signed(STRANGER))[0] == 1


@pytest.mark.parametrize("text", ["a.b.c", "nonsense", json.dumps(EXAMPLE | {"jws": "x"})])
def test_no_signature_at_all(run: Any, text: str) -> None:
    assert run(text)[0] == 1


def test_one_without_a_key_of_ours(run: Any) -> None:
    other = jwt.encode(claims(EXAMPLE), STRANGER, algorithm="ES256", headers={"kid": "theirs"})
    assert run(other) == (1, "INVALID: not signed by a key that is known")


def test_a_revoked_one(run: Any) -> None:
    change = {"status": "revoked", "reason": "数据有误", "revoked_at": "2026-02-01T08:00:00.000Z"}
    status, verdict = run(json.dumps(EXAMPLE | {"jws": signed()} | change))
    assert (status, verdict.partition(" ")[0]) == (1, "REVOKED")


def test_what_cannot_be_checked(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(json.dumps(EXAMPLE | {"jws": None}))[0] == 2
    assert run("{")[0] == 2
    assert verify.main(["/nowhere", "--jwks", "/nowhere"]) == 2
    assert "NOT CHECKED" in capsys.readouterr().out
