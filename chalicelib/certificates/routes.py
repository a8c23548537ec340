"""/v1/certificates, /.well-known/jwks.json"""

from urllib.parse import quote

from chalice.app import Blueprint, Response

from chalicelib.certificates import actions, queries
from chalicelib.certificates.model import CertificateAnswer, Jwks, RevokedAnswer, Revoking, SerialParams
from chalicelib.certificates.render import page
from chalicelib.edge import pages, problem
from chalicelib.edge.caching import REVALIDATE, STABLE
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query

room = Blueprint(__name__)


@query(
    room,
    "/v1/certificates/{serial}",
    answer=CertificateAnswer,
    refuses=(NotFound,),
    also=("text/html", pages.PDF),
    cache=REVALIDATE,
)
def one_certificate(query: Query[Params], serial: str) -> Response:
    """A certificate, for anyone who knows its serial; in any case and width, with or without dashes and blanks.

    `text/html` is a page that verifies the signature in the browser; `application/pdf` is one page A4 to print.
    """
    certificate = queries.view(serial, query.now)
    kind = pages.preferred(room.current_request.headers, pages.JSON, "text/html", pages.PDF)
    if kind == pages.PDF:
        from chalicelib.certificates.render import pdf  # only a request for one pays for its import

        inline = f'inline; filename="{certificate.serial}.pdf"'
        return pages.page(pdf.a4(certificate), pages.PDF, {"Content-Disposition": inline})
    if kind == pages.JSON:
        return pages.page(certificate.model_dump_json(), pages.JSON)
    return pages.page(page.html(certificate), pages.HTML)


@command(
    room,
    "POST /v1/certificates/{serial}/revoke",
    body=Revoking,
    answer=RevokedAnswer,
    allow=(EXCHANGE,),
    refuses=(NotFound, InvalidState),
    status=200,
)
def revoke(command: Command[Revoking], serial: str) -> Decision:
    """The certificate is valid no more. Its signature and its facts stay; the reason is public."""
    return actions.revoke(command, queries.certificate(serial))


@query(room, "/.well-known/jwks.json", answer=Jwks, cache=STABLE)
def public_keys(query: Query[Params]) -> Response:
    """The keys that verify every certificate, old ones included (RFC 7517)."""
    return pages.page(queries.public_keys().model_dump_json(), pages.JSON)


@query(room, "/certificates", answer=None, params=SerialParams, cache=REVALIDATE)
def find_certificate(query: Query[SerialParams]) -> Response:
    """The form of the front page leads to the certificate's own address; without a serial, back to the form."""
    root = problem.path_of(room.current_request).removesuffix("certificates")
    serial = quote(query.params.serial.strip(), safe="")
    place = f"{root}v1/certificates/{serial}" if serial else root
    return Response("", {"Location": place, "Cache-Control": "no-store"}, 303)


@query(room, "/certificates/{version}/{name}", answer=None, cache=STABLE)
def certificate_asset(query: Query[Params], version: str, name: str) -> Response:
    """What the page of a certificate is made of."""
    return page.ASSETS.answer(version, name)
