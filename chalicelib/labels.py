"""Codes in words, in both languages of the scheme: whoever shows a code to people takes its label from here. Pure."""

from datetime import datetime

from chalicelib import shanghai, states
from chalicelib.errors import Text

CERTIFICATE_KINDS = {
    "cancellation": Text("Voluntary cancellation", "碳积分自愿注销"),
    "donation": Text("Donation", "碳积分捐赠"),
    "campaign": Text("Carbon neutrality support", "碳中和支持"),
    "retirement": Text("Retirement", "减排量注销"),
}
# What campaigns and institutions choose from; the purpose of a person's own cancellation is in her own words
PURPOSES = {
    "production": Text("Carbon-neutral production and operations", "企业生产经营碳中和"),
    "event": Text("Carbon-neutral large-scale event", "大型活动碳中和"),
    "voluntary": Text("Voluntary cancellation", "自愿注销"),
    "neutrality": Text("Carbon neutrality", "碳中和"),
    "offset": Text("Offsetting of emissions", "抵消碳排放"),
}
# Who takes steps, by the name in the Step tables
PARTIES = {
    party: Text(name, states.ROLES[party])
    for party, name in {
        "individual": "the person",
        "institution": "the institution",
        "scenario_operator": "the scenario operator",
        "exchange": "the exchange",
        "bureau": "the bureau",
        "applicant": "the applicant",
        "operator": "the sub-platform operator",
    }.items()
}


def beijing(stamp: str) -> str:
    """The time ``stamp`` (UTC, RFC 3339) on a clock in Beijing, to the second: ``2026-01-31 16:00:00``."""
    return f"{shanghai.clock(datetime.fromisoformat(stamp)):%Y-%m-%d %H:%M:%S}"
