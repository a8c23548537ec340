import { ask, control, REASON } from '@/shared/ask'
import { api, got, orNull, type Schemas } from '@/shared/client'
import { h, saved } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { history } from '@/shared/application'
import { attempt, button, card, facts, filters, list, page, settled, state, table, to } from '@/shared/office'
import { MODES, OUTCOMES, say, STATES, word } from '@/shared/say'
import { merchant, ownId } from './me'

type Member = Schemas['Member']

/** The operator of a sub-platform: its members, those who want to join, their orders and their month. */
export async function members(_: string[], query: URLSearchParams): Promise<Node> {
  const id = await ownId()
  const mine = await merchant(id)
  if (mine?.mode !== 'sub_platform') return page(say('分平台', 'Sub-platform'), card('', h('p', {}, say('仅分平台建设单位使用此页面。', 'Only the operator of a sub-platform uses this page.'))))
  const columns = [
    { name: say('名称', 'Name'), cell: (each: Member) => to('member', each.id, each.name) },
    { name: say('入驻模式', 'Mode'), cell: (each: Member) => word(MODES, each.mode) },
    { name: say('状态', 'State'), cell: (each: Member) => state(each.status, word(STATES, each.status)) },
    { name: say('自', 'Since'), cell: (each: Member) => when(each.since) },
    { name: say('办理', 'Do'), cell: (each: Member) => h('span', { class: 'buttons inline' }, steps(id, each)) },
  ]
  const shown = await list(say('入驻权益方', 'Members'), columns, (cursor) => got(api.GET('/v1/sub-platforms/{id}/members', { params: { path: { id }, query: { limit: 20, ...(cursor ? { cursor } : {}) } } })))
  return page(
    say('分平台', 'Sub-platform'),
    h('div', { class: 'buttons above' }, button(say('准予机构入驻', 'Admit an institution'), () => admit(id), 'primary')),
    await joining(id),
    card(say('入驻权益方', 'Members'), shown),
    await orders(id),
    await month(id, query),
  )
}

async function joining(id: string): Promise<HTMLElement | null> {
  const { items } = await got(api.GET('/v1/applications', { params: { query: { status: 'with_operator', limit: 20 } } }))
  const beneath = items.filter((each) => each.sub_platform === id)
  if (!beneath.length) return null
  return card(say('待转报的入驻申请', 'Applications that wait for you'), table(say('入驻申请', 'Applications'), [
    { name: say('申请方', 'Applicant'), cell: (each) => each.name },
    { name: say('标题', 'Title'), cell: (each) => each.title },
    { name: say('自', 'Since'), cell: (each) => when(each.since) },
    { name: say('办理', 'Do'), cell: (each) => button(say('转报或退回', 'Endorse or return'), () => endorse(each.id)) },
  ], beneath))
}

function endorse(id: string): void {
  ask({
    title: say('分平台意见', 'The sub-platform’s word'),
    fields: [
      { name: 'outcome', label: say('结论', 'Outcome'), kind: 'select', required: true, options: ['endorse', 'return'].map((code) => [code, word(OUTCOMES, code)]) },
      { name: 'comment', label: say('说明', 'Comment'), kind: 'long', max: 4000 },
    ],
    confirm: say('提交', 'Send'),
    send: ({ outcome, comment }) => once(`endorse:${id}`, '/v1/applications/{id}/endorsement', { outcome: outcome as 'endorse', comment: comment || null }, { id }),
    done: settled(),
  })
}

function admit(id: string): void {
  ask({
    title: say('准予机构入驻', 'Admit an institution'),
    text: say('上海环交所可在规定期限内否决。', 'The exchange may veto it within days.'),
    fields: [{ name: 'account', label: say('机构账户编号', 'Its account'), required: true }, { ...REASON(), required: false }],
    confirm: say('准予入驻', 'Admit'),
    send: ({ account = '', reason }) => once(`admit:${account}`, '/v1/sub-platforms/{id}/members', { account, reason: reason || null }, { id }),
    done: settled(),
  })
}

function steps(id: string, each: Member): HTMLElement[] {
  const path = { id, member: each.id }
  const decide = (action: 'suspend' | 'reinstate', title: string): void =>
    ask({ title: `${title}：${each.name}`, fields: [REASON()], confirm: title, danger: action === 'suspend', send: ({ reason = '' }) => once(`${action}:${each.id}`, `/v1/sub-platforms/{id}/members/{member}/${action}`, { reason }, path), done: settled() })
  if (each.suspended_by.includes('operator')) return [button(say('恢复', 'Reinstate'), () => decide('reinstate', say('恢复', 'Reinstate')))]
  return each.status === 'active' || each.status === 'suspended' ? [button(say('暂停', 'Suspend'), () => decide('suspend', say('暂停', 'Suspend')), 'danger')] : []
}

async function orders(id: string): Promise<HTMLElement> {
  const columns = [
    { name: say('时间', 'When'), cell: (each: Schemas['SupervisedOrder']) => when(each.at) },
    { name: say('权益方', 'Merchant'), cell: (each: Schemas['SupervisedOrder']) => to('member', each.merchant) },
    { name: say('权益商品', 'Offer'), cell: (each: Schemas['SupervisedOrder']) => each.title },
    { name: say('碳积分', 'Points'), cell: (each: Schemas['SupervisedOrder']) => number(each.points), number: true },
    { name: say('状态', 'State'), cell: (each: Schemas['SupervisedOrder']) => state(each.status, word(STATES, each.status)) },
  ]
  return card(say('兑换订单', 'Orders'), await list(say('兑换订单', 'Orders'), columns, (cursor) => got(api.GET('/v1/sub-platforms/{id}/orders', { params: { path: { id }, query: { limit: 10, ...(cursor ? { cursor } : {}) } } }))))
}

async function month(id: string, query: URLSearchParams): Promise<HTMLElement> {
  const asked = query.get('month') ?? ''
  const choice = filters('members', query, [control({ name: 'month', label: say('已结束的月份', 'A month that is over'), kind: 'month', value: asked })])
  if (!asked) return card(say('月度汇总', 'Sums of a month'), choice)
  const path = { params: { path: { id }, query: { month: asked } } }
  const found = (await orNull(got(api.GET('/v1/sub-platforms/{id}/report', path)))) as Schemas['PlatformReport'] | null
  const csv = (): void => attempt(async () => saved((await got(api.GET('/v1/sub-platforms/{id}/report', { ...path, headers: { Accept: 'text/csv' }, parseAs: 'arrayBuffer' }))) as ArrayBuffer, 'text/csv', `${asked}.csv`))
  return card(say('月度汇总', 'Sums of a month'), choice, found ? [
    facts([[say('订单', 'Orders'), number(found.orders)], [say('兑换碳积分', 'Redeemed'), number(found.redeemed_points)], [say('退还碳积分', 'Refunded'), number(found.refunded_points)]]),
    button(say('下载 CSV', 'Download CSV'), csv),
  ] : null)
}

export async function memberPage([member = '']: string[]): Promise<Node> {
  const id = await ownId()
  const each = await got(api.GET('/v1/sub-platforms/{id}/members/{member}', { params: { path: { id, member } } }))
  return page(
    each.name,
    card('', facts([[say('状态', 'State'), state(each.status, word(STATES, each.status))], [say('入驻模式', 'Mode'), word(MODES, each.mode)], [say('自', 'Since'), when(each.since)], [say('理由', 'Reason'), each.reason]]), h('div', { class: 'buttons' }, steps(id, each))),
    card(say('办理记录', 'History'), history(each.history)),
  )
}
