"""Fixtures of single rooms."""

from collections.abc import Iterator

import boto3
import pytest

from chalicelib.files import client
from chalicelib.settings import settings
from tests.batches import Batches
from tests.world import World


@pytest.fixture
def batches(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Batches]:
    """The metro scenario, and a bucket. One thread, as always in these tests."""
    monkeypatch.setenv("BATCH_THREADS", "1")
    settings.cache_clear()
    client.client.cache_clear()
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=settings().documents_bucket)
    world.scenario()
    with Batches(world, s3).installed() as batches:
        yield batches
    client.client.cache_clear()
