"""Why a campaign takes no donation, or no judgement."""

from typing import Any

from chalicelib import states
from chalicelib.errors import InvalidState, Refusal, Text


class CampaignClosed(Refusal):
    status, code = 409, "campaign_closed"
    title = Text("The campaign takes no points", "该捐赠项目不接受捐赠")
    detail = Text(
        "Its state is {state}. It takes donations only while it is approved, and until its end, {ends_at}.",
        "该捐赠项目当前状态为“{state}”，仅在募集期间接受捐赠，截止时间为 {ends_at}。",
    )
    remedy = Text("Choose a campaign that is approved and has not ended.", "请选择募集中且尚未截止的捐赠项目。")

    def wording(self, language: str) -> dict[str, Any]:
        facts = self.in_language(language)
        return facts | {"state": states.in_chinese(facts["state"])} if language == "zh" and "state" in facts else facts


class CampaignExpired(CampaignClosed):
    detail = Text(
        "Its end, {ends_at}, has passed, so it cannot be approved any more.",
        "该捐赠项目已于 {ends_at} 截止，不能再审批通过。",
    )
    remedy = Text("Reject it. Its institution may propose another.", "请不予通过；申报机构可另行申报。")


class CampaignEdited(InvalidState):
    detail = Text(
        "The campaign was changed since it was read: it has {edits} edits by now.",
        "该捐赠项目在读取后已被修改，目前共修改 {edits} 次。",
    )
    remedy = Text("Read the campaign again, then judge it.", "请重新读取该捐赠项目后再行审批。")
