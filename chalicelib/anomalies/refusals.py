"""Why an anomaly is not closed."""

from chalicelib.errors import InvalidState, Text


class AnomalyGrown(InvalidState):
    detail = Text(
        "The anomaly has grown since it was read: it has {edits} edits by now.",
        "该异常在读取后新增了减排量，目前共更新 {edits} 次。",
    )
    remedy = Text("Read the anomaly again, then close it.", "请重新读取该异常后再行关闭。")
