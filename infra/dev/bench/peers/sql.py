"""A redemption as one SQL transaction: FastAPI, psycopg and PostgreSQL. It runs in ``.tools/peers``.

It checks what ours checks (token, body, the key used before, price, window, stock, points) and keeps what ours keeps: a
record with its answer, and both sides of each posting. ``python sql.py`` makes the tables of what it reads.
"""

import json
import os
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Annotated

import jwt
import psycopg
from fastapi import FastAPI, Header, HTTPException
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool
from pydantic import BaseModel, ConfigDict, Field

SCHEMA = """
CREATE TABLE account (id text PRIMARY KEY, status text NOT NULL, points bigint NOT NULL CHECK (points >= 0));
CREATE TABLE till (
    offer text PRIMARY KEY, merchant text NOT NULL, status text NOT NULL, price bigint NOT NULL,
    starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
    units bigint NOT NULL CHECK (units >= 0), points bigint NOT NULL, orders bigint NOT NULL);
CREATE TABLE record (
    id text PRIMARY KEY, caller text NOT NULL, digest text NOT NULL, at timestamptz NOT NULL, answer jsonb NOT NULL);
CREATE TABLE posting (record text NOT NULL, account text NOT NULL, asset text NOT NULL, amount bigint NOT NULL);
"""
RECORD = "INSERT INTO record VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
BUYER = "UPDATE account SET points = points - %s WHERE id = %s AND status = 'active' AND points >= %s"
TILL = (
    "UPDATE till SET points = points + %s, units = units - %s, orders = orders + 1 WHERE offer = %s AND price = %s"
    " AND status = 'on_shelf' AND starts_at <= now() AND ends_at > now() AND units >= %s RETURNING merchant"
)
POSTINGS = (
    "INSERT INTO posting VALUES (%s, %s, 'points', %s), (%s, %s, 'points', %s), (%s, %s, %s, %s), (%s, %s, %s, %s)"
)
_KEY = os.environ.get("TOKEN_KEY", "")

pool = ConnectionPool(os.environ["DSN"], min_size=8, max_size=8, open=False)


@asynccontextmanager
async def _opened(_: FastAPI):
    pool.open(wait=True)
    yield
    pool.close()


app = FastAPI(lifespan=_opened)


class Redemption(BaseModel):
    """What is bought, and the price that the buyer was shown."""

    model_config = ConfigDict(strict=True, extra="forbid")

    offer: str = Field(pattern="^[a-z2-7]{26}$")
    quantity: int = Field(ge=1, le=10**6)
    points: int = Field(ge=1, le=10**15)


@lru_cache(10_000)
def claims(token: str) -> tuple[str, str, int]:
    """Whose token it is, in which role, and until when. Its signature is checked once, as ours is."""
    found = jwt.decode(token, _KEY, algorithms=["ES256"], audience="carbon-points")
    return found["sub"], found["role"], found["exp"]


@app.post("/v1/redemptions", status_code=201)
def redeem(
    body: Redemption, authorization: Annotated[str, Header()], idempotency_key: Annotated[str, Header(max_length=128)]
):
    """One transaction; refused where a guarded change changes nothing."""
    now = datetime.now(UTC)
    sub, role, until = claims(authorization.removeprefix("Bearer "))
    if role != "individual" or until < now.timestamp():
        raise HTTPException(403)
    id = sha256(f"{sub} {idempotency_key}".encode()).hexdigest()
    digest = sha256(body.model_dump_json().encode()).hexdigest()
    answer = body.model_dump() | {"id": id, "status": "placed", "at": now.isoformat(), "account": sub}
    with pool.connection() as connection:
        return _bought(connection, body, answer, digest)


def _bought(connection, body: Redemption, answer: dict, digest: str):
    id, sub, points, units = answer["id"], answer["account"], body.points, body.quantity
    if not connection.execute(RECORD, (id, sub, digest, answer["at"], Jsonb(answer))).rowcount:
        before = connection.execute("SELECT digest, answer FROM record WHERE id = %s", (id,)).fetchone()
        if before[0] != digest:
            raise HTTPException(422, "idempotency_key_reused")
        return before[1]
    if not connection.execute(BUYER, (points, sub, points)).rowcount:
        raise HTTPException(409, "insufficient_points")
    if connection.execute(TILL, (points, units, body.offer, points // units, units)).fetchone() is None:
        raise HTTPException(409, "offer_unavailable")
    asset = f"units:{body.offer}"
    sides = (id, sub, -points, id, body.offer, points, id, body.offer, asset, -units, id, sub, asset, units)
    connection.execute(POSTINGS, sides)
    return answer


def make(people: list[str], offers: list[str], price: int) -> None:
    """Tables with people who have points enough, and offers that never sell out."""
    with psycopg.connect(os.environ["DSN"]) as connection:
        connection.execute(SCHEMA)
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO account VALUES (%s, 'active', 1000000000)", [(each,) for each in people])
            till = "INSERT INTO till VALUES (%s, 'shop', 'on_shelf', %s, '2026-01-01', '2999-01-01', 1000000000, 0, 0)"
            cursor.executemany(till, [(each, price) for each in offers])


if __name__ == "__main__":
    make(**json.load(sys.stdin))
