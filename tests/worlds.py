"""How a World is made: over the local stack's engine, or over a dictionary for tests that make thousands of calls."""

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from chalice.test import Client
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.core.models import botocore_stubber
from moto.sqs.models import sqs_backends

from chalicelib import lanes
from chalicelib import settings as stage
from chalicelib.accounts import queries as accounts
from chalicelib.agenda import notes
from chalicelib.anomalies import queries as anomalies
from chalicelib.edge.identity import logins, tokens
from chalicelib.files import client as files
from chalicelib.ledger import debts, lines
from chalicelib.mall.offers import memory
from chalicelib.partners import queries as partners
from chalicelib.queues import sender as queue
from chalicelib.reductions.lookup import queries as reductions
from chalicelib.scenarios import queries as scenarios
from chalicelib.signing import jws
from chalicelib.statistics import memory as statistics
from chalicelib.table import client
from infra.dev.local import engines, processes, settings
from infra.dev.local.queues import NAMES
from infra.dev.local.resources import ensure_table
from tests.store import Store
from tests.world import World


def forget_everything() -> None:
    """What a warm process remembers, and another would not."""
    for remembered in (stage._secrets, tokens._issuer_keys, jws._key):
        remembered.cache_clear()
    forget_the_world()


def forget_the_world() -> None:
    """The same without the keys of the stage, which all tests share: each token would be proven again in each test."""
    for remembered in (stage.settings, accounts.person, reductions._known):
        remembered.cache_clear()
    for made in (client.client, files.client, queue.client):
        made.cache_clear()
    debts.forget()
    lines.forget()
    lanes.forget()
    notes.forget()
    memory.forget()
    partners.forget()
    anomalies.forget()
    scenarios.forget()
    statistics.forget()
    logins.forget()


@lru_cache(maxsize=1)
def _session() -> Any:  # typed for every service by its name, and we have one in hand
    return boto3.Session()  # reading AWS's description of itself takes longer than most tests


@lru_cache(maxsize=1)
def _sqs() -> Any:
    return _session().client("sqs")


def _queue(name: str) -> str:
    """The address of a new queue. Moto is asked within the process: a request takes longer than the rest of a World."""
    sqs_backends[ACCOUNT][_session().region_name].create_queue(name)
    return _address(name)


@lru_cache(maxsize=10)
def _address(name: str) -> str:
    return str(_sqs().get_queue_url(QueueName=name)["QueueUrl"])


@lru_cache(maxsize=1)
def _moto() -> None:
    """Start moto once a process: that takes longer than most tests. It answers within a World only."""
    mock_aws(config={"core": {"mock_credentials": False}}).start()
    stubber.enabled = False


def _as_new(service: str, **options: Any) -> Any:
    """``boto3.client``, but each is made once a process, which takes longer than most tests: it is as new for each
    World.
    """
    config = vars(options["config"]) if "config" in options else None
    environment = sorted(each for each in os.environ.items() if each[0].startswith("AWS_"))
    asked = repr((service, options | {"config": config}, environment))
    if asked not in _clients:
        made = _session().client(service, **options)
        _clients[asked] = made, copy.copy(made.meta.events._emitter)
    made, handlers = _clients[asked]
    made.meta.events._emitter = copy.copy(handlers)
    retries = handlers._unique_id_handlers[f"retry-config-{service}"]["handler"].__self__
    quota = retries._retry_quota._quota
    quota._available_capacity = quota._max_capacity
    return made


@contextmanager
def _fake_aws() -> Iterator[None]:
    forget_the_world()
    _moto()
    BackendDict.reset()
    reset_model_data()
    with patch.object(stubber, "enabled", True), patch.object(boto3, "DEFAULT_SESSION", _session()):
        lines._KNOWN.add("copied")  # nothing is from before
        queues = {f"{setting}_URL": _queue(name) for name, setting in NAMES.items()}
        with patch.dict(os.environ, queues):
            yield
    forget_the_world()


@contextmanager
def engine_world() -> Iterator[World]:
    """A new, empty platform over dynoxide, the engine of the local stack; what else there is of AWS is moto's."""
    with (
        _fake_aws(),
        TemporaryDirectory() as folder,
        dynoxide(Path(folder)) as url,
        patch.dict(os.environ, AWS_ENDPOINT_URL_DYNAMODB=url),
    ):
        table = ensure_table(boto3.client("dynamodb"))
        assert table.name == os.environ["TABLE_NAME"]
        with _served(_scan) as world:
            yield world


@contextmanager
def dynoxide(folder: Path) -> Iterator[str]:
    """A DynamoDB of its own at the address; skips the test where Node was missing when it was to be installed."""
    engine = engines.dynoxide(replace(settings.read(), data=folder))
    if engine is None:
        pytest.skip("dynoxide is not installed: make tools, with npm")
    server = processes.spawn(engine.command, run=folder, name=engine.name, env=engine.env)
    try:
        engines.wait(engine, lambda: server.poll() is None)
        yield engine.url
    finally:
        processes.stop(server)


@contextmanager
def quick_world() -> Iterator[World]:
    """A new, empty platform whose table is a dictionary; what else there is of AWS is moto's."""
    with _fake_aws(), patch.object(boto3, "client", _as_new):
        store = Store()
        store.install(client.client())
        client.client().meta.events.unregister("before-send", stubber)  # or moto would answer as well
        with _served(lambda: list(store.items.values())) as world:
            world.store = store
            yield world


_clients: dict[str, tuple[Any, Any]] = {}  # each with its event handlers as botocore made them
stubber: Any = botocore_stubber  # typed as if it answered nothing
WORLDS = {"engine": engine_world, "quick": quick_world}


@contextmanager
def _served(items: Callable[[], list[dict[str, Any]]]) -> Iterator[World]:
    import app  # not before the environment is set: its trigger names a stream

    with Client(app.app, stage_name="test") as http:
        yield World(http, items)


def _scan() -> list[dict[str, Any]]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=os.environ["TABLE_NAME"])
    return [item for page in pages for item in page["Items"]]
