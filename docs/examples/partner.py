"""An example of a merchant's system: a small shop in which people pay with carbon points.

    TOKEN=$(make -s token ROLE=institution SUB=my-shop)
    TOKEN=$TOKEN python partner.py --merchant <account id> --platform http://127.0.0.1:8000 --port 8900

It sells (open its address in a browser), holds, captures and refunds points, answers the handshake, and verifies and
prints webhooks. It needs Python 3.11 and the package ``cryptography``. It makes its key at the first start
(``partner.key``) and prints what the integration step takes: ``callback_url``, ``public_key``, ``consent_redirects``.
"""

import argparse
import base64
import contextlib
import hashlib
import html
import http.client
import json
import os
import secrets
import threading
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TOLERANCE_SECONDS = 300
BODY_BYTES_MAX = 64 * 1024
RETRY_PAUSES_SECONDS = (0.2, 1, 2, 4)
CONSENTED = "/consented"  # where she returns with the code of her consent: one registered address for all orders
GOODS = {"tea": ("龙井茶一杯 Longjing tea", 500, 100), "badge": ("地铁文创徽章 Metro badge", 300, 0)}  # price, deposit


class Refused(Exception):
    """The platform's problem: ``code`` is for us, ``detail`` for people."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail"))
        self.problem = problem


@dataclass
class Order:
    """``state`` follows the hold's; what the person pays is ``captured_points`` less ``refunded_points``."""

    reference: str
    customer: str
    good: str
    points: int
    state: str = "consent"
    hold: str = ""
    captured_points: int = 0
    refunded_points: int = 0


class Platform:
    """``merchant`` is our account's id: its webhooks are signed by keys that sign nobody else's."""

    def __init__(self, merchant: str, key: Ed25519PrivateKey, url: str, token: str, *, signs: bool) -> None:
        self.merchant, self.key, self.url, self.token, self.signs = merchant, key, url, token, signs

    @property
    def public_key(self) -> str:
        return "whpk_" + base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def send(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Send a change until it is answered. The same ``key`` makes it happen once, however often it is sent."""
        raw = json.dumps(body).encode()
        for pause in (*RETRY_PAUSES_SECONDS, None):
            try:
                return self._once(path, raw, key)
            except urllib.error.HTTPError as error:
                if error.code < 500 or pause is None:
                    raise Refused(json.load(error)) from None
            except (OSError, http.client.HTTPException):  # no answer, or half of one: it may have happened
                if pause is None:
                    raise
            time.sleep(pause)
        raise AssertionError

    def _once(self, path: str, raw: bytes, key: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key}
        signature = self.sign("POST", urlsplit(self.url).path + path, raw, key) if self.signs else {}
        asked = urllib.request.Request(self.url + path, raw, headers | signature)
        with urllib.request.urlopen(asked, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def sign(self, method: str, path: str, raw: bytes, key: str) -> dict[str, str]:
        """The headers that sign a request (RFC 9421, RFC 9530). A retry is signed again, for its time counts."""
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(raw).digest()).decode()}:"
        covered = {"@method": method, "@path": path, "content-digest": digest, "idempotency-key": key}
        names = " ".join(f'"{name}"' for name in covered)
        params = f'({names});created={int(time.time())};keyid="{self.public_key}"'
        base = "\n".join(f'"{name}": {value}' for name, value in (covered | {"@signature-params": params}).items())
        signature = base64.b64encode(self.key.sign(base.encode())).decode()
        return {"Content-Digest": digest, "Signature-Input": f"shop={params}", "Signature": f"shop=:{signature}:"}

    def verify(self, headers: dict[str, str], body: bytes) -> bool:
        """Whether the platform signed this webhook for us within the tolerance."""
        sent = headers.get("webhook-timestamp", "")
        if not sent.isdigit() or abs(time.time() - int(sent)) > TOLERANCE_SECONDS:
            return False
        signed = f"{headers.get('webhook-id', '')}.{sent}.".encode() + body
        signatures = headers.get("webhook-signature", "").split(" ")
        given = [each.removeprefix("v1a,") for each in signatures if each.startswith("v1a,")]
        return any(proves(key, each, signed) for key in self.keys() for each in given)

    def keys(self) -> list[str]:
        """A real system asks once, and again when no key that it knows fits a signature."""
        with urllib.request.urlopen(f"{self.url}/v1/webhook-keys/{self.merchant}", timeout=3) as answer:
            keys: list[str] = json.load(answer)["keys"]
        return keys

    def answer(self, id: str, body: bytes) -> dict[str, str]:
        """The headers that sign our answer to a challenge, as Standard Webhooks signs: id, time, body."""
        now = str(int(time.time()))
        signature = base64.b64encode(self.key.sign(f"{id}.{now}.".encode() + body)).decode()
        return {"webhook-id": id, "webhook-timestamp": now, "webhook-signature": f"v1a,{signature}"}


def proves(key: str, signature: str, signed: bytes) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
        public.verify(base64.b64decode(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


class Shop:
    """Orders and consents. A real shop keeps them in its database, and lets only its staff serve and refund."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.orders: dict[str, Order] = {}
        self.grants: dict[str, str] = {}  # by customer
        self.verifiers: dict[str, str] = {}  # by customer: never leaves the shop before the code is redeemed
        self.seen: set[str] = set()
        self.address = ""  # of our own pages

    def buy(self, customer: str, good: str) -> Order:
        """A person who consented before pays at once; another is asked for her consent."""
        _, price, deposit = GOODS[good]
        order = Order(secrets.token_hex(8), customer, good, price + deposit)
        self.orders[order.reference] = order
        if customer in self.grants:
            self.hold(order)
        return order

    def consent(self, customer: str) -> dict[str, Any]:
        """What her client sends to ``POST /v1/grants``, with limits that she may change (RFC 7636)."""
        verifier = self.verifiers.setdefault(customer, secrets.token_urlsafe(48))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        limits = {"points_max_order": 1000, "points_max_day": 2000, "expires_at": "2098-12-31T16:00:00Z"}
        return {"purpose": "spend", "merchant": self.platform.merchant, "code_challenge": challenge} | limits

    def redeem(self, order: Order, code: str) -> None:
        body = {"code": code, "code_verifier": self.verifiers[order.customer], "reference": order.customer}
        key = "grant-" + hashlib.sha256(code.encode()).hexdigest()
        self.grants[order.customer] = self.platform.send("/v1/grants/redeem", body, key)["id"]
        del self.verifiers[order.customer]
        self.hold(order)

    def hold(self, order: Order) -> None:
        body = {"grant": self.grants[order.customer], "points": order.points, "order_reference": order.reference,
                "title": GOODS[order.good][0], "expires_in_seconds": 900}  # fmt: skip
        self.note(order, self.platform.send("/v1/holds", body, f"hold-{order.reference}"))

    def serve(self, order: Order) -> None:
        """She brought the cup back: the price is captured, and her deposit returns to her at once."""
        path = f"/v1/holds/{order.hold}/capture"
        self.note(order, self.platform.send(path, {"points": GOODS[order.good][1]}, f"capture-{order.reference}"))

    def release(self, order: Order) -> None:
        """We cannot serve it: all of it returns to her."""
        self.note(order, self.platform.send(f"/v1/holds/{order.hold}/release", {}, f"release-{order.reference}"))

    def refund(self, order: Order) -> None:
        path, body = f"/v1/holds/{order.hold}/refund", {"points": order.captured_points, "reason": "returned"}
        self.note(order, self.platform.send(path, body, f"refund-{order.reference}"))

    @staticmethod
    def note(order: Order, hold: dict[str, Any]) -> None:
        order.hold, order.state = hold["id"], hold["status"]
        order.captured_points, order.refunded_points = hold["captured_points"], hold["refunded_points"]

    def receive(self, id: str, event: dict[str, Any]) -> None:
        """Takes each event once, although it may arrive again. A real system commits here, before it answers."""
        if id in self.seen:
            return
        self.seen.add(id)
        data = event["data"]
        if order := self.orders.get(data.get("order_reference", "")):
            order.state = data["status"]
        if event["type"] == "grant.withdrawn":
            self.grants = {customer: grant for customer, grant in self.grants.items() if grant != data["grant"]}
        if event["type"] == "conformance.started":
            threading.Thread(target=self.rehearse, args=(data["sandbox"],), daemon=True).start()
        print(json.dumps({"id": id} | event, ensure_ascii=False), flush=True)

    def rehearse(self, sandbox: str) -> None:
        """Sell in the sandbox of a conformance run, with the code that sells to people: we play the person too."""
        us = self.platform
        shop = Shop(Platform(us.merchant, us.key, us.url + sandbox, us.token, signs=us.signs))
        for night in ("1", "2"):
            shop.sync(f"{sandbox}-{night}")
        served = shop.buy("test", "tea")
        code = shop.platform.send("/v1/grants", shop.consent("test"), f"consent-{served.reference}")["code"]
        shop.redeem(served, code)
        shop.serve(served)
        shop.refund(served)  # she brought it back
        shop.release(shop.buy("test", "tea"))
        shop.buy("test", "badge")  # nobody serves it: it expires, and hold.expired comes

    def sync(self, night: str) -> dict[str, Any]:
        """What we offer on the platform's own shelf, by our codes. ``stock`` is all that we ever supplied, so the same
        lines every night add nothing.
        """
        lines = [{"sku": sku, "title": name, "description": name, "category": "goods", "points": price, "stock": 100,
                  "fulfilment": "goods"} for sku, (name, price, _) in GOODS.items()]  # fmt: skip
        return self.platform.send("/v1/offer-batches", {"offers": lines}, f"catalogue-{night}")


class Handler(BaseHTTPRequestHandler):
    shop: Shop

    def do_GET(self) -> None:
        if urlsplit(self.path).path == CONSENTED:  # back from the page where she consented, or did not
            self.consented({name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()})
            return
        order = self.shop.orders.get(self.path.removeprefix("/orders/"))
        if self.path == "/":
            self.page("".join(sells(good) for good in GOODS))
        elif order is None:
            self.reply(404, b"{}")
        elif "application/json" in self.headers.get("accept", ""):
            self.reply(200, json.dumps(asdict(order), ensure_ascii=False).encode())
        else:
            consent = self.shop.consent(order.customer) if order.state == "consent" else None
            back = {"redirect_uri": f"{self.shop.address}{CONSENTED}", "state": order.reference}
            page = f"{self.shop.platform.url}/citizen/consent?{urlencode((consent or {}) | back)}"
            self.page(shows(order, consent, page))

    def consented(self, answer: dict[str, str]) -> None:
        """She is back. Only the browser that began the order pays it: else she might pay what somebody else ordered."""
        order = self.shop.orders.get(answer.get("state", ""))
        if order is None or order.customer != self.customer:
            return self.page("<p>请在下单的浏览器中继续。Continue in the browser in which you ordered.</p>", 403)
        self.path = f"/orders/{order.reference}/{'pay' if 'code' in answer else 'declined'}"
        return self.post(answer)

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), BODY_BYTES_MAX))
        if self.headers.get("webhook-id"):
            return self.webhook({name.lower(): value for name, value in self.headers.items()}, body)
        return self.post({name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()})

    def post(self, form: dict[str, str]) -> None:
        try:
            order = self.act(form)
        except Refused as refused:
            return self.page(f"<p>{html.escape(str(refused))}</p>", 409)
        except (OSError, http.client.HTTPException):  # sent again, it continues where it stopped
            return self.page("<p>请稍后重试。Please try again in a moment.</p>", 503)
        if order is None:
            return self.reply(404, b"{}")
        return self.reply(303, b"", {"location": f"/orders/{order.reference}", "set-cookie": self.cookie()})

    def act(self, form: dict[str, str]) -> Order | None:
        """What a person's or a clerk's button asks for."""
        if self.path == "/buy":
            return self.shop.buy(self.customer, form["good"]) if form.get("good") in GOODS else None
        _, _, reference, action = (*self.path.split("/"), "", "", "")[:4]
        order = self.shop.orders.get(reference)
        if order and action == "pay":
            self.shop.redeem(order, form.get("code", "").strip())
        elif order and action in ("serve", "release", "refund"):
            {"serve": self.shop.serve, "release": self.shop.release, "refund": self.shop.refund}[action](order)
        return order

    @cached_property
    def customer(self) -> str:
        """Our own name for the person, from her cookie. A real shop logs her in."""
        found = [
            each.partition("=")[2] for each in self.headers.get("cookie", "").split("; ") if each[:9] == "customer="
        ]
        return found[0][:40] if found else secrets.token_hex(8)

    def webhook(self, headers: dict[str, str], body: bytes) -> None:
        try:
            genuine = self.shop.platform.verify(headers, body)
        except OSError:  # the platform's keys are unavailable: it will send this again
            return self.reply(503, b"{}")
        if not genuine:
            return self.reply(401, b"{}")
        event = json.loads(body)
        if event["type"] == "integration.challenge":
            answer = json.dumps({"challenge": event["data"]["challenge"]}).encode()
            return self.reply(200, answer, self.shop.platform.answer(headers["webhook-id"], answer))
        self.shop.receive(headers["webhook-id"], event)
        return self.reply(204, b"")

    def page(self, body: str, status: int = 200) -> None:
        whole = f"<!doctype html><meta charset=utf-8><title>示例商城</title><h1>示例商城 Example shop</h1>{body}"
        self.reply(status, whole.encode(), {"content-type": "text/html; charset=utf-8", "set-cookie": self.cookie()})

    def cookie(self) -> str:
        return f"customer={self.customer}; HttpOnly; SameSite=Lax"

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        usual = {"content-type": "application/json", "content-length": str(len(body))}
        for name, value in (usual | (headers or {})).items():
            self.send_header(name, value)
        with contextlib.suppress(ConnectionError):  # who asked hangs up: what was done stays so
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Prints webhooks only."""


def sells(good: str) -> str:
    name, price, deposit = GOODS[good]
    costs = f"{price} 碳积分 points" + (f" + 押金 deposit {deposit}" if deposit else "")
    return (f"<form method=post action=/buy><p>{name}: {costs} <button name=good value={good}>"
            "使用碳积分支付 Pay with carbon points</button></form>")  # fmt: skip


def shows(order: Order, consent: dict[str, Any] | None, page: str) -> str:
    """The order; where she has not consented yet, the page on which she does. Or what another client is to send, and a
    field for the code it gets."""
    text = f"<p>{html.escape(GOODS[order.good][0])}: {order.state}, {order.captured_points - order.refunded_points} / "
    text += f"{order.points}</p>"
    at = f"<form method=post action=/orders/{order.reference}"
    if consent:
        text += f'<p><a href="{html.escape(page)}">前往碳普惠授权并支付 Consent and pay</a></p>'
        asked = html.escape(json.dumps(consent))
        text += f"<p>或在碳普惠客户端授权 Or consent in your client:</p><pre id=consent>{asked}</pre>"
        return text + f"{at}/pay><input name=code placeholder=授权码 required><button>支付 Pay</button></form>"
    text += f"{at}/serve><button>核销 Serve</button></form>{at}/release><button>取消 Cancel</button></form>"
    return text + f"{at}/refund><button>退还 Refund</button></form>"


def key_in(file: Path) -> Ed25519PrivateKey:
    """The key in ``file``; a new one where there is none yet."""
    if not file.exists():
        file.touch(0o600)
        file.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(file.read_bytes())


def main() -> None:
    asked = argparse.ArgumentParser(description="An example of a merchant's system")
    asked.add_argument("--merchant", required=True)
    asked.add_argument("--platform", default="http://127.0.0.1:8000")
    asked.add_argument("--port", type=int, default=8900)
    asked.add_argument("--key", type=Path, default=Path("partner.key"))
    asked.add_argument("--sign", action="store_true", help="sign requests; once the key is registered")
    given = asked.parse_args()
    token = os.environ.get("TOKEN", "")
    platform = Platform(given.merchant, key_in(given.key), given.platform, token, signs=given.sign)
    Handler.shop = Shop(platform)
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    Handler.shop.address = f"http://127.0.0.1:{server.server_address[1]}"
    us = {"callback_url": f"{Handler.shop.address}/", "public_key": platform.public_key}
    print(json.dumps(us | {"consent_redirects": [Handler.shop.address + CONSENTED]}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
