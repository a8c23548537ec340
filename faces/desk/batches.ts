import { ask, control, REASON } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { turn } from '@/shared/turn'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, facts, filters, instant, is, list, page, settled, state, table, to } from '@/shared/office'
import { ACTIONS, say, STATES, word } from '@/shared/say'
import { explained } from '@/shared/problem'
import { scenarioNames } from '@/shared/scenarios'

type Batch = Schemas['Batch']

export async function batches(_: string[], query: URLSearchParams): Promise<Node> {
  const asked = {
    ...(query.get('from') ? { from: instant(query.get('from')) } : {}),
    ...(query.get('until') ? { until: instant(query.get('until'), true) } : {}),
  }
  const names = await scenarioNames()
  const columns = [
    { name: say('批次', 'Batch'), cell: (each: Batch) => to('batch', each.id) },
    { name: say('减排场景', 'Scenario'), cell: (each: Batch) => names.get(each.scenario) ?? each.scenario },
    { name: say('状态', 'State'), cell: (each: Batch) => state(each.status, word(STATES, each.status)) },
    { name: say('行数', 'Lines'), cell: (each: Batch) => number(each.lines), number: true },
    { name: say('已上报', 'Reported'), cell: (each: Batch) => number(each.reported), number: true },
    { name: say('上报时间', 'Made'), cell: (each: Batch) => when(each.created_at) },
  ]
  return page(
    say('批量上报', 'Batches'),
    filters('batches', query, [
      control({ name: 'from', label: say('上报日期自', 'Made from'), kind: 'date', value: query.get('from') ?? '' }),
      control({ name: 'until', label: say('至', 'to'), kind: 'date', value: query.get('until') ?? '' }),
    ]),
    card('', await list(say('批量上报', 'Batches'), columns, (cursor) => got(api.GET('/v1/reduction-batches', { params: { query: { limit: 20, ...asked, ...(cursor ? { cursor } : {}) } } })))),
  )
}

export async function batchPage([id = '']: string[]): Promise<Node> {
  const [batch, names] = await Promise.all([got(api.GET('/v1/reduction-batches/{id}', { params: { path: { id } } })), scenarioNames()])
  const sample = h('div', {}, h('p', { class: 'quiet' }, say('批量办理前，请先随机抽查。', 'Draw a sample before you decide on all of it.')))
  const size = control({ name: 'size', label: say('抽样行数', 'Lines'), kind: 'number', value: '10', min: 1, max: 100 })
  const draw = (): void => void drawn(id, size.querySelector('input')?.value ?? '10', sample)
  return page(
    say('批量上报', 'Batch'),
    card(
      batch.id,
      facts([
        [say('状态', 'State'), state(batch.status, word(STATES, batch.status))],
        [say('减排场景', 'Scenario'), names.get(batch.scenario) ?? batch.scenario],
        [say('行数', 'Lines'), number(batch.lines)],
        [say('已转换', 'Converted'), number(batch.converted)],
        [say('已上报', 'Reported'), number(batch.reported)],
        [say('已确认', 'Confirmed'), number(batch.confirmed)],
        [say('不予确认', 'Rejected'), number(batch.rejected)],
        [say('已冲正', 'Reversed'), number(batch.reversed)],
        [say('未受理', 'Refused'), number(batch.refused)],
        [say('碳积分', 'Points'), number(batch.points)],
        [say('上报时间', 'Made'), when(batch.created_at)],
        [say('最近办理', 'Last judgement'), batch.judgement ? `${word(ACTIONS, batch.judgement.action)} · ${batch.judgement.reason} · ${say('剩余', 'left')} ${number(batch.judgement.left)}` : ''],
        [say('未受理的原因', 'Why it was refused'), say(batch.reason_zh ?? '', batch.reason ?? '')],
      ]),
      h('div', { class: 'buttons' }, judgements(batch)),
    ),
    card(say('随机抽查', 'Sample'), h('div', { class: 'filters' }, size, button(say('抽样', 'Draw'), draw, 'primary')), sample),
  )
}

async function drawn(id: string, size: string, place: HTMLElement): Promise<void> {
  const mine = turn(place)
  try {
    const { items } = await got(api.GET('/v1/reduction-batches/{id}/sample', { params: { path: { id }, query: { size: Number(size) } } }))
    if (!mine()) return
    place.replaceChildren(
      table(
        say('随机抽查', 'Sample'),
        [
          { name: say('行', 'Line'), cell: (each) => each.line, number: true },
          { name: say('运营方编号', 'Operator’s record'), cell: (each) => each.record_id },
          { name: say('状态', 'State'), cell: (each) => state(each.status, word(STATES, each.status)) },
          { name: say('数量', 'Quantity'), cell: (each) => each.reduction?.quantity, number: true },
          { name: say('减排量（克）', 'Grams'), cell: (each) => (each.reduction ? number(each.reduction.grams) : ''), number: true },
          { name: say('发生时间', 'Occurred'), cell: (each) => (each.reduction ? when(each.reduction.occurred_at) : '') },
          { name: say('说明', 'Note'), cell: (each) => (each.reduction ? to('reduction', each.reduction.id) : say(each.detail_zh ?? '', each.detail ?? '')) },
        ],
        items,
      ),
    )
  } catch (error) {
    if (mine()) place.replaceChildren(h('p', { class: 'problem', role: 'alert' }, explained(error).detail))
  }
}

function judgements(batch: Batch): HTMLElement[] {
  if (!is('bureau') || batch.status !== 'done') return []
  const words = { confirm: say('批量确认', 'Confirm all'), reject: say('批量不予确认', 'Reject all'), reverse: say('批量冲正', 'Reverse all') }
  const can = { confirm: batch.reported > 0, reject: batch.reported > 0, reverse: batch.converted + batch.confirmed > batch.reversed }
  const actions = (['confirm', 'reject', 'reverse'] as const).filter((action) => can[action])
  return actions.map((action) => button(words[action], () => judge(batch.id, action, words[action]), action === 'confirm' ? 'primary' : 'danger'))
}

function judge(id: string, action: 'confirm' | 'reject' | 'reverse', words: string): void {
  ask({
    title: words,
    text: say('对该批次中处于相应状态的每一行生效，结果稍后显示。', 'It applies to every line that is in the state for it. The result shows in a moment.'),
    fields: [REASON()],
    confirm: words,
    danger: action !== 'confirm',
    send: ({ reason = '' }) => once(`${action}-batch:${id}`, `/v1/reduction-batches/{id}/${action}`, { reason }, { id }),
    done: settled(say('已受理', 'Accepted')),
  })
}
