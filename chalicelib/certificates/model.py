"""What a certificate says. Pure."""

from typing import Literal

from chalicelib.edge.fields import Answer, example

Kind = Literal["cancellation", "donation", "campaign", "retirement"]
SERIAL = "SH26-7KQ4-M2XD-9HPT-C3WQ"
URL = f"https://example.org/v1/certificates/{SERIAL}"


class Issued(Answer):
    """A certificate, and the page where anyone may read and verify it."""

    model_config = example(serial=SERIAL, url=URL)

    serial: str
    url: str
