"""A certificate in words, for the page and the PDF. Pure."""

from typing import NamedTuple

from chalicelib.certificates.model import CertificateAnswer
from chalicelib.errors import Text
from chalicelib.labels import CERTIFICATE_KINDS, PURPOSES, beijing
from chalicelib.provenance.mix import MixPart

TITLES = {
    "cancellation": Text("Certificate of voluntary cancellation", "碳积分自愿注销凭证"),
    "donation": Text("Certificate of donation", "碳积分捐赠凭证"),
    "campaign": Text("Certificate of carbon neutrality support", "碳中和支持凭证"),
    "retirement": Text("Certificate of retirement", "减排量注销凭证"),
}
_LABELS = {
    "serial": Text("Serial", "凭证编号"),
    "kind": Text("Kind", "凭证类别"),
    "holder": Text("Holder", "持有人"),
    "beneficiary": Text("Beneficiary", "受益方"),
    "grams": Text("Reductions, gCO2e", "减排量（克 CO2e）"),
    "points": Text("Carbon points", "碳积分"),
    "purpose": Text("Purpose", "用途"),
    "title": Text("Title", "捐赠项目名称"),
    "campaign": Text("Campaign", "捐赠项目编号"),
    "donors": Text("Donors", "捐赠人数"),
    "scenarios": Text("Scenarios", "减排场景"),
    "methodologies": Text("Methodologies", "方法学"),
    "issued_at": Text("Issued at", "签发时间"),
    "issuer": Text("Issued by", "签发平台"),
}


_MIX = Text("Sources, gCO2e", "减排量来源")
BETWEEN = "； "  # parts of a mix
_NAMED_MAX = 6  # parts; the JSON has all of them


class Row(NamedTuple):
    """A fact of a certificate: its name in the JSON, its label, its value in Chinese, and the same ``beside`` it.

    ``beside`` is a code's label in English or a time in UTC, and empty for all else. The page's script builds the same
    two from what was signed.
    """

    name: str
    label: Text
    value: str
    beside: str = ""

    @property
    def whole(self) -> str:
        return f"{self.value} {self.beside}".rstrip()


def rows(certificate: CertificateAnswer) -> list[Row]:
    """What the certificate says, fact by fact; what it does not say is left out."""
    facts = [(name, label, getattr(certificate, name)) for name, label in _LABELS.items()]
    return [Row(name, label, *_in_words(certificate, name, fact)) for name, label, fact in facts if fact is not None]


def uncovered(certificate: CertificateAnswer) -> Text | None:
    """What is to be known of grams that await recovery; None where all are covered. It is not signed: it may change."""
    if not certificate.uncovered_grams:
        return None
    grams = f"{certificate.uncovered_grams:,}"
    return Text(
        f"Of these grams, {grams} await recovery: the reductions behind them were reversed.",
        f"本凭证所载减排量中，有 {grams} 克对应的减排记录已被冲正，尚待追回。",
    )


def mixed(certificate: CertificateAnswer) -> Row | None:
    """Where its grams come from, the largest parts first, or from when on that is known; None while nobody knows."""
    if certificate.mix is None:
        at = certificate.mix_from
        return Row("mix", _MIX, f"{moment(at)}起可查询", "known from then on") if at else None
    largest = sorted(certificate.mix, key=lambda part: -part.grams)
    named = [f"{_source(part)} {part.grams:,} g" for part in largest[:_NAMED_MAX]]
    if rest := sum(part.grams for part in largest[_NAMED_MAX:]):
        named.append(f"其他 {len(largest) - _NAMED_MAX} 项 others {rest:,} g")
    return Row("mix", _MIX, BETWEEN.join(named))


def _source(part: MixPart) -> str:
    if part.scenario is None or part.month is None:
        return "待追回 uncovered"
    return f"{part.month} {part.scenario}" + (f" · {part.methodology}:" if part.methodology else ":")


def moment(stamp: str) -> str:
    """A time as people in Shanghai read it."""
    return f"{beijing(stamp)}（北京时间）"


def _in_words(certificate: CertificateAnswer, name: str, fact: str | int | list[str]) -> tuple[str, str]:
    if isinstance(fact, list):
        return "、".join(fact), ""
    if isinstance(fact, int):
        return f"{fact:,}", ""
    if name == "issued_at":
        return moment(fact), fact
    label = _label(certificate, name, fact)
    return (label.zh, label.en) if label else (fact, "")


def _label(certificate: CertificateAnswer, name: str, code: str) -> Text | None:
    """Of a code; a person's purpose is in her own words, even where these look like a code."""
    if name == "kind":
        return CERTIFICATE_KINDS[code]
    if name == "purpose" and certificate.kind != "cancellation":
        return PURPOSES.get(code)
    return None
