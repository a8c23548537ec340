"""What a merchant is warned of, and what to do, in both languages. Pure."""

from chalicelib.errors import Text

DUTIES = {  # what takes offers off the shelf if it lasts, in a few words
    "stock_below_commitment": Text("stock below the commitment", "在架库存低于承诺数量"),
    "category_outside_plan": Text("a category outside the plan", "权益品类超出入驻申请"),
    "orders_late": Text("late orders", "订单逾期未核销"),
    "webhooks_failing": Text("failing webhooks", "事件通知推送失败"),
}

WARNINGS = {
    "merchant_suspended": Text(
        "The merchant is suspended: its offers are off the shelf.", "该权益方已被暂停，其权益已全部下架。"
    ),
    "stock_below_commitment": Text(
        "Less is on the shelf than the plan commits to: add stock, or change the plan with the exchange.",
        "在架库存低于入驻申请中承诺的数量，请补充库存，或与上海环交所协商变更承诺。",
    ),
    "category_outside_plan": Text(
        "Offers are of a category that the plan or the register does not have: take them off the shelf, or change the"
        " plan with the exchange.",
        "有在架权益的品类不在入驻申请或品类目录之内，请将其下架，或与上海环交所变更入驻方案。",
    ),
    "offers_stale": Text(
        "Offers that have ended or are sold out stand on the shelf: take them off, or add stock.",
        "有已结束或已兑完的权益仍未下架，请及时下架或补充库存。",
    ),
    "sub_platform_suspended": Text(
        "The sub-platform above the merchant may not sell, so the merchant's offers are off the shelf.",
        "该权益方所属分平台目前不得上架权益，其权益已全部下架。",
    ),
    "orders_late": Text(
        "Orders wait past the time in which they had to be fulfilled: the platform refunds them.",
        "有订单逾期未核销，平台将予以退还。",
    ),
    "webhooks_failing": Text(
        "Webhooks were given up: repair the system, then replay them with POST /v1/webhook-deliveries/{id}/replay.",
        "有事件通知多次推送失败已停止，请修复系统后通过 POST /v1/webhook-deliveries/{id}/replay 重新推送。",
    ),
    "agreement_ends_soon": Text(
        "The cooperation agreement ends within 30 days: sign a new one with the exchange.",
        "入驻商城合作协议将于 30 日内到期，请与上海环交所续签。",
    ),
    "agreement_ended": Text(
        "The cooperation agreement has ended, so nothing is sold: sign a new one with the exchange.",
        "入驻商城合作协议已到期，现已停止兑换，请与上海环交所续签。",
    ),
    "licence_ends_soon": Text(
        "The business licence ends within 30 days: send the new one to the exchange.",
        "企业营业执照将于 30 日内到期，请向上海环交所提交新的营业执照。",
    ),
    "licence_ended": Text(
        "The business licence has ended, so nothing is sold: send the new one to the exchange.",
        "企业营业执照已到期，现已停止兑换，请向上海环交所提交新的营业执照。",
    ),
}
