"""What each login of an institution may change: the least authority for every route. An owner may do all of it. Pure.

Every authority reads whatever its institution may read. A route that is not here is the owners' alone.
"""

from chalicelib.kernel.caller import FINANCE, OWNER, SHOP_OPERATOR

LEAST = {
    # what the shop does
    "POST /v1/offers": SHOP_OPERATOR,
    "PATCH /v1/offers/{id}": SHOP_OPERATOR,
    "POST /v1/offer-batches": SHOP_OPERATOR,
    "POST /v1/offers/{id}/vouchers": SHOP_OPERATOR,
    "POST /v1/redemptions/{id}/fulfil": SHOP_OPERATOR,
    "POST /v1/redemptions/{id}/refund": SHOP_OPERATOR,
    "POST /v1/grants/redeem": SHOP_OPERATOR,
    "POST /v1/grants/{id}/withdraw": SHOP_OPERATOR,
    "POST /v1/holds": SHOP_OPERATOR,
    "POST /v1/holds/{id}/capture": SHOP_OPERATOR,
    "POST /v1/holds/{id}/release": SHOP_OPERATOR,
    "POST /v1/holds/{id}/refund": SHOP_OPERATOR,
    "POST /v1/webhook-deliveries/{id}/replay": SHOP_OPERATOR,
    "POST /v1/merchants/{id}/conformance": SHOP_OPERATOR,
    "POST /sandbox/{run}/v1/grants": SHOP_OPERATOR,
    "POST /sandbox/{run}/v1/grants/redeem": SHOP_OPERATOR,
    "POST /sandbox/{run}/v1/holds": SHOP_OPERATOR,
    "POST /sandbox/{run}/v1/holds/{id}/capture": SHOP_OPERATOR,
    "POST /sandbox/{run}/v1/holds/{id}/release": SHOP_OPERATOR,
    "POST /v1/sub-platforms/{id}/offers/{offer}/take-down": SHOP_OPERATOR,
    "POST /v1/sub-platforms/{id}/offers/{offer}/allow": SHOP_OPERATOR,
    "POST /v1/campaigns": SHOP_OPERATOR,
    "PATCH /v1/campaigns/{id}": SHOP_OPERATOR,
    "POST /v1/disputes": SHOP_OPERATOR,
    "POST /v1/disputes/{id}/answer": SHOP_OPERATOR,
    "POST /v1/disputes/{id}/withdraw": SHOP_OPERATOR,
    "POST /v1/disputes/{id}/evidence": SHOP_OPERATOR,
    "POST /v1/disputes/{id}/evidence/{evidence}/link": SHOP_OPERATOR,
    "POST /v1/messages/read": SHOP_OPERATOR,
    # what uses up grams
    "POST /v1/retirements": FINANCE,
    "POST /v1/campaigns/{id}/close": FINANCE,
    "POST /v1/campaigns/{id}/abandon": FINANCE,
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
    "POST /v1/merchants/{id}/integration": OWNER,
    "POST /v1/merchants/{id}/leave": OWNER,
    "POST /v1/merchants/{id}/relist": SHOP_OPERATOR,
    "POST /v1/sub-platforms/{id}/members": OWNER,
    "POST /v1/sub-platforms/{id}/members/{member}/suspend": OWNER,
    "POST /v1/sub-platforms/{id}/members/{member}/reinstate": OWNER,
    "POST /v1/institutions/me/logins": OWNER,
    "PATCH /v1/institutions/me/logins/{id}": OWNER,
    "POST /v1/institutions/me/logins/{id}/remove": OWNER,
}
