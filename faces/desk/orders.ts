import { ask, control, REASON } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, choices, facts, filters, instant, is, list, page, settled, state, to } from '@/shared/office'
import { say, STATES, word } from '@/shared/say'
import { merchantChoice } from './merchants'

type Order = Schemas['SupervisedOrder']
type Hold = Schemas['Hold']

export async function orders(_: string[], query: URLSearchParams): Promise<Node> {
  const status = query.get('status') as Order['status'] | null
  const merchant = query.get('merchant')
  const asked = {
    limit: 20,
    ...(status ? { status } : {}),
    ...(merchant ? { merchant } : {}),
    ...(query.get('from') ? { from: instant(query.get('from')) } : {}),
    ...(query.get('until') ? { until: instant(query.get('until'), true) } : {}),
  }
  const choice = await merchantChoice(merchant, false)
  const columns = [
    { name: say('订单', 'Order'), cell: (each: Order) => to('order', each.id) },
    { name: say('时间', 'When'), cell: (each: Order) => when(each.at) },
    { name: say('权益商品', 'Offer'), cell: (each: Order) => each.title },
    { name: say('数量', 'Quantity'), cell: (each: Order) => each.quantity, number: true },
    { name: say('碳积分', 'Points'), cell: (each: Order) => number(each.points), number: true },
    { name: say('状态', 'State'), cell: (each: Order) => state(each.status, word(STATES, each.status)) },
    { name: say('权益方', 'Merchant'), cell: (each: Order) => to('merchant', each.merchant) },
    { name: say('办理', 'Decide'), cell: (each: Order) => refunds(each) },
  ]
  return page(
    say('兑换订单', 'Orders'),
    filters('orders', query, [
      choice,
      control({ name: 'status', label: say('状态', 'State'), kind: 'select', options: choices(STATES, ['placed', 'fulfilled', 'refunded']), value: status ?? '' }),
      control({ name: 'from', label: say('日期自', 'From'), kind: 'date', value: query.get('from') ?? '' }),
      control({ name: 'until', label: say('至', 'to'), kind: 'date', value: query.get('until') ?? '' }),
    ]),
    card('', await list(say('兑换订单', 'Orders'), columns, (cursor) => got(api.GET('/v1/orders', { params: { query: { ...asked, ...(cursor ? { cursor } : {}) } } })))),
  )
}

function refunds(each: { id: string; status: string; points: number }): Node | string {
  if (!is('exchange') || each.status === 'refunded') return ''
  return button(say('退还', 'Refund'), () =>
    ask({
      title: say('退还兑换订单', 'Refund the order'),
      text: say(`${number(each.points)} 碳积分将退还兑换人，此操作不可撤回。`, `${number(each.points)} points go back to the person, for good.`),
      fields: [REASON()],
      confirm: say('退还', 'Refund'),
      danger: true,
      send: ({ reason = '' }) => once(`refund:${each.id}`, '/v1/redemptions/{id}/refund', { reason }, { id: each.id }),
      done: settled(say('已退还', 'Refunded')),
    }), 'danger')
}

export async function orderPage([id = '']: string[]): Promise<Node> {
  const each = await got(api.GET('/v1/redemptions/{id}', { params: { path: { id } } }))
  return page(
    say('兑换订单', 'Order'),
    card(
      each.title ?? each.id,
      facts([
        [say('状态', 'State'), state(each.status, word(STATES, each.status))],
        [say('时间', 'When'), when(each.at)],
        [say('数量', 'Quantity'), each.quantity],
        [say('碳积分', 'Points'), number(each.points)],
        [say('权益方', 'Merchant'), to('merchant', each.merchant)],
        [say('核销期限', 'Fulfil by'), each.fulfil_by ? when(each.fulfil_by) : ''],
        [say('备注', 'Note'), each.note],
        [say('退还理由', 'Why it was refunded'), each.reason],
      ]),
      refunds(each),
    ),
  )
}

export async function holds(_: string[], query: URLSearchParams): Promise<Node> {
  const merchant = query.get('merchant')
  const choice = await merchantChoice(merchant, true)
  const columns = [
    { name: say('预授权', 'Hold'), cell: (each: Hold) => h('span', { title: each.id }, each.title) },
    { name: say('权益方订单号', 'Reference'), cell: (each: Hold) => each.order_reference },
    { name: say('时间', 'When'), cell: (each: Hold) => when(each.at) },
    { name: say('预授权碳积分', 'Held'), cell: (each: Hold) => number(each.points), number: true },
    { name: say('已完成', 'Captured'), cell: (each: Hold) => number(each.captured_points), number: true },
    { name: say('已退还', 'Refunded'), cell: (each: Hold) => number(each.refunded_points), number: true },
    { name: say('状态', 'State'), cell: (each: Hold) => state(each.status, word(STATES, each.status)) },
    { name: say('办理', 'Decide'), cell: (each: Hold) => holdRefund(each) },
  ]
  const shown = merchant
    ? await list(say('预授权', 'Holds'), columns, (cursor) => got(api.GET('/v1/holds', { params: { query: { merchant, limit: 20, ...(cursor ? { cursor } : {}) } } })))
    : h('p', { class: 'quiet' }, say('请选择权益方。', 'Choose a merchant.'))
  return page(say('预授权', 'Holds'), filters('holds', query, [choice]), card('', shown))
}

function holdRefund(each: Hold): Node | string {
  const left = each.captured_points - each.refunded_points
  if (!is('exchange') || left <= 0) return ''
  return button(say('退还', 'Refund'), () =>
    ask({
      title: say('退还预授权', 'Refund the hold'),
      fields: [{ name: 'points', label: say('退还碳积分', 'Points'), kind: 'number', required: true, min: 1, max: left, value: String(left) }, REASON()],
      confirm: say('退还', 'Refund'),
      danger: true,
      send: ({ points, reason = '' }) => once(`refund-hold:${each.id}`, '/v1/holds/{id}/refund', { points: Number(points), reason }, { id: each.id }),
      done: settled(say('已退还', 'Refunded')),
    }), 'danger')
}
