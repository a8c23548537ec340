import { ask } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { language, number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, is, list, page, settled, state, table, to } from '@/shared/office'
import { say, STATES, word } from '@/shared/say'

type Run = Schemas['chalicelib__buyback__model__Run']
type Day = Schemas['Reconciliation']

export async function buyBack(): Promise<Node> {
  const columns = [
    { name: say('开始', 'Started'), cell: (each: Run) => when(each.started_at) },
    { name: say('结束', 'Finished'), cell: (each: Run) => (each.finished_at ? when(each.finished_at) : '') },
    { name: say('状态', 'State'), cell: (each: Run) => state(each.status, word(STATES, each.status)) },
    { name: say('权益方', 'Merchants'), cell: (each: Run) => number(each.merchants), number: true },
    { name: say('碳积分', 'Points'), cell: (each: Run) => number(each.points), number: true },
    { name: say('吨', 'Tonnes'), cell: (each: Run) => number(each.tonnes), number: true },
  ]
  const read = (cursor?: string) => got(api.GET('/v1/buy-back-runs', { params: { query: { limit: 20, ...(cursor ? { cursor } : {}) } } }))
  return page(
    say('减排量回兑', 'Buy-back'),
    h('p', {}, say('权益方的碳积分按整吨（1 000 000 碳积分）回兑为减排量，余数保留；每日自动办理。', 'Merchants’ points become grams, in whole tonnes (1 000 000 points); the rest stays. It runs every day by itself.')),
    is('exchange') ? h('div', { class: 'buttons above' }, button(say('立即办理一次', 'Run it now'), run, 'primary')) : null,
    card('', await list(say('回兑批次', 'Runs'), columns, read)),
  )
}

function run(): void {
  ask({
    title: say('办理减排量回兑', 'Run the buy-back'),
    text: say('对所有权益方办理一次，与每日自动办理的规则相同。', 'For every merchant, by the same rules as each day.'),
    confirm: say('办理', 'Run'),
    send: () => once('buy-back', '/v1/buy-back-runs', {}),
    done: settled(say('已受理', 'Accepted')),
  })
}

export async function reconciliations(): Promise<Node> {
  const columns = [
    { name: say('日期', 'Day'), cell: (each: Day) => to('reconciliation', each.id, each.id) },
    { name: say('结果', 'Result'), cell: (each: Day) => result(each) },
    { name: say('留待下次', 'Set aside'), cell: (each: Day) => number(each.set_aside), number: true },
    { name: say('记录凭据', 'Records'), cell: (each: Day) => number(each.records), number: true },
    { name: say('账户', 'Accounts'), cell: (each: Day) => number(each.accounts), number: true },
    { name: say('流通碳积分', 'Points circulating'), cell: (each: Day) => number(each.sums.points_circulating), number: true },
    { name: say('完成时间', 'Made'), cell: (each: Day) => when(each.at) },
  ]
  const read = (cursor?: string) => got(api.GET('/v1/reconciliations', { params: { query: { limit: 30, ...(cursor ? { cursor } : {}) } } }))
  return page(say('每日对账', 'Daily reconciliation'), card('', await list(say('每日对账', 'Daily reconciliation'), columns, read, say('尚无对账结果', 'None yet'))))
}

function result({ differences }: { differences: number }): HTMLElement {
  return differences ? state('failed', say(`${differences} 项差异`, `${differences} differences`)) : state('passed', say('无差异', 'No difference'))
}

/** What a difference is about, in Chinese: the rest of a text that starts or ends so stays, a colour or a month. */
const ABOUT: readonly (readonly [RegExp, string])[] = [
  [/^debt_points/, '待抵扣碳积分'],
  [/^debt_grams/, '待追回减排量（克）'],
  [/^uncovered_grams of its donors$/, '捐赠人的待追回减排量（克）'],
  [/^uncovered_grams$/, '待追回减排量（克）'],
  [/^points in tills that no institution keeps$/, '未归属机构的权益子账户碳积分'],
  [/^points/, '碳积分'],
  [/^grams of its parts$/, '各部分减排量之和（克）'],
  [/^grams behind (its|the) points$/, '对应减排量（克）'],
  [/^grams used$/, '已使用减排量（克）'],
  [/^grams stated$/, '来源构成载明的减排量（克）'],
  [/^grams/, '减排量（克）'],
  [/^units in its tills$/, '各权益子账户的库存数量'],
  [/^items \(its account is missing\)$/, '缺少账户'],
  [/^lines with another time$/, '账单时间与记录凭据不符'],
  [/^colours that are not its Records'$/, '减排量来源与记录凭据不符'],
  [/^uses that are not its Records'$/, '使用明细与记录凭据不符'],
  [/^times that are not its answer's$/, '记录凭据的时间前后不符'],
  [/^a posting, at least$/, '单笔变动，至少应为'],
  [/ that can be read$/, ' 可读取'],
  [/ that are not revoked$/, ' 未撤销'],
  [/ left after its use, at least$/, ' 使用后结余，至少应为'],
  [/ held and used$/, ' 持有与已使用'],
  [/ signed$/, ' 已签名'],
  [/ by its statement$/, '（按账单）'],
  [/ in its answer$/, '（按当时答复）'],
  [/ of its lots$/, '（按各笔回兑）'],
  [/, at least$/, '，至少应为'],
  [/ \(no such balance\)$/, '（账户无此余额）'],
]

function about(what: string): string {
  if (language() === 'en') return what
  return ABOUT.reduce((text, [code, words]) => text.replace(code, words), what)
}

export async function reconciliation([id = '']: string[]): Promise<Node> {
  const found = await got(api.GET('/v1/reconciliations/{id}/differences', { params: { path: { id } } }))
  const rows = table(
    say('差异', 'Differences'),
    [
      { name: say('账户', 'Account'), cell: (each) => h('code', {}, each.account) },
      { name: say('项目', 'What'), cell: (each) => about(each.what) },
      { name: say('应有', 'Expected'), cell: (each) => number(each.expected), number: true },
      { name: say('实有', 'Found'), cell: (each) => number(each.found), number: true },
      { name: say('相关记录凭据', 'Records'), cell: (each) => each.records.map((record) => h('code', {}, record, ' ')) },
    ],
    found.items,
  )
  return page(`${say('每日对账', 'Reconciliation')} ${id}`, card('', h('p', {}, result(found)), found.items.length ? rows : null))
}
