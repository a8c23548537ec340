"""Page cursors: where to continue, signed and bound to the caller and the query they were given for.

PyJWT is imported where a list has a next page: it is some hundredths of a cold start.
"""

from typing import Any

from chalicelib.errors import InvalidRequest
from chalicelib.settings import secret


def seal(position: dict[str, Any], binding: str) -> str:
    """An opaque cursor for ``position``."""
    import jwt

    return jwt.encode({"at": position, "aud": binding}, secret("cursor_key"), algorithm="HS256")


def unseal(cursor: str, binding: str) -> dict[str, Any]:
    """The position in a cursor that was made by us for this ``binding``. Raises InvalidRequest for any other."""
    import jwt

    try:
        found = jwt.decode(cursor, secret("cursor_key"), algorithms=["HS256"], audience=binding)
        position: dict[str, Any] = found["at"]
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise InvalidRequest.at(
            "/cursor",
            "The cursor belongs to another query or caller, or was changed. Start again without it.",
            "该游标属于其他查询或调用方，或已被改动。请去掉游标重新查询。",
        ) from error
    return position
