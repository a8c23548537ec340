import { ask, control } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { sentence } from '@/shared/entries'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, filters, instant, list, page, refresh, tell } from '@/shared/office'
import { say } from '@/shared/say'
import { scenarioNames } from '@/shared/scenarios'
import { account } from './me'

type Entry = Schemas['Entry']

const signed = (amount: number): string => (amount ? `${amount > 0 ? '+' : '−'}${number(Math.abs(amount))}` : '')

export async function statement(_: string[], query: URLSearchParams): Promise<Node> {
  const names = await scenarioNames()
  const asked = {
    limit: 30,
    ...(query.get('from') ? { from: instant(query.get('from')) } : {}),
    ...(query.get('until') ? { until: instant(query.get('until'), true) } : {}),
  }
  const columns = [
    { name: say('时间', 'When'), cell: (each: Entry) => when(each.at) },
    { name: say('摘要', 'What'), cell: (each: Entry) => sentence(each, (code) => names.get(code)) },
    { name: say('碳积分', 'Points'), cell: (each: Entry) => signed(each.points), number: true },
    { name: say('减排量（克）', 'Grams'), cell: (each: Entry) => signed(each.grams), number: true },
  ]
  return page(
    say('账户明细', 'Statement'),
    filters('statement', query, [
      control({ name: 'from', label: say('日期自', 'From'), kind: 'date', value: query.get('from') ?? '' }),
      control({ name: 'until', label: say('至', 'to'), kind: 'date', value: query.get('until') ?? '' }),
    ]),
    card('', await list(say('账户明细', 'Statement'), columns, async (cursor) => (await got(api.GET('/v1/accounts/me/entries', { params: { query: { ...asked, ...(cursor ? { cursor } : {}) } } }))) as Schemas['EntryPage'])),
  )
}

type Lot = Schemas['Lot']

export async function buyBacks(): Promise<Node> {
  const mine = await account()
  const columns = [
    { name: say('时间', 'When'), cell: (each: Lot) => when(each.at) },
    { name: say('碳积分', 'Points'), cell: (each: Lot) => number(each.points), number: true },
    { name: say('吨', 'Tonnes'), cell: (each: Lot) => number(each.tonnes), number: true },
    { name: say('减排量（克）', 'Grams'), cell: (each: Lot) => number(each.grams), number: true },
  ]
  const lots = await list(say('回兑记录', 'Lots'), columns, (cursor) => got(api.GET('/v1/buy-backs', { params: { query: { limit: 20, ...(cursor ? { cursor } : {}) } } })))
  return page(
    say('回兑与注销', 'Buy-back and retirement'),
    card(
      say('减排量注销', 'Retirement'),
      h('p', {}, say(`可注销减排量：${number(mine?.balances.grams ?? 0)} 克`, `Grams that you can retire: ${number(mine?.balances.grams ?? 0)}`)),
      h('p', { class: 'quiet' }, say('注销后签发凭证，任何人可以核验；注销不可撤回。', 'It is proved by a certificate that anyone can verify, and is final.')),
      button(say('注销减排量', 'Retire grams'), retire, 'primary'),
    ),
    card(say('回兑记录', 'Buy-back lots'), h('p', { class: 'quiet' }, say('每满 1 000 000 碳积分自动回兑为 1 吨减排量。', 'Each 1 000 000 points become 1 tonne by themselves.')), lots),
  )
}

function retire(): void {
  const purposes: [string, string][] = [['voluntary', say('自愿注销', 'Voluntary')], ['neutrality', say('碳中和', 'Carbon neutrality')], ['offset', say('抵消碳排放', 'Offsetting of emissions')]]
  ask({
    title: say('注销减排量', 'Retire grams'),
    fields: [
      { name: 'grams', label: say('减排量（克）', 'Grams'), kind: 'number', required: true, min: 1 },
      { name: 'purpose', label: say('用途', 'Purpose'), kind: 'select', required: true, options: purposes },
      { name: 'beneficiary', label: say('受益方', 'Beneficiary'), required: true, max: 200 },
    ],
    confirm: say('注销', 'Retire'),
    danger: true,
    send: ({ grams, purpose, beneficiary = '' }) => once('retire', '/v1/retirements', { grams: Number(grams), purpose: purpose as 'voluntary', beneficiary }),
    done: (made: Schemas['Retirement']) => {
      refresh()
      tell(say('已注销，凭证编号：', 'Retired. Its certificate: '), certificate(made.certificate))
    },
  })
}

function certificate({ serial }: { serial: string }): HTMLElement {
  return h('a', { href: `../transparency/?serial=${encodeURIComponent(serial)}`, target: '_blank', rel: 'noopener' }, serial)
}
