"""What a text must look like, in words: nobody should have to read the pattern that it must match. Pure."""

from chalicelib import shanghai
from chalicelib.errors import Text

_VISIBLE = Text("Use 1 to {0} visible ASCII characters, no spaces", "应为 1 至 {0} 个可见 ASCII 字符，不含空格")
_CODE = Text(
    "Use 1 to {0} of A–Z a–z 0–9 {1}, beginning with a letter or digit",
    "应为 1 至 {0} 个字符（A–Z a–z 0–9 {1}），以字母或数字开头",
)


def _of(words: Text, *values: object) -> Text:
    return Text(words.en.format(*values), words.zh.format(*values))


# By the pattern of the field: what to write instead. A test sees that every pattern of a route is here.
FORMATS = {
    shanghai.MONTH: Text("Use YYYY-MM, e.g. 2026-11", "请使用 YYYY-MM 格式，例如 2026-11"),
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$": Text(
        "Use YYYY-MM-DD, e.g. 2030-12-31", "请使用 YYYY-MM-DD 格式，例如 2030-12-31"
    ),
    r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$": Text(
        'Use a decimal number as text, at most 9 digits and 6 places, e.g. "12.5"',
        '应为十进制数字文本，整数最多 9 位、小数最多 6 位，例如 "12.5"',
    ),
    r"^[0-9A-Fa-f]{64}$": Text("Use a SHA-256 hash: 64 hexadecimal digits", "应为 SHA-256 摘要：64 位十六进制数字"),
    r"^[\x21-\x7e]{1,64}$": _of(_VISIBLE, 64),
    r"^[\x21-\x7e]{1,200}$": _of(_VISIBLE, 200),
    r"^[\x21-\x7e]{1,255}$": _of(_VISIBLE, 255),
    r"^[\x21-\x7e][\x20-\x7e]{0,254}$": Text(
        "Use 1 to 255 visible ASCII characters, the first no space", "应为 1 至 255 个可见 ASCII 字符，不以空格开头"
    ),
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$": _of(_CODE, 40, "_ -"),
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": _of(_CODE, 64, ". _ -"),
    r"^https?://[\x21-\x7e]{1,500}$": Text(
        "Use an address in ASCII that begins with https://, at most 500 characters after that",
        "应为以 https:// 开头的 ASCII 地址，其后最多 500 个字符",
    ),
    r"^https://[\x21-\x7e]{1,500}$": Text(
        "Use an address in ASCII that begins with https://, at most 500 characters after that",
        "应为以 https:// 开头的 ASCII 地址，其后最多 500 个字符",
    ),
    r"^[A-Za-z0-9_-]{43}$": Text(
        "Use BASE64URL(SHA256(code_verifier)) without padding: 43 characters (RFC 7636)",
        "应为 BASE64URL(SHA256(code_verifier))，不含填充符，共 43 个字符（RFC 7636）",
    ),
    r"^[A-Za-z0-9._~-]{43,128}$": Text(
        "Use 43 to 128 of A–Z a–z 0–9 - . _ ~ (RFC 7636)", "应为 43 至 128 个字符（A–Z a–z 0–9 - . _ ~，RFC 7636）"
    ),
    r"^[A-Za-z0-9._~-]{1,200}$": Text("Use the code exactly as it was given out", "请原样填写收到的授权码"),
}
