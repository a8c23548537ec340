import { control } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { when } from '@/shared/i18n'
import { card, filters, page, role, short, state, table } from '@/shared/office'
import { age, KINDS, ROLES, say, STATES, word } from '@/shared/say'

type Work = Schemas['Work']

// Where the desk shows what waits; the rest is a merchant's
const PLACES: Partial<Record<Work['kind'], string>> = {
  application: 'application',
  reduction: 'reduction',
  campaign: 'campaign',
  order: 'order',
  buy_back_run: 'buy-back',
  anomaly: 'anomaly',
  dispute: 'dispute',
}

const ACTORS = ['exchange', 'bureau', 'institution', 'scenario_operator', 'platform'] as const

/** What waits, the longest first. Without a choice, what waits for whoever looks. */
export async function worklist(_: string[], query: URLSearchParams): Promise<Node> {
  const mine = role() === 'auditor' ? '' : role()
  const actor = query.get('actor') ?? mine
  const days = Number(query.get('older_than_days') ?? 0)
  const asked = { ...(actor && actor !== 'all' ? { actor: actor as Work['actor'] } : {}), ...(days ? { older_than_days: days } : {}) }
  const found = await got(api.GET('/v1/worklist', { params: { query: asked } }))
  const options: [string, string][] = [['all', say('全部', 'Everybody')], ...ACTORS.map((each): [string, string] => [each, word(ROLES, each)])]
  const tiles = Object.entries(found.counts).map(([kind, count]) =>
    h('li', {}, h('b', {}, String(count), found.more.includes(kind as Work['kind']) ? '+' : ''), word(KINDS, kind)),
  )
  return page(
    say('待办', 'Worklist'),
    filters('', query, [
      control({ name: 'actor', label: say('由谁处理', 'Who must act'), kind: 'select', options, value: actor || 'all' }),
      control({ name: 'older_than_days', label: say('至少等待（天）', 'Waiting at least (days)'), kind: 'number', value: days ? String(days) : '', max: 365 }),
    ]),
    tiles.length ? h('ul', { class: 'tiles' }, tiles) : null,
    found.items.length ? card('', table(say('待办', 'Worklist'), columns(), found.items)) : h('p', { class: 'card quiet' }, say('没有待办事项', 'Nothing waits')),
  )
}

function columns(): { name: string; cell: (each: Work) => Node | string; number?: boolean }[] {
  return [
    { name: say('等待', 'Waiting'), cell: (each) => h('span', { title: when(each.since) }, age(each.age_seconds)) },
    { name: say('事项', 'What'), cell: (each) => linked(each) },
    { name: say('状态', 'State'), cell: (each) => state(each.state, word(STATES, each.state)) },
    { name: say('由谁处理', 'Who must act'), cell: (each) => word(ROLES, each.actor) },
    { name: say('开始时间', 'Since'), cell: (each) => when(each.since) },
  ]
}

function linked(work: Work): Node {
  const place = PLACES[work.kind] ?? 'merchant'
  const path = place === 'buy-back' ? `#/${place}` : `#/${place}/${encodeURIComponent(work.id)}`
  return h('a', { href: path }, `${word(KINDS, work.kind)} ${short(work.id)}`)
}
