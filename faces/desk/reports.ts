import { control } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h, saved } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { signed } from '@/shared/jws'
import { button, card, facts, filters, page, table, tell } from '@/shared/office'
import { explained } from '@/shared/problem'
import { say, STATES, word } from '@/shared/say'
import { scenarioNames } from '@/shared/scenarios'

type Report = Schemas['chalicelib__reports__model__Report__1']

const FIGURES = (): [keyof Report, string][] => [
  ['records', say('记录凭据（笔）', 'Records')],
  ['issued_grams', say('已确认减排量（克）', 'Issued (g)')],
  ['reversed_grams', say('冲正减排量（克）', 'Reversed (g)')],
  ['orders', say('兑换订单（笔）', 'Orders')],
  ['redeemed_points', say('兑换碳积分', 'Redeemed')],
  ['refunded_points', say('退还碳积分', 'Refunded')],
  ['cancelled_points', say('自愿注销碳积分', 'Cancelled')],
  ['donated_points', say('捐赠碳积分', 'Donated')],
  ['donation_refunds_points', say('捐赠返还碳积分', 'Donations given back')],
  ['bought_back_points', say('回兑碳积分', 'Bought back')],
  ['lots', say('回兑（笔）', 'Lots')],
  ['ex_officio_points', say('依职权注销碳积分', 'Cancelled ex officio')],
  ['retired_grams', say('机构注销减排量（克）', 'Retired by institutions (g)')],
  ['campaign_grams', say('捐赠项目注销减排量（克）', 'Retired by campaigns (g)')],
  ['uncovered_grams', say('月末待追回减排量（克）', 'Awaiting recovery (g)')],
]

/** The last month that is over, on a clock in Shanghai. */
function lastMonth(): string {
  const there = new Date(Date.now() + 8 * 3_600_000)
  return new Date(Date.UTC(there.getUTCFullYear(), there.getUTCMonth() - 1, 1)).toISOString().slice(0, 7)
}

/** A closed month, as it is signed. */
export async function report(_: string[], query: URLSearchParams): Promise<Node> {
  const month = query.get('month') ?? lastMonth()
  const choice = control({ name: 'month', label: say('月份', 'Month'), kind: 'month', value: month })
  const title = page(say('月报', 'Monthly report'), filters('reports', query, [choice]))
  try {
    const found = await got(api.GET('/v1/reports/{month}', { params: { path: { month } } })) as Schemas['chalicelib__reports__model__Report__2']
    title.append(...sheets(found.report, found.jws, await scenarioNames()))
  } catch (error) {
    title.append(h('div', { class: 'problem' }, h('strong', {}, explained(error).title), h('p', {}, explained(error).detail)))
  }
  return title
}

function sheets(report: Report, jws: string, names: Map<string, string>): HTMLElement[] {
  const { month } = report
  const mark = h('p', { role: 'status' })
  void signed(jws).then(
    (claims) => mark.replaceChildren(JSON.stringify(claims.month) === JSON.stringify(month) ? say('✓ 签名有效（已在浏览器内核验）', '✓ Its signature is right, as verified in this browser') : ''),
    () => mark.replaceChildren(say('✗ 签名无效', '✗ Its signature is wrong')),
  )
  return [
    card(
      month,
      mark,
      facts([[say('结账时间', 'Closed'), when(report.closed_at)], [say('生成时间', 'Made'), when(report.made_at)]]),
      h('div', { class: 'buttons' }, button(say('下载 CSV', 'Download CSV'), () => void download(month), 'primary'), button(say('下载签名文件（JWS）', 'Download the signed file (JWS)'), () => saved(jws, 'application/jose', `report-${month}.jws`))),
    ),
    card(say('合计', 'Sums'), facts(FIGURES().map(([name, label]) => [label, number(Number(report[name]))] as const))),
    card(say('按减排场景', 'By scenario'), table(say('按减排场景', 'By scenario'), [
      { name: say('减排场景', 'Scenario'), cell: (each) => names.get(each.scenario) ?? each.scenario },
      { name: say('方法学', 'Methodology'), cell: (each) => each.methodology },
      { name: say('已确认（克）', 'Issued (g)'), cell: (each) => number(each.issued_grams), number: true },
      { name: say('冲正（克）', 'Reversed (g)'), cell: (each) => number(each.reversed_grams), number: true },
    ], report.issued)),
    card(say('按权益方', 'By merchant'), table(say('按权益方', 'By merchant'), [
      { name: say('权益方', 'Merchant'), cell: (each) => each.name ?? each.merchant },
      { name: say('订单', 'Orders'), cell: (each) => number(each.orders), number: true },
      { name: say('兑换', 'Redeemed'), cell: (each) => number(each.redeemed_points), number: true },
      { name: say('退还', 'Refunded'), cell: (each) => number(each.refunded_points), number: true },
      { name: say('回兑', 'Bought back'), cell: (each) => number(each.bought_back_points), number: true },
    ], report.merchants)),
    card(say('入驻申请', 'Applications'), facts([
      [word(STATES, 'active'), number(report.applications.active)],
      [word(STATES, 'rejected'), number(report.applications.rejected)],
      [word(STATES, 'withdrawn'), number(report.applications.withdrawn)],
    ]), table(say('各状态停留时间', 'Time in each state'), [
      { name: say('状态', 'State'), cell: (each) => word(STATES, each.state) },
      { name: say('次数', 'Stays'), cell: (each) => number(each.stays), number: true },
      { name: say('中位（小时）', 'Median (h)'), cell: (each) => number(each.median_seconds / 3600, 1), number: true },
      { name: say('最长（小时）', 'Longest (h)'), cell: (each) => number(each.longest_seconds / 3600, 1), number: true },
    ], report.applications.times)),
    card(say('争议', 'Disputes'), facts([
      [say('提出', 'Opened'), number(report.disputes.opened)],
      [word(STATES, 'upheld'), number(report.disputes.upheld)],
      [word(STATES, 'dismissed'), number(report.disputes.dismissed)],
      [word(STATES, 'withdrawn'), number(report.disputes.withdrawn)],
      [word(STATES, 'resolved'), number(report.disputes.resolved)],
    ])),
  ]
}

async function download(month: string): Promise<void> {
  try {
    const asked = { params: { path: { month } }, headers: { Accept: 'text/csv' }, parseAs: 'arrayBuffer' } as const // text would lose the byte order mark
    saved((await got(api.GET('/v1/reports/{month}', asked))) as ArrayBuffer, 'text/csv', `report-${month}.csv`)
  } catch (error) {
    tell(explained(error).detail)
  }
}
