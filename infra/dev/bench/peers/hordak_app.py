"""A redemption with django-hordak's ledger on PostgreSQL, as its documentation shows it. It runs in ``.tools/peers``.

Points move from the person's account to the offer's, units are a locked row of ours, and a row keeps the answer for its
key. ``python hordak_app.py`` makes the tables of what it reads.
"""

import json
import os
import sys
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

import django
import jwt
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

_DSN = conninfo_to_dict(os.environ["DSN"])
settings.configure(
    SECRET_KEY=os.urandom(32).hex(),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # it says how long an answer is
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    CURRENCIES=["EUR"],
    DEFAULT_CURRENCY="EUR",
    HORDAK_CURRENCIES=["EUR"],  # a point: it takes no currency that no bank lists
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": _DSN["host"],
            "PORT": _DSN["port"],
            "NAME": _DSN["dbname"],
            "USER": _DSN["user"],
            "OPTIONS": {"pool": {"min_size": 8, "max_size": 8}},
        }
    },
)
django.setup()

from django.core.management import call_command  # noqa: E402 (Django wants its settings first)
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from hordak.models import Account, AccountType  # noqa: E402
from moneyed import Money  # noqa: E402

_KEY = os.environ.get("TOKEN_KEY", "")
OURS = """
CREATE TABLE till (offer text PRIMARY KEY, price bigint NOT NULL, units bigint NOT NULL CHECK (units >= 0));
CREATE TABLE record (id text PRIMARY KEY, digest text NOT NULL, answer jsonb NOT NULL);
"""


@lru_cache(10_000)
def claims(token: str):
    return jwt.decode(token, _KEY, algorithms=["ES256"], audience="carbon-points")["sub"]


def redeem(request):
    """One transaction: the key, the till, the balance, and hordak's transfer."""
    sub, body = claims(request.headers["Authorization"].removeprefix("Bearer ")), json.loads(request.body)
    id = sha256(f"{sub} {request.headers['Idempotency-Key']}".encode()).hexdigest()
    answer = body | {"id": id, "status": "placed", "at": datetime.now(UTC).isoformat(), "account": sub}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO record VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [id, sha256(request.body).hexdigest(), json.dumps(answer)],
        )
        if not cursor.rowcount:
            return JsonResponse({"code": "seen"}, status=409)
        buyer = Account.objects.select_for_update().get(name=sub)
        if buyer.get_simple_balance()["EUR"].amount < body["points"]:
            return _refused("insufficient_points")
        cursor.execute(
            "UPDATE till SET units = units - %s WHERE offer = %s AND units >= %s AND price * %s = %s",
            [body["quantity"], body["offer"], body["quantity"], body["quantity"], body["points"]],
        )
        if not cursor.rowcount:
            return _refused("offer_unavailable")
        seller = Account.objects.get(name=body["offer"])
        seller.transfer_to(buyer, Money(body["points"], "EUR"), description=id)
    return JsonResponse(answer, status=201)


def _refused(code: str):
    transaction.set_rollback(True)
    return JsonResponse({"code": code}, status=409)


urlpatterns = [path("v1/redemptions", redeem)]
application = get_wsgi_application()


def make(people: list[str], offers: list[str], price: int) -> None:
    """Tables with people who have points enough, and offers that never sell out."""
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(OURS)
        cursor.executemany("INSERT INTO till VALUES (%s, %s, 1000000000)", [(each, price) for each in offers])
        cursor.execute("CREATE INDEX ON hordak_account (name)")
    opening = Account.objects.create(name="opening", type=AccountType.asset, currencies=["EUR"])
    for name in [*people, *offers]:
        Account.objects.create(name=name, type=AccountType.liability, currencies=["EUR"])
    for name in people:
        Account.objects.get(name=name).transfer_to(opening, Money(10**9, "EUR"), description="opening")


if __name__ == "__main__":
    make(**json.load(sys.stdin))
