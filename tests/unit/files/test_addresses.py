"""Where signed forms and links point: the region's own endpoint, in every partition, and an emulator's."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from chalicelib.files import client, store
from chalicelib.settings import settings


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DOCUMENTS_BUCKET", "bucket")
    settings.cache_clear()
    client.client.cache_clear()
    yield
    settings.cache_clear()
    client.client.cache_clear()


def addresses() -> set[str]:
    form = store.form("a/b", content_type="text/plain", bytes_max=1, sha256="00" * 32, seconds=60).url
    link = urlsplit(store.link("a/b", file_name="b", seconds=60))
    return {form.rstrip("/"), f"{link.scheme}://{link.netloc}{link.path.removesuffix('/a/b')}"}


@pytest.mark.parametrize(
    ("region", "address"),
    [
        ("us-east-1", "https://bucket.s3.us-east-1.amazonaws.com"),
        ("eu-central-1", "https://bucket.s3.eu-central-1.amazonaws.com"),
        ("cn-north-1", "https://bucket.s3.cn-north-1.amazonaws.com.cn"),
        ("cn-northwest-1", "https://bucket.s3.cn-northwest-1.amazonaws.com.cn"),
    ],
)
def test_a_region_has_its_own_endpoint(monkeypatch: pytest.MonkeyPatch, region: str, address: str) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    assert addresses() == {address}


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566", "http://localhost:4566", "http://emulator:4566"])
def test_an_emulator_is_addressed_by_path(monkeypatch: pytest.MonkeyPatch, variable: str, endpoint: str) -> None:
    monkeypatch.setenv(variable, endpoint)
    assert addresses() == {f"{endpoint}/bucket"}


def test_links_are_signed_with_version_4_and_end() -> None:
    query = urlsplit(store.link("a", file_name="a.jsonl", seconds=60)).query
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in query
    assert "X-Amz-Expires=60" in query
    assert "response-content-disposition=attachment" in query
