"""What each login of an institution may change: the least authority for every route. An owner may do all of it. Pure.

Every authority reads whatever its institution may read. A route that is not here is the owners' alone.
"""

from chalicelib.kernel.caller import FINANCE, OPERATOR, OWNER

LEAST = {
    # what the shop does
    "POST /v1/offers": OPERATOR,
    "PATCH /v1/offers/{id}": OPERATOR,
    "POST /v1/offer-batches": OPERATOR,
    "POST /v1/offers/{id}/vouchers": OPERATOR,
    "POST /v1/redemptions/{id}/fulfil": OPERATOR,
    "POST /v1/redemptions/{id}/refund": OPERATOR,
    "POST /v1/grants/redeem": OPERATOR,
    "POST /v1/grants/{id}/withdraw": OPERATOR,
    "POST /v1/holds": OPERATOR,
    "POST /v1/holds/{id}/capture": OPERATOR,
    "POST /v1/holds/{id}/release": OPERATOR,
    "POST /v1/holds/{id}/refund": OPERATOR,
    "POST /v1/webhook-deliveries/{id}/replay": OPERATOR,
    "POST /v1/sub-platforms/{id}/offers/{offer}/take-down": OPERATOR,
    "POST /v1/sub-platforms/{id}/offers/{offer}/allow": OPERATOR,
    "POST /v1/campaigns": OPERATOR,
    "PATCH /v1/campaigns/{id}": OPERATOR,
    # what uses up grams
    "POST /v1/retirements": FINANCE,
    "POST /v1/campaigns/{id}/close": FINANCE,
    # what binds the institution
    "POST /v1/accounts": OWNER,
    "POST /v1/accounts/me/close": OWNER,
    "POST /v1/applications": OWNER,
    "PATCH /v1/applications/{id}": OWNER,
    "POST /v1/applications/{id}/documents": OWNER,
    "POST /v1/applications/{id}/documents/{document}/link": OWNER,
    "POST /v1/applications/{id}/submit": OWNER,
    "POST /v1/applications/{id}/withdraw": OWNER,
    "POST /v1/applications/{id}/endorsement": OWNER,
    "POST /v1/applications/{id}/agreement": OWNER,
    "POST /v1/applications/{id}/integration": OWNER,
    "POST /v1/merchants/{id}/leave": OWNER,
    "POST /v1/sub-platforms/{id}/members": OWNER,
    "POST /v1/sub-platforms/{id}/members/{member}/suspend": OWNER,
    "POST /v1/sub-platforms/{id}/members/{member}/reinstate": OWNER,
    "POST /v1/institutions/me/logins": OWNER,
    "PATCH /v1/institutions/me/logins/{id}": OWNER,
    "POST /v1/institutions/me/logins/{id}/remove": OWNER,
}
