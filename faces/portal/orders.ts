import { ask, control, REASON, valuesOf, type Field } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, choices, facts, filters, go, instant, list, page, settled, state, tell, to } from '@/shared/office'
import { say, STATES, word } from '@/shared/say'
import { scannable, scanned } from '@/shared/scan'

type Order = Schemas['Redemption']

export async function orders(_: string[], query: URLSearchParams): Promise<Node> {
  const status = (query.get('status') ?? 'placed') as Order['status'] | ''
  const asked = {
    limit: 20,
    ...(status ? { status } : {}),
    ...(query.get('from') ? { from: instant(query.get('from')) } : {}),
    ...(query.get('until') ? { until: instant(query.get('until'), true) } : {}),
  }
  const columns = [
    { name: say('订单', 'Order'), cell: (each: Order) => to('order', each.id) },
    { name: say('时间', 'When'), cell: (each: Order) => when(each.at) },
    { name: say('权益商品', 'Offer'), cell: (each: Order) => each.title },
    { name: say('数量', 'Quantity'), cell: (each: Order) => each.quantity, number: true },
    { name: say('碳积分', 'Points'), cell: (each: Order) => number(each.points), number: true },
    { name: say('核销期限', 'Fulfil by'), cell: (each: Order) => (each.fulfil_by ? when(each.fulfil_by) : '') },
    { name: say('状态', 'State'), cell: (each: Order) => state(each.status, word(STATES, each.status)) },
    { name: say('办理', 'Do'), cell: (each: Order) => h('span', { class: 'buttons inline' }, steps(each)) },
  ]
  return page(
    say('兑换订单', 'Orders'),
    finder(),
    filters('orders', query, [
      control({ name: 'status', label: say('状态', 'State'), kind: 'select', options: choices(STATES, ['placed', 'fulfilled', 'refunded']), value: status }),
      control({ name: 'from', label: say('日期自', 'From'), kind: 'date', value: query.get('from') ?? '' }),
      control({ name: 'until', label: say('至', 'to'), kind: 'date', value: query.get('until') ?? '' }),
    ]),
    card('', await list(say('兑换订单', 'Orders'), columns, (cursor) => got(api.GET('/v1/redemptions', { params: { query: { ...asked, ...(cursor ? { cursor } : {}) } } })))),
  )
}

/** An order by its number, or by the code that its buyer shows. */
function finder(): HTMLElement {
  const fields: Field[] = [{ name: 'order', label: say('订单编号', 'Number of an order'), required: true }]
  const scan = button(say('扫描兑换人出示的二维码', 'Scan the buyer’s code'), () => void scanned().then((text) => (text ? open(text) : tell(say('未识别到二维码', 'No code was found')))))
  const form = h('form', { class: 'filters' }, fields.map(control), h('button', { type: 'submit' }, say('查找', 'Find')), scannable() ? scan : null)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void valuesOf(form, fields).then(({ order = '' }) => open(order))
  })
  return form
}

function open(text: string): void {
  const parts = text.trim().split(/[?#]/)[0]!.split(/[/:]/).filter((each) => each)
  go(`order/${encodeURIComponent(parts.pop() ?? '')}`)
}

export async function orderPage([id = '']: string[]): Promise<Node> {
  const each = await got(api.GET('/v1/redemptions/{id}', { params: { path: { id } } }))
  return page(
    each.title ?? say('兑换订单', 'Order'),
    card(
      each.id,
      facts([
        [say('状态', 'State'), state(each.status, word(STATES, each.status))],
        [say('时间', 'When'), when(each.at)],
        [say('数量', 'Quantity'), each.quantity],
        [say('碳积分', 'Points'), number(each.points)],
        [say('核销期限', 'Fulfil by'), each.fulfil_by ? when(each.fulfil_by) : ''],
        [say('兑换券', 'Voucher'), each.voucher ?? each.vouchers.join('、')],
        [say('备注', 'Note'), each.note],
        [say('退还理由', 'Why it was refunded'), each.reason],
      ]),
      h('div', { class: 'buttons' }, steps(each)),
    ),
  )
}

function steps(each: Order): HTMLElement[] {
  const found: HTMLElement[] = []
  if (each.status === 'placed') found.push(button(say('核销', 'Fulfil'), () => fulfil(each), 'primary'))
  if (each.status !== 'refunded') found.push(button(say('退还', 'Refund'), () => refund(each), 'danger'))
  return found
}

function fulfil({ id, title, fulfilment }: Order): void {
  const fields: Field[] = [{ name: 'note', label: say('备注（兑换人可见）', 'Note (the buyer reads it)'), max: 200 }]
  if (fulfilment === 'voucher') fields.unshift({ name: 'voucher', label: say('兑换券', 'Voucher'), required: true, max: 200 })
  ask({
    title: `${say('核销', 'Fulfil')}：${title ?? ''}`,
    fields,
    confirm: say('核销', 'Fulfil'),
    send: ({ voucher, note }) => once(`fulfil:${id}`, '/v1/redemptions/{id}/fulfil', { voucher: voucher || null, note: note || null }, { id }),
    done: settled(say('已核销', 'Fulfilled')),
  })
}

function refund({ id, points }: Order): void {
  ask({
    title: say('退还', 'Refund'),
    text: say(`${number(points)} 碳积分将退还兑换人，库存恢复。`, `${number(points)} points go back to the buyer, the units back to the stock.`),
    fields: [{ ...REASON(), required: false }],
    confirm: say('退还', 'Refund'),
    danger: true,
    send: ({ reason }) => once(`refund:${id}`, '/v1/redemptions/{id}/refund', { reason: reason || null }, { id }),
    done: settled(say('已退还', 'Refunded')),
  })
}
