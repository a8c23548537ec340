"""Who gets a page or a PDF, and who JSON."""

import pytest

from chalicelib.edge.pages import preferred

OFFERED = ("application/json", "text/html", "application/pdf")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/json;q=0.5, text/html", "text/html"),
        ("application/pdf", "application/pdf"),
        ("application/pdf, application/json;q=0.9", "application/pdf"),
        *((each, "application/json") for each in ("", "*/*", "application/json", "image/png", "text/html;q=0")),
        ("application/json, text/html;q=0.9", "application/json"),
    ],
)
def test_what_is_named_and_liked_best_is_answered_otherwise_json(accept: str, answered: str) -> None:
    assert preferred({"accept": accept}, *OFFERED) == answered
