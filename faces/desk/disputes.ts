import { ask, control, type Field } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, choices, facts, filters, is, list, page, role, settled, state, to } from '@/shared/office'
import { age, KINDS, say, size, STATES, word } from '@/shared/say'
import { showEvidence } from './viewer'

type Dispute = Schemas['Dispute']
const STATUSES = ['awaiting_ruling', 'awaiting_answer', 'upheld', 'dismissed', 'withdrawn', 'resolved'] as const
const KIND = ['redemption', 'hold', 'reduction'] as const

export async function disputes(_: string[], query: URLSearchParams): Promise<Node> {
  const status = query.get('status') as Dispute['status'] | null
  const kind = query.get('kind') as Dispute['kind'] | null
  const asked = { limit: 20, ...(status ? { status } : {}), ...(kind ? { kind } : {}) }
  const columns = [
    { name: say('编号', 'Number'), cell: (each: Dispute) => to('dispute', each.id) },
    { name: say('对象', 'About'), cell: (each: Dispute) => word(KINDS, each.kind) },
    { name: say('理由', 'Reason'), cell: (each: Dispute) => say(each.label_zh, each.label) },
    { name: say('状态', 'State'), cell: (each: Dispute) => state(each.status, word(STATES, each.status)) },
    { name: say('已等待', 'Waiting'), cell: (each: Dispute) => (each.age_seconds ? age(each.age_seconds) : '') },
    { name: say('裁定期限', 'Rule by'), cell: (each: Dispute) => when(each.rule_by) },
  ]
  return page(
    say('争议', 'Disputes'),
    filters('disputes', query, [
      control({ name: 'status', label: say('状态', 'State'), kind: 'select', options: choices(STATES, STATUSES), value: status ?? '' }),
      control({ name: 'kind', label: say('对象', 'About'), kind: 'select', options: choices(KINDS, KIND), value: kind ?? '' }),
    ]),
    card('', await list(say('争议', 'Disputes'), columns, (cursor) => got(api.GET('/v1/disputes', { params: { query: { ...asked, ...(cursor ? { cursor } : {}) } } })))),
  )
}

export async function disputePage([id = '']: string[]): Promise<Node> {
  const found = await got(api.GET('/v1/disputes/{id}', { params: { path: { id } } }))
  const stage = h('div', { class: 'stage' })
  const judge = found.kind === 'reduction' ? 'bureau' : 'exchange'
  const due = found.status === 'awaiting_ruling' || (found.status === 'awaiting_answer' && Date.parse(found.answer_by) < Date.now())
  return page(
    `${say('争议', 'Dispute')}：${say(found.label_zh, found.label)}`,
    card(
      found.id,
      facts([
        [say('状态', 'State'), state(found.status, word(STATES, found.status))],
        [say('对象', 'About'), about(found)],
        [say('权益方', 'Merchant'), found.merchant ? to('merchant', found.merchant) : ''],
        [say('提出时间', 'Opened'), when(found.opened_at)],
        [say('答复期限', 'Answer by'), when(found.answer_by)],
        [say('裁定期限', 'Rule by'), when(found.rule_by)],
        [say('已退还碳积分', 'Points given back'), found.refunded_points ? number(found.refunded_points) : ''],
      ]),
      due && is(judge) ? button(say('裁定', 'Rule'), () => rule(found), 'primary') : null,
      due && !is(judge) && role() !== 'auditor' ? h('p', { class: 'quiet' }, judge === 'bureau' ? say('由市生态环境局裁定', 'The bureau rules it') : say('由上海环交所裁定', 'The exchange rules it')) : null,
    ),
    card(say('当事人说明', 'The person’s text'), h('p', { class: 'prose' }, found.text)),
    found.answer ? card(say('对方答复', 'The answer'), h('p', { class: 'prose' }, found.answer), h('p', { class: 'quiet small' }, found.answered_at ? when(found.answered_at) : '')) : null,
    found.ruling ? card(say('裁定', 'Ruling'), h('p', { class: 'prose' }, found.ruling)) : null,
    found.evidence.length ? card(say('举证材料', 'Evidence'), h('ul', { class: 'documents' }, found.evidence.map((each) => piece(id, each, stage))), stage) : null,
  )
}

function about(found: Dispute): Node | string {
  const places = { redemption: 'order', hold: 'hold', reduction: 'reduction' }
  const reachable = found.kind !== 'hold' && (found.kind !== 'redemption' || is('exchange', 'auditor')) // the bureau sees no orders
  return !reachable ? h('code', {}, found.object) : to(places[found.kind], found.object, `${word(KINDS, found.kind)} ${found.object.slice(0, 8)}…`)
}

function piece(dispute: string, each: Schemas['Evidence'], stage: HTMLElement): HTMLElement {
  const by = each.by === 'person' ? say('当事人', 'The person') : say('对方', 'The other party')
  const name = each.file_name ?? each.id
  return h('li', {}, each.link ? button(name, () => void showEvidence(dispute, each, stage)) : name, h('span', { class: 'small quiet' }, ` ${by} · ${size(each.bytes)} · ${word(STATES, each.status)}`))
}

function rule(found: Dispute): void {
  const { id, kind } = found
  const fields: Field[] = [
    { name: 'outcome', label: say('裁定', 'Ruling'), kind: 'select', required: true, options: [['uphold', word(STATES, 'upheld')], ['dismiss', word(STATES, 'dismissed')]] },
    { name: 'text', label: say('裁定依据', 'Grounds'), kind: 'long', required: true, max: 4000, hint: say('双方均可看到', 'Both parties read it') },
  ]
  if (kind === 'hold') fields.push({ name: 'points', label: say('退还碳积分（仅部分退还时填写）', 'Points to give back (only for a part)'), kind: 'number', min: 1 })
  if (kind === 'reduction') {
    const step: [string, string][] = [['', ''], ['confirm', say('确认', 'Confirm')], ['reject', say('不予确认', 'Reject')], ['reverse', say('冲正', 'Reverse')], ['none', say('无需办理', 'None')]]
    fields.push({ name: 'step', label: say('裁定支持时，对减排量', 'If upheld, the reduction is'), kind: 'select', options: step })
    fields.push({ name: 'evidence_sha256', label: say('证据文件（冲正时必需）', 'Evidence (to reverse)'), kind: 'digest' })
  }
  ask({
    title: say('裁定争议', 'Rule the dispute'),
    text: say('碳积分随裁定同时退还。', 'Points move with the ruling.'),
    fields,
    confirm: say('裁定', 'Rule'),
    send: ({ outcome, text = '', points, step, evidence_sha256 }) =>
      once(`rule:${id}`, '/v1/disputes/{id}/rule', {
        outcome: outcome as 'uphold',
        text,
        ...(points ? { points: Number(points) } : {}),
        ...(step ? { step: step as 'none' } : {}),
        ...(evidence_sha256 ? { evidence_sha256 } : {}),
      }, { id }),
    done: settled(say('已裁定', 'Ruled')),
  })
}
