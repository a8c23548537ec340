import { ask, control, REASON, type Field, type Values } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { when } from '@/shared/i18n'
import { once, type Body } from '@/shared/keeper'
import { button, card, choices, filters, is, list, page, settled, state, short } from '@/shared/office'
import { KINDS, ROLES, say, STATES, word } from '@/shared/say'

type Procedure = Schemas['Procedure']
type Kind = Procedure['kind']

/** What one official proposes about an account and another decides. */
export async function procedures(_: string[], query: URLSearchParams): Promise<Node> {
  const status = query.get('status') as Procedure['status'] | null
  const columns = [
    { name: say('事项', 'What'), cell: (each: Procedure) => word(KINDS, each.kind) },
    { name: say('账户', 'Account'), cell: (each: Procedure) => h('span', { title: each.account }, short(each.account)) },
    { name: say('内容', 'Content'), cell: (each: Procedure) => each.name ?? each.other ?? each.new_sub },
    { name: say('理由', 'Reason'), cell: (each: Procedure) => each.reason },
    { name: say('提出', 'Proposed'), cell: (each: Procedure) => `${word(ROLES, each.proposed_role)} ${when(each.proposed_at)}` },
    { name: say('状态', 'State'), cell: (each: Procedure) => state(each.status, word(STATES, each.status)) },
    { name: say('办理', 'Decide'), cell: (each: Procedure) => h('span', { class: 'buttons inline' }, decide(each)) },
  ]
  const kinds: Kind[] = ['rebind', 'free_identity', 'inheritance', 'rename']
  return page(
    say('账户办理事项', 'Procedures'),
    is('exchange') ? h('div', { class: 'buttons above' }, kinds.map((kind) => button(`${say('提出', 'Propose')}：${word(KINDS, kind)}`, () => propose(kind)))) : null,
    filters('procedures', query, [control({ name: 'status', label: say('状态', 'State'), kind: 'select', options: choices(STATES, ['proposed', 'approved', 'rejected']), value: status ?? '' })]),
    card('', await list(say('账户办理事项', 'Procedures'), columns, (cursor) => got(api.GET('/v1/procedures', { params: { query: { limit: 20, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) } } })))),
  )
}

function decide({ id, status, kind }: Procedure): HTMLElement[] {
  if (status !== 'proposed' || !is('exchange', 'bureau')) return []
  const title = word(KINDS, kind)
  return [
    button(say('批准', 'Approve'), () =>
      ask({ title: `${say('批准', 'Approve')}：${title}`, text: say('提出人不能批准自己提出的事项。', 'Nobody approves what they proposed.'), confirm: say('批准', 'Approve'), send: () => once(`approve:${id}`, '/v1/procedures/{id}/approve', {}, { id }), done: settled() }), 'primary'),
    button(say('不予批准', 'Reject'), () =>
      ask({ title: `${say('不予批准', 'Reject')}：${title}`, fields: [REASON()], confirm: say('不予批准', 'Reject'), danger: true, send: ({ reason = '' }) => once(`reject:${id}`, '/v1/procedures/{id}/reject', { reason }, { id }), done: settled() }), 'danger'),
  ]
}

const MORE: Record<Kind, () => Field[]> = {
  rebind: () => [{ name: 'new_sub', label: say('新的登录主体', 'New login'), required: true }],
  free_identity: () => [],
  inheritance: () => [{ name: 'heir', label: say('继承人账户编号', 'Account of the heir'), required: true }],
  rename: () => [{ name: 'name', label: say('新的名称', 'New name'), required: true, max: 200 }],
}

function propose(kind: Kind): void {
  const fields: Field[] = [
    { name: 'account', label: say('账户编号', 'Account'), required: true },
    ...MORE[kind](),
    REASON(),
    { name: 'evidence_sha256', label: say('证明文件', 'Evidence'), kind: 'digest', required: true },
  ]
  ask({
    title: `${say('提出', 'Propose')}：${word(KINDS, kind)}`,
    text: say('提出后须由另一位经办人批准。', 'Another official decides.'),
    fields,
    confirm: say('提出', 'Propose'),
    send: (given: Values) => once(`propose:${kind}:${given.account}`, '/v1/procedures', { kind, ...given } as Body<'/v1/procedures'>),
    done: settled(say('已提出', 'Proposed')),
  })
}
