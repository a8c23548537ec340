"""What API Gateway refuses before Lambda is asked, answered as every other refusal is (RFC 9457).

It goes into the API's definition, not into resources beside it: a change of the definition makes a new deployment.
"""

from chalicelib import errors
from chalicelib.edge import cors, problem
from chalicelib.edge.problem import InternalError, TooManyRequests, UnsupportedMediaType
from chalicelib.errors import Refusal
from infra.release.cloud.functions import Template

BODY_BYTES_MAX = 10 * 1024 * 1024  # API Gateway's own limit
_AWAY = errors.Unavailable()
REFUSALS: dict[str, Refusal] = {
    "ACCESS_DENIED": errors.RoleNotAllowed(allowed="-", role="-"),
    "API_CONFIGURATION_ERROR": InternalError(),
    "AUTHORIZER_CONFIGURATION_ERROR": InternalError(),
    "AUTHORIZER_FAILURE": InternalError(),
    "BAD_REQUEST_BODY": errors.MalformedJson(reason="the body is not what the route takes"),
    "BAD_REQUEST_PARAMETERS": errors.MalformedJson(reason="a parameter or header is missing"),
    "DEFAULT_4XX": errors.MalformedJson(reason="the request is not one that the API takes"),
    "DEFAULT_5XX": InternalError(),
    "EXPIRED_TOKEN": errors.Unauthenticated(),
    "INTEGRATION_FAILURE": _AWAY,
    "INTEGRATION_TIMEOUT": _AWAY,
    "INVALID_API_KEY": errors.Unauthenticated(),
    "INVALID_SIGNATURE": errors.Unauthenticated(),
    "MISSING_AUTHENTICATION_TOKEN": errors.NotFound(),  # the gateway's word for a path or method that it does not know
    "QUOTA_EXCEEDED": TooManyRequests(),
    "REQUEST_TOO_LARGE": errors.BodyTooLarge(limit=BODY_BYTES_MAX),
    "RESOURCE_NOT_FOUND": errors.NotFound(),
    "THROTTLED": TooManyRequests(),
    "UNAUTHORIZED": errors.Unauthenticated(),
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedMediaType(),
    "WAF_FILTERED": errors.RoleNotAllowed(allowed="-", role="-"),
}


def resources() -> Template:
    """Every gateway response, in the API's definition."""
    answers = {kind: _answer(refusal) for kind, refusal in REFUSALS.items()}
    definition = {"x-amazon-apigateway-gateway-responses": answers}
    return {"RestAPI": {"Properties": {"DefinitionBody": definition}}}


def body_and_headers(refusal: Refusal) -> tuple[str, dict[str, str]]:
    """In English: the gateway cannot look at Accept-Language. The path is filled in by the gateway."""
    answer = problem.response(refusal, instance="$context.path")
    return str(answer.body), {name: str(value) for name, value in answer.headers.items()}


def _answer(refusal: Refusal) -> Template:
    body, sent = body_and_headers(refusal)
    headers: Template = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in sent.items()}
    for name, value in cors.REFUSED.items():
        shared = {"Fn::If": ["HasCorsOrigins", f"'{value}'", {"Ref": "AWS::NoValue"}]}
        headers[f"gatewayresponse.header.{name}"] = shared
    return {
        "statusCode": str(refusal.status),
        "responseParameters": headers,
        "responseTemplates": {"application/json": body},
    }
