"""The handshake: does who answers at the callback hold the declared key?"""

from datetime import datetime

from chalicelib.errors import Refusal, Text


class HandshakeFailed(Refusal):
    """``reason`` is a word for programs."""

    status, code = 409, "handshake_failed"
    title = Text("The handshake failed", "握手失败")
    detail = Text(
        "The system at callback_url did not prove itself ({reason}). Nothing was changed.",
        "callback_url 处的系统未通过验证（{reason}）。未做任何变更。",
    )
    mend = Text("Mend the reason and send the request again.", "请按原因修正后重新提交。")


def shake(*, callback_url: str, public_key: str, merchant: str, now: datetime) -> None:
    """Send a signed challenge to ``callback_url``; return if it comes back signed by ``public_key`` within 5 s.

    Raises HandshakeFailed for anything else. Seconds may pass, and it may be tried again: look at the state first
    (``step``), so that the replay of a finished integration shakes no hand.
    """
    raise NotImplementedError
