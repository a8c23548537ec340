import { ask, control, REASON } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, choices, facts, filters, is, list, page, settled, state, table, to } from '@/shared/office'
import { KINDS, OUTCOMES, say, STATES, word } from '@/shared/say'
import { scenarioNames } from '@/shared/scenarios'
import { steps } from './reductions'

type Anomaly = Schemas['Anomaly']

export async function anomalies(_: string[], query: URLSearchParams): Promise<Node> {
  const status = (query.get('status') ?? 'open') as Anomaly['status'] | 'all'
  const kind = query.get('kind') as Anomaly['kind'] | null
  const asked = { limit: 20, ...(status === 'all' ? {} : { status }), ...(kind ? { kind } : {}) }
  const names = await scenarioNames()
  const columns = [
    { name: say('编号', 'Number'), cell: (each: Anomaly) => to('anomaly', each.id) },
    { name: say('类型', 'Kind'), cell: (each: Anomaly) => word(KINDS, each.kind) },
    { name: say('行程日期', 'Day'), cell: (each: Anomaly) => each.day },
    { name: say('减排场景', 'Scenarios'), cell: (each: Anomaly) => each.scenarios.map((code) => names.get(code) ?? code).join('、') },
    { name: say('状态', 'State'), cell: (each: Anomaly) => state(each.status, word(STATES, each.status)) },
    { name: say('结论', 'Outcome'), cell: (each: Anomaly) => word(OUTCOMES, each.outcome) },
    { name: say('发现时间', 'Found'), cell: (each: Anomaly) => when(each.found_at) },
  ]
  return page(
    say('异常', 'Anomalies'),
    filters('anomalies', query, [
      control({ name: 'status', label: say('状态', 'State'), kind: 'select', options: [['open', word(STATES, 'open')], ['closed', word(STATES, 'closed')], ['all', say('全部', 'All')]], value: status }),
      control({ name: 'kind', label: say('类型', 'Kind'), kind: 'select', options: choices(KINDS, ['overlap', 'day_sum']), value: kind ?? '' }),
    ]),
    card('', await list(say('异常', 'Anomalies'), columns, (cursor) => got(api.GET('/v1/anomalies', { params: { query: { ...asked, ...(cursor ? { cursor } : {}) } } })))),
  )
}

export async function anomalyPage([id = '']: string[]): Promise<Node> {
  const [found, names] = await Promise.all([got(api.GET('/v1/anomalies/{id}', { params: { path: { id } } })), scenarioNames()])
  const trips = table(
    say('行程', 'Trips'),
    [
      { name: say('减排量', 'Reduction'), cell: (each) => to('reduction', each.id) },
      { name: say('减排场景', 'Scenario'), cell: (each) => names.get(each.scenario) ?? each.scenario },
      { name: say('数量', 'Quantity'), cell: (each) => each.quantity, number: true },
      { name: say('克', 'Grams'), cell: (each) => number(each.grams), number: true },
      { name: say('开始', 'From'), cell: (each) => when(each.occurred_at) },
      { name: say('最早结束', 'Earliest end'), cell: (each) => when(each.ends_at) },
      { name: say('状态', 'State'), cell: (each) => state(each.status, word(STATES, each.status)) },
      { name: say('办理', 'Decide'), cell: (each) => h('span', { class: 'buttons inline' }, steps(each)) },
    ],
    found.trips,
  )
  return page(
    `${say('异常', 'Anomaly')}：${word(KINDS, found.kind)}`,
    card(
      found.id,
      facts([
        [say('状态', 'State'), state(found.status, word(STATES, found.status))],
        [say('行程日期', 'Day'), found.day],
        [say('发现时间', 'Found'), when(found.found_at)],
        [say('结论', 'Outcome'), word(OUTCOMES, found.outcome)],
        [say('理由', 'Reason'), found.reason],
      ]),
      found.status === 'open' ? h('p', { class: 'note' }, advice(found)) : null,
      found.status === 'open' && is('bureau') ? button(say('关闭异常', 'Close it'), () => close(found), 'primary') : null,
    ),
    card(say('行程', 'Trips'), trips),
  )
}

/** What to do, without the routes that it names for programs: here they are buttons. */
const advice = ({ suggested_action: { detail, detail_zh } }: Anomaly): string => say(detail_zh, detail).replace(/ ?[（(]POST [^）)]*[）)]/, '')

function close({ id, edits }: Anomaly): void {
  ask({
    title: say('关闭异常', 'Close the anomaly'),
    fields: [
      { name: 'outcome', label: say('结论', 'Outcome'), kind: 'select', required: true, options: ['dismissed', 'reversed', 'referred'].map((code) => [code, word(OUTCOMES, code)]) },
      REASON(),
    ],
    confirm: say('关闭', 'Close'),
    send: ({ outcome, reason = '' }) => once(`close-anomaly:${id}`, '/v1/anomalies/{id}/close', { outcome: outcome as 'dismissed', reason, edits }, { id }),
    done: settled(),
  })
}
