import { ask, control, REASON } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, facts, filters, instant, is, list, page, settled, state, to } from '@/shared/office'
import { say, STATES, word } from '@/shared/say'
import { scenarioNames } from '@/shared/scenarios'

type Reduction = Schemas['Reduction']
const STATUSES = ['reported', 'confirmed', 'rejected', 'reversed'] as const

export async function reductions(_: string[], query: URLSearchParams): Promise<Node> {
  const names = await scenarioNames()
  const status = (query.get('status') ?? 'reported') as Reduction['status'] | 'all'
  const asked = {
    ...(status === 'all' ? {} : { status }),
    ...(query.get('scenario') ? { scenario: query.get('scenario') ?? '' } : {}),
    ...(query.get('from') ? { from: instant(query.get('from')) } : {}),
    ...(query.get('until') ? { until: instant(query.get('until'), true) } : {}),
  }
  const options: [string, string][] = [['all', say('全部', 'All')], ...STATUSES.map((each): [string, string] => [each, word(STATES, each)])]
  const shown = list(say('减排量', 'Reductions'), columns(names), (cursor) =>
    got(api.GET('/v1/reductions', { params: { query: { limit: 20, ...asked, ...(cursor ? { cursor } : {}) } } })),
  )
  return page(
    say('减排量', 'Reductions'),
    filters('reductions', query, [
      control({ name: 'status', label: say('状态', 'State'), kind: 'select', options, value: status }),
      control({ name: 'scenario', label: say('减排场景', 'Scenario'), kind: 'select', options: [['', say('全部', 'All')], ...names], value: query.get('scenario') ?? '' }),
      control({ name: 'from', label: say('上报日期自', 'Reported from'), kind: 'date', value: query.get('from') ?? '' }),
      control({ name: 'until', label: say('至', 'to'), kind: 'date', value: query.get('until') ?? '' }),
    ]),
    card('', await shown),
  )
}

function columns(names: Map<string, string>): { name: string; cell: (each: Reduction) => Node | string; number?: boolean }[] {
  return [
    { name: say('编号', 'Number'), cell: (each) => to('reduction', each.id) },
    { name: say('减排场景', 'Scenario'), cell: (each) => names.get(each.scenario) ?? each.scenario },
    { name: say('数量', 'Quantity'), cell: (each) => each.quantity, number: true },
    { name: say('减排量（克）', 'Grams'), cell: (each) => number(each.grams), number: true },
    { name: say('发生时间', 'Occurred'), cell: (each) => when(each.occurred_at) },
    { name: say('状态', 'State'), cell: (each) => state(each.status, word(STATES, each.status)) },
    { name: say('办理', 'Decide'), cell: (each) => h('span', { class: 'buttons inline' }, steps(each)) },
  ]
}

export async function reductionPage([id = '']: string[]): Promise<Node> {
  const [each, names] = await Promise.all([got(api.GET('/v1/reductions/{id}', { params: { path: { id } } })), scenarioNames()])
  return page(
    say('减排量', 'Reduction'),
    card(
      each.id,
      facts([
        [say('状态', 'State'), state(each.status, word(STATES, each.status))],
        [say('减排场景', 'Scenario'), `${names.get(each.scenario) ?? each.scenario} (${say('版本', 'version')} ${each.scenario_version})`],
        [say('数量', 'Quantity'), each.quantity],
        [say('减排量（克）', 'Grams'), number(each.grams)],
        [say('碳积分', 'Points'), number(each.points)],
        [say('其中抵扣', 'Of these repaid'), each.repaid_points ? number(each.repaid_points) : ''],
        [say('发生时间', 'Occurred'), when(each.occurred_at)],
        [say('运营方编号', 'Operator’s record'), each.record_id],
        [say('账户', 'Account'), each.account ? h('code', {}, each.account) : each.grant ? `${say('授权', 'grant')} ${each.grant}` : ''],
        [say('理由', 'Reason'), each.reason],
        [say('证据校验值', 'SHA-256 of the evidence'), each.evidence_sha256 ? h('code', {}, each.evidence_sha256) : ''],
      ]),
      h('div', { class: 'buttons' }, steps(each)),
    ),
  )
}

/** What the bureau may do with a reduction as it stands. */
export function steps(each: Pick<Reduction, 'id' | 'status' | 'grams'>): HTMLElement[] {
  if (!is('bureau')) return []
  if (each.status === 'reported') return [button(say('确认', 'Confirm'), () => confirm(each)), button(say('不予确认', 'Reject'), () => reject(each), 'danger')]
  return each.status === 'confirmed' ? [button(say('冲正', 'Reverse'), () => reverse(each), 'danger')] : []
}

function confirm({ id, grams }: Pick<Reduction, 'id' | 'grams'>): void {
  ask({
    title: say('确认减排量', 'Confirm the reduction'),
    text: say(`${number(grams)} 克将记入账户并转换为碳积分。`, `${number(grams)} g are credited, and become points.`),
    confirm: say('确认', 'Confirm'),
    send: () => once(`confirm:${id}`, '/v1/reductions/{id}/confirm', {}, { id }),
    done: settled(say('已确认', 'Confirmed')),
  })
}

function reject({ id }: Pick<Reduction, 'id'>): void {
  ask({
    title: say('不予确认', 'Reject the reduction'),
    fields: [REASON()],
    confirm: say('不予确认', 'Reject'),
    danger: true,
    send: ({ reason = '' }) => once(`reject:${id}`, '/v1/reductions/{id}/reject', { reason }, { id }),
    done: settled(say('未予确认', 'Rejected')),
  })
}

function reverse({ id, grams }: Pick<Reduction, 'id' | 'grams'>): void {
  ask({
    title: say('冲正减排量', 'Reverse the reduction'),
    text: say(`将从账户追回 ${number(grams)} 碳积分；不足部分记为待抵扣。`, `${number(grams)} points are taken back; what is spent becomes a debt.`),
    fields: [REASON(), { name: 'evidence_sha256', label: say('证据文件', 'Evidence'), kind: 'digest', required: true }],
    confirm: say('冲正', 'Reverse'),
    danger: true,
    send: ({ reason = '', evidence_sha256 = '' }) => once(`reverse:${id}`, '/v1/reductions/{id}/reverse', { reason, evidence_sha256 }, { id }),
    done: (answer: Schemas['Reversed']) =>
      settled(say(`已冲正：追回 ${number(answer.points_recovered)}，待抵扣 ${number(answer.points_outstanding)}`, `Reversed: ${number(answer.points_recovered)} recovered, ${number(answer.points_outstanding)} owed`))(),
  })
}

