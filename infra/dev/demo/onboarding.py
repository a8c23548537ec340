"""Institutions join the mall through the whole process, over the public API, with small real files.

Whatever is done already is seen from the application's state, so an interrupted run continues where it stopped.
"""

import contextlib
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from infra.dev.demo.api import WAIT_SECONDS, Api, Call
from infra.dev.demo.files import document
from infra.dev.demo.people import INSTITUTIONS

_PARTNER = Path(__file__).parents[3] / "docs" / "examples" / "partner.py"
EVENT: dict[str, Any] = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2098-12-31T16:00:00Z", "per_account_limit": 4}
_PLANS: dict[str, dict[str, Any]] = {
    "third_party_mall": {
        "mall_url": "https://mall.example.com",
        "categories": ["transport", "goods"],
        "stock_commitment": 20_000,
        "service_hours": "09:00-21:00",
        "data_contact": "data@mall.example.com",
    },
    "sub_platform": {
        "region_or_sector": "黄浦区",
        "operator_name": "豫园运营（示例）",
        "planned_merchants": 30,
        "categories": ["food", "culture"],
    },
    "event": EVENT | {"opens_at": EVENT["starts_at"], "goods": "电影票", "quantity": 550, "rules": "每个账户限四张"},
    "other": {"description": "在书店设置公益兑换点"},
}
_FILES = {
    "application_form": "入驻申请表",
    "business_licence": "营业执照",
    "legal_person_identity": "法人身份证明",
    "credit_report": "信用报告",
    "user_agreement": "用户协议",
}
_PASSED = {"outcome": "pass", "completeness": True, "conformity": True, "reliability": True, "comment": "材料齐全"}


class Member(NamedTuple):
    """An institution (its login) that joins in a mode; ``system`` gives the body of its integration step.

    ``plan``: one of its own, with times that follow from when it applies.
    """

    sub: str
    mode: str
    system: Mapping[str, Any] | None = None
    plan: Mapping[str, Any] | None = None


def join(api: Api, members: Sequence[Member]) -> list[str]:
    """Bring every member to a merchant, side by side; their applications."""
    with ThreadPoolExecutor(len(members)) as pool:
        return list(pool.map(lambda member: _bring(api, member), members))


def within_event(offer: dict[str, Any]) -> dict[str, Any]:
    """The offer as a merchant of the demo's event may make it."""
    limit = min(offer["per_account_limit"] or EVENT["per_account_limit"], EVENT["per_account_limit"])
    return offer | EVENT | {"per_account_limit": limit}


@contextlib.contextmanager
def partner(merchant: str, platform: str, key: Path, port: int = 0) -> Iterator[dict[str, Any]]:
    """The example of a merchant's system (docs/examples), running; gives the body of its integration step."""
    where = ["--merchant", merchant, "--platform", platform, "--key", str(key), "--port", str(port)]
    command = [sys.executable, str(_PARTNER), *where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            integration: dict[str, Any] = json.loads(process.stdout.readline())
            yield integration
        finally:
            process.terminate()


def _bring(api: Api, member: Member) -> str:
    id = _apply(api, member)
    while (found := _read(api, id))["status"] != "active":
        if found["status"] == "draft":
            _send(api, member, found)
        action, body, role = _onward(member, found["status"])
        sub = member.sub if role == "institution" else role
        named = hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]  # another run may have another system
        api.post(Call(f"/v1/applications/{id}/{action}", body, role, sub, f"{action}-{member.sub}-{named}"))
    return id


def _apply(api: Api, member: Member) -> str:
    """The application; of an interrupted run the one that there is, for its times would differ now."""
    before = api.get("/v1/applications", "institution", member.sub)["items"] if member.plan else []
    if before:
        return str(before[0]["id"])
    plan = dict(member.plan or _PLANS[member.mode])
    name = next((each.name for each in INSTITUTIONS if each.sub == member.sub), member.sub)
    body = {"mode": member.mode, "title": f"{name}入驻碳积分商城", "plan": plan}
    return str(api.post(Call("/v1/applications", body, "institution", member.sub, f"apply-{member.sub}"))["id"])


def _read(api: Api, id: str) -> dict[str, Any]:
    return api.get(f"/v1/applications/{id}", "exchange", "exchange")


def _onward(member: Member, status: str) -> tuple[str, Any, str]:
    """The step from ``status``, its body, and whose it is."""
    steps: dict[str, tuple[str, Any, str]] = {
        "draft": ("submit", {}, "institution"),
        "submitted": ("review", _PASSED, "exchange"),
        "reviewed": ("opinion", {"conclusion": "favourable", "text": "建议入驻"}, "exchange"),
        "opinion_filed": ("acknowledge", {"outcome": "accept", "comment": "已备案"}, "bureau"),
        "acknowledged": ("agreement", {"sha256": "0" * 64, "signed_at": "2026-01-15T08:00:00Z"}, "institution"),
        "agreement_signed": ("integration", dict(member.system or {}), "institution"),
    }
    return steps[status]


def _send(api: Api, member: Member, found: dict[str, Any]) -> None:
    """Announce and upload what does not count yet, then wait until all of it counts."""
    id, counting = found["id"], _counting(found)
    for kind in [kind for kind in found["required_documents"] if kind not in counting]:
        content_type, content = document(kind, member.sub)
        body = {
            "kind": kind,
            "file_name": f"{_FILES[kind]}（示例）",
            "content_type": content_type,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        hour = int(time.time() // 3600)  # a form ends after an hour
        call = Call(f"/v1/applications/{id}/documents", body, "institution", member.sub, f"{kind}-{member.sub}-{hour}")
        api.upload(api.post(call)["upload"], content)
    deadline = time.monotonic() + WAIT_SECONDS
    while _counting(found) < set(found["required_documents"]):
        if time.monotonic() > deadline:
            raise SystemExit(f"Documents do not arrive: see the logs in the run folder; {found['documents']}")
        time.sleep(0.1)
        found = _read(api, id)


def _counting(found: dict[str, Any]) -> set[str]:
    return {each["kind"] for each in found["documents"] if each["counts"]}
