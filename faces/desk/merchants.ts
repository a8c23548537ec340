import { ask, control, REASON, type Field, type Values } from '@/shared/ask'
import { api, got, orNull, type Schemas } from '@/shared/client'
import { event, why } from '@/shared/deliveries'
import { h, type Child } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, facts, filters, is, list, page, settled, state, table, to } from '@/shared/office'
import { healthCard } from '@/shared/health'
import { MODES, say, STATES, word } from '@/shared/say'

type Merchant = Schemas['Merchant']

const CAUSES: Record<string, readonly [string, string]> = {
  exchange: ['上海环交所', 'the exchange'],
  operator: ['分平台', 'the sub-platform'],
  agreement: ['协议到期', 'agreement ended'],
  licence: ['执照到期', 'licence ended'],
  duty: ['未履责', 'a duty was not kept'],
}

export async function merchants(_: string[], query: URLSearchParams): Promise<Node> {
  const above = query.get('sub_platform')
  const columns = [
    { name: say('名称', 'Name'), cell: (each: Merchant) => to('merchant', each.id, each.name) },
    { name: say('入驻模式', 'Mode'), cell: (each: Merchant) => word(MODES, each.mode) },
    { name: say('状态', 'State'), cell: (each: Merchant) => state(each.status, word(STATES, each.status)) },
    { name: say('所属分平台', 'Sub-platform'), cell: (each: Merchant) => (each.sub_platform ? to('merchant', each.sub_platform) : '') },
    { name: say('自', 'Since'), cell: (each: Merchant) => when(each.since) },
  ]
  return page(
    say('权益方', 'Merchants'),
    is('exchange') ? h('div', { class: 'buttons above' }, button(say('为平台外已批准的权益方办理入驻', 'Admit one that was approved elsewhere'), admit)) : null,
    filters('merchants', query, [control({ name: 'sub_platform', label: say('分平台账户编号', 'Account of a sub-platform'), value: above ?? '' })]),
    card('', await list(say('权益方', 'Merchants'), columns, (cursor) => got(api.GET('/v1/merchants', { params: { query: { limit: 20, ...(above ? { sub_platform: above } : {}), ...(cursor ? { cursor } : {}) } } })))),
  )
}

/** A choice among merchants; `must` leaves out "all". */
export async function merchantChoice(value: string | null, must: boolean): Promise<HTMLElement> {
  const { items } = await got(api.GET('/v1/merchants', { params: { query: { limit: 100 } } }))
  const options: [string, string][] = [['', must ? say('请选择', 'Choose') : say('全部', 'All')], ...items.map((each): [string, string] => [each.id, each.name])]
  return control({ name: 'merchant', label: say('权益方', 'Merchant'), kind: 'select', options, value: value ?? '', required: must })
}

export async function merchantPage([id = '']: string[]): Promise<Node> {
  const path = { params: { path: { id } } }
  const merchant = await got(api.GET('/v1/merchants/{id}', path))
  const inside = is('exchange', 'auditor')
  const [health, failed, departure] = await Promise.all([
    inside ? orNull(got(api.GET('/v1/merchants/{id}/health', path))) : null,
    inside ? orNull(got(api.GET('/v1/webhook-deliveries', { params: { query: { merchant: id } } }))) : null,
    inside && ['leaving', 'left'].includes(merchant.status) ? orNull(got(api.GET('/v1/merchants/{id}/departure', path))) : null,
  ])
  return page(
    merchant.name,
    card(
      '',
      facts([
        [say('状态', 'State'), state(merchant.status, word(STATES, merchant.status))],
        [say('暂停原因', 'Suspended by'), health?.suspended_by.map((each) => word(CAUSES, each)).join('、')],
        [say('入驻模式', 'Mode'), word(MODES, merchant.mode)],
        [say('所属分平台', 'Sub-platform'), merchant.sub_platform ? to('merchant', merchant.sub_platform) : ''],
        [say('自', 'Since'), when(merchant.since)],
        [say('账户编号', 'Account'), h('code', {}, id)],
      ]),
      is('exchange') ? h('div', { class: 'buttons' }, steps(merchant)) : null,
      inside ? h('p', {}, h('a', { href: `#/orders?merchant=${id}` }, say('兑换订单', 'Orders')), ' · ', h('a', { href: `#/holds?merchant=${id}` }, say('预授权', 'Holds'))) : null,
    ),
    departure ? card(say('退出商城', 'Departure'), facts([[say('开始', 'Since'), when(departure.since)], [say('办结期限', 'Serve by'), when(departure.serve_by)], [say('理由', 'Reason'), departure.reason], [say('剩余碳积分', 'Points left'), number(departure.points)]])) : null,
    health ? healthCard(health) : null,
    failed?.items.length ? card(say('未送达的事件通知', 'Webhooks that were given up'), deliveries(failed.items)) : null,
  )
}

function deliveries(items: Schemas['Delivery'][]): HTMLElement {
  return table(
    say('事件通知', 'Webhooks'),
    [
      { name: say('类型', 'Type'), cell: (each) => event(each.type) },
      { name: say('时间', 'Made'), cell: (each) => when(each.made_at) },
      { name: say('次数', 'Tries'), cell: (each) => each.attempts, number: true },
      { name: say('原因', 'Reason'), cell: (each) => why(each.reason) },
      { name: say('办理', 'Decide'), cell: (each) => (is('exchange') ? button(say('重新发送', 'Replay'), () => replay(each.id)) : '') },
    ],
    items,
  )
}

function replay(id: string): void {
  ask({
    title: say('重新发送事件通知', 'Replay the webhook'),
    confirm: say('重新发送', 'Replay'),
    send: () => once(`replay:${id}`, '/v1/webhook-deliveries/{id}/replay', {}, { id }),
    done: settled(),
  })
}

function steps(merchant: Merchant): HTMLElement[] {
  const { id, status } = merchant
  const found: HTMLElement[] = []
  if (status === 'active') found.push(button(say('暂停', 'Suspend'), () => decide(id, 'suspend', say('暂停权益方', 'Suspend the merchant'), true), 'danger'))
  if (status === 'suspended') found.push(button(say('恢复', 'Reinstate'), () => decide(id, 'reinstate', say('恢复权益方', 'Reinstate the merchant'), false), 'primary'))
  if (['active', 'suspended'].includes(status)) {
    found.push(button(say('协议或执照续期', 'Renew agreement or licence'), () => renew(id)))
    found.push(button(say('恢复上架', 'Relist'), () => decide(id, 'relist', say('恢复因未履责下架的权益', 'Put delisted offers back'), false)))
    found.push(button(say('终止合作', 'Terminate'), () => decide(id, 'terminate', say('终止合作', 'Terminate the cooperation'), true), 'danger'))
  }
  return found
}

function decide(id: string, action: 'suspend' | 'reinstate' | 'relist' | 'terminate', title: string, danger: boolean): void {
  ask({
    title,
    fields: [REASON()],
    confirm: title,
    danger,
    send: ({ reason = '' }) => once(`${action}:${id}`, `/v1/merchants/{id}/${action}`, { reason }, { id }),
    done: settled(),
  })
}

const SUBJECTS = (): [string, string][] => [['agreement', say('入驻商城合作协议', 'Agreement')], ['licence', say('企业营业执照', 'Business licence')]]

function renew(id: string): void {
  const fields: Field[] = [
    { name: 'subject', label: say('续期对象', 'What is renewed'), kind: 'select', required: true, options: SUBJECTS() },
    { name: 'ends_on', label: say('新的有效期截止日', 'Its last day'), kind: 'date', hint: say('长期有效的留空', 'Empty if it has none') },
    REASON(),
    { name: 'evidence_sha256', label: say('证明文件', 'Its file'), kind: 'digest' },
  ]
  ask({
    title: say('续期', 'Renew'),
    fields,
    confirm: say('续期', 'Renew'),
    send: ({ subject, ends_on, reason = '', evidence_sha256 }) =>
      once(`renew:${id}`, '/v1/merchants/{id}/renewals', { subject: subject as 'licence', ends_on: ends_on || null, reason, evidence_sha256: evidence_sha256 || null }, { id }),
    done: settled(say('已续期', 'Renewed')),
  })
}

function admit(): void {
  const modes = Object.keys(MODES).map((code): [string, string] => [code, word(MODES, code)])
  ask({
    title: say('权益方准予入驻', 'Admit a merchant'),
    text: say('仅用于在平台外已完成审批的机构。', 'Only for one that was approved outside the platform.') as Child,
    fields: [
      { name: 'account', label: say('机构账户编号', 'Its account'), required: true },
      { name: 'mode', label: say('入驻模式', 'Mode'), kind: 'select', required: true, options: modes },
      REASON(),
      { name: 'agreement_ends_on', label: say('合作协议截止日', 'Last day of the agreement'), kind: 'date' },
      { name: 'licence_ends_on', label: say('营业执照截止日', 'Last day of the licence'), kind: 'date' },
    ],
    confirm: say('准予入驻', 'Admit'),
    send: (given: Values) =>
      once(`admit:${given.account}`, '/v1/merchants', {
        account: given.account ?? '',
        mode: given.mode as Merchant['mode'],
        reason: given.reason ?? '',
        agreement_ends_on: given.agreement_ends_on || null,
        licence_ends_on: given.licence_ends_on || null,
      }),
    done: settled(say('已准予入驻', 'Admitted')),
  })
}
