"""What applicants, reviewers and the bucket's events do with applications."""

import hashlib
from dataclasses import dataclass
from typing import Any

import boto3

from chalicelib.onboarding.documents.uploads import file_key
from chalicelib.settings import settings
from infra.dev.demo.files import document as file_of
from tests.world import AT, Answer, World

BASE = "/v1/applications"
EXCHANGE: dict[str, str] = {"role": "exchange", "sub": "exchange"}
BUREAU: dict[str, str] = {"role": "bureau", "sub": "bureau"}
PLANS: dict[str, dict[str, Any]] = {
    "third_party_mall": {
        "mall_url": "https://mall.example.com", "categories": ["food"], "stock_commitment": 1000,
        "service_hours": "09:00-21:00", "data_contact": "data@example.com",
    },
    "sub_platform": {
        "region_or_sector": "浦东新区", "operator_name": "示例", "planned_merchants": 30, "categories": ["food"],
    },
    "event": {
        "starts_at": "2097-06-01T00:00:00Z", "ends_at": "2097-06-30T16:00:00Z", "opens_at": "2097-06-05T02:00:00Z",
        "goods": "门票", "quantity": 500, "per_account_limit": 2, "rules": "先到先得",
        "allocation": "first_come", "draws_at": None,
    },
    "other": {"description": "公益兑换点"},
}  # fmt: skip
MODES = tuple(PLANS)
PASSED = {"outcome": "pass", "completeness": True, "conformity": True, "reliability": True, "comment": "in order"}
PARTNER_SYSTEM = {
    "callback_url": "https://mall.example.com/hook",
    "public_key": "whpk_3IFg0BVFP1IH9PiW9E3swL1MH5uvzBuh8Ndtk6p0G0U=",
}
SIGNED = {"sha256": "0" * 64, "signed_at": "2026-03-01T08:00:00Z"}
PDF = b"%PDF-1.4\nhello\n%%EOF\n"


def institution(sub: str) -> dict[str, str]:
    return {"role": "institution", "sub": sub}


# What leads on from each state, and by whom (None: the applicant)
ONWARD: dict[str, tuple[str, dict[str, Any], dict[str, str] | None]] = {
    "draft": ("submit", {}, None),
    "with_operator": ("endorsement", {"outcome": "endorse"}, institution("operator")),
    "submitted": ("review", PASSED, EXCHANGE),
    "reviewed": ("opinion", {"conclusion": "favourable", "text": "suits"}, EXCHANGE),
    "opinion_filed": ("acknowledge", {"outcome": "accept", "comment": "filed"}, BUREAU),
    "acknowledged": ("agreement", SIGNED, None),
    "agreement_signed": ("integration", PARTNER_SYSTEM, None),
}


@dataclass
class Desk:
    """One World's applications. The bucket is moto's."""

    world: World

    def __post_init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=settings().documents_bucket)

    def apply(self, mode: str = "other", sub: str = "shop", **changes: Any) -> Answer:
        body = {"mode": mode, "title": "入驻申请", "plan": PLANS.get(mode, {})} | changes
        return self.world.post(BASE, body, **institution(sub))

    def draft(self, mode: str = "other", sub: str = "shop", **changes: Any) -> str:
        made = self.apply(mode, sub, **changes)
        assert made.status == 201, made
        return str(made.body["id"])

    def open(self, application: str, of: str, content: bytes = PDF, sub: str = "shop", **changes: Any) -> Answer:
        body = {
            "kind": of, "file_name": "材料.pdf", "content_type": "application/pdf", "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        } | changes  # fmt: skip
        return self.world.post(f"{BASE}/{application}/documents", body, **institution(sub))

    def upload(self, application: str, document: str, content: bytes) -> None:
        key = file_key(application, document)
        self.s3.put_object(Bucket=settings().documents_bucket, Key=key, Body=content)

    def tell(self, key: str, bucket: str = "") -> None:
        """The bucket's event, as EventBridge delivers it."""
        import app

        made = {"key": key, "size": 1, "etag": "e", "version-id": "v"}
        detail = {"bucket": {"name": bucket or settings().documents_bucket}, "object": made}
        event = {
            "version": "0", "id": "1", "source": "aws.s3", "detail-type": "Object Created", "account": "1",
            "region": "us-east-1", "time": AT, "resources": [], "detail": detail,
        }  # fmt: skip
        app.upload_arrived(event, None)

    def send(self, application: str, kind: str, content: bytes = PDF, sent: bytes | None = None, **changes: Any) -> str:
        """Announce ``content``, upload it (or ``sent``), and report it."""
        announced = self.open(application, kind, content, **changes)
        assert announced.status == 201, announced
        document = str(announced.body["id"])
        self.upload(application, document, content if sent is None else sent)
        self.tell(file_key(application, document))
        return document

    def complete(self, application: str, sub: str = "shop") -> None:
        """Every required document."""
        for kind in self.get(application)["required_documents"]:
            content_type, content = file_of(kind, application)
            self.send(application, kind, content, sub=sub, content_type=content_type)

    def step(self, application: str, action: str, body: Any = None, **who: str) -> Answer:
        return self.world.post(f"{BASE}/{application}/{action}", body, **who)

    def onward(self, application: str, sub: str = "shop") -> Answer:
        """The next step of an application that all agree on."""
        action, body, who = ONWARD[self.get(application)["status"]]
        return self.step(application, action, body, **(who or institution(sub)))

    def bring(self, mode: str, status: str = "active", sub: str = "shop", **changes: Any) -> str:
        """An application with its documents, brought to ``status``."""
        application = self.draft(mode, sub, **changes)
        self.complete(application, sub)
        while self.get(application)["status"] != status:
            done = self.onward(application, sub)
            assert done.status == 200, done
        return application

    def get(self, application: str, **who: str) -> dict[str, Any]:
        answer = self.world.get(f"{BASE}/{application}", **(who or EXCHANGE))
        assert answer.status == 200, answer
        found: dict[str, Any] = answer.body
        return found

    def document(self, application: str, document: str) -> dict[str, Any]:
        [found] = [each for each in self.get(application)["documents"] if each["id"] == document]
        assert isinstance(found, dict)
        return found

    def queue(self, who: dict[str, str] = EXCHANGE, **params: Any) -> list[str]:
        answer = self.world.get(BASE, **who, **params)
        assert answer.status == 200, answer
        return [each["id"] for each in answer.body["items"]]
