/** How a merchant keeps its duties: for itself, for the exchange, for the auditor. */
import type { Schemas } from './client'
import { h } from './dom'
import { number, when } from './i18n'
import { card, facts } from './office'
import { say } from './say'

type Health = Schemas['chalicelib__supervision__duties__model__Health']

export function healthCard(health: Health): HTMLElement {
  const { stock, orders, licence, agreement, webhooks, warnings } = health
  const shown = warnings.map((each) =>
    h(
      'li',
      { class: 'note' },
      h('p', {}, say(each.detail_zh, each.detail)),
      each.since ? h('p', { class: 'small' }, `${say('自', 'Since')} ${when(each.since)}`, each.delists_at ? `；${say('逾期未整改的下架时间', 'offers leave the shelf at')} ${when(each.delists_at)}` : '') : null,
    ),
  )
  return card(
    say('履约情况', 'Duties'),
    warnings.length ? h('ul', { class: 'documents' }, shown) : h('p', {}, say('✓ 没有需要改正的事项', '✓ Nothing to correct')),
    facts([
      [say('库存（承诺）', 'Stock (committed)'), `${number(stock.units)}${stock.committed === null ? '' : ` (${number(stock.committed)})`}`],
      [say('在架权益', 'Offers on the shelf'), number(stock.offers)],
      [say('逾期订单', 'Late orders'), number(orders.late)],
      [say('营业执照截止日', 'Licence until'), ends(licence.expires_on, licence.days_left)],
      [say('合作协议截止日', 'Agreement until'), ends(agreement.ends_on, agreement.days_left)],
      [say('事件通知', 'Webhooks'), webhooks.integrated ? (webhooks.failed_since ? `${say('存在未送达，起始时间', 'given up since')} ${when(webhooks.failed_since)}` : say('正常', 'in order')) : say('未对接', 'not integrated')],
    ]),
  )
}

function ends(day: string | null, left: number | null): string {
  if (!day) return ''
  return left === null ? day : `${day}（${say(`剩余 ${left} 天`, `${left} days left`)}）`
}
