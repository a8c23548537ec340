"""Objects of any size are read range by range, and lists of any length page by page."""

from typing import Any

import boto3
import pytest

from chalicelib.files import client, store
from chalicelib.settings import settings
from tests.world import World


@pytest.fixture
def bucket(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    client.client.cache_clear()
    monkeypatch.setattr(store, "_RANGE_BYTES", 10)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=settings().documents_bucket)
    yield s3
    client.client.cache_clear()


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 95])
def test_a_stream_is_the_whole_object(bucket: Any, size: int) -> None:
    content = bytes(range(size))
    bucket.put_object(Bucket=settings().documents_bucket, Key="large", Body=content)
    with store.stream("large") as file:
        assert file.read() == content
    with store.stream("large") as file:
        assert b"".join(iter(lambda: file.read(3), b"")) == content


def test_a_list_has_all_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    class Pages:
        def list_objects_v2(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            keys = [["a/1", "a/2"], ["a/3"]][len(asked) - 1]
            return {"Contents": [{"Key": key} for key in keys], "IsTruncated": len(asked) < 2}

    monkeypatch.setattr(store, "client", Pages)
    assert store.listed("a/") == ["a/1", "a/2", "a/3"]
    assert [(each["Prefix"], each["StartAfter"]) for each in asked] == [("a/", ""), ("a/", "a/2")]


def test_a_list_of_nothing_is_empty(bucket: Any) -> None:
    assert store.listed("nothing/") == []
