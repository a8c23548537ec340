"""Whose pages may send documents to a stage's bucket."""

import pytest

from infra.release.deploy.pages import senders


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("", "https://points.example.org"),
        ("*", "*"),
        ("https://h5.example.org", "https://h5.example.org,https://points.example.org"),
        ("https://points.example.org", "https://points.example.org"),
        ("https://points.example.org.cn", "https://points.example.org.cn,https://points.example.org"),
    ],
)
def test_our_own_pages_send_documents_without_being_named(named: str, expected: str) -> None:
    assert senders({"PublicUrl": "https://points.example.org/api", "CorsOrigins": named}) == expected
