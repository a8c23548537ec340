import { control } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { when } from '@/shared/i18n'
import { card, choices, filters, list, page, state, to } from '@/shared/office'
import { age, MODES, say, STATES, word } from '@/shared/say'
import { applicationCards, history } from '@/shared/application'
import { decisions } from './decisions'
import { viewer } from './viewer'

type Application = Schemas['Application']

export async function applications(_: string[], query: URLSearchParams): Promise<Node> {
  const status = query.get('status') as Application['status'] | null
  const mode = query.get('mode') as Application['mode'] | null
  const asked = { limit: 20, ...(status ? { status } : {}), ...(mode ? { mode } : {}) }
  const states = ['submitted', 'reviewed', 'opinion_filed', 'acknowledged', 'agreement_signed', 'with_operator', 'returned', 'draft', 'active', 'rejected', 'withdrawn']
  return page(
    say('入驻申请', 'Applications'),
    filters('applications', query, [
      control({ name: 'status', label: say('状态', 'State'), kind: 'select', options: choices(STATES, states), value: status ?? '' }),
      control({ name: 'mode', label: say('入驻模式', 'Mode'), kind: 'select', options: choices(MODES, Object.keys(MODES)), value: mode ?? '' }),
    ]),
    card('', await list(say('入驻申请', 'Applications'), columns(), (cursor) => got(api.GET('/v1/applications', { params: { query: { ...asked, ...(cursor ? { cursor } : {}) } } })))),
  )
}

function columns(): { name: string; cell: (each: Application) => Node | string }[] {
  return [
    { name: say('申请方', 'Applicant'), cell: (each) => to('application', each.id, each.name) },
    { name: say('标题', 'Title'), cell: (each) => each.title },
    { name: say('入驻模式', 'Mode'), cell: (each) => word(MODES, each.mode) },
    { name: say('状态', 'State'), cell: (each) => state(each.status, word(STATES, each.status)) },
    { name: say('已等待', 'Waiting'), cell: (each) => (each.age_seconds ? age(each.age_seconds) : '') },
    { name: say('自', 'Since'), cell: (each) => when(each.since) },
  ]
}

/** An application beside its documents. */
export async function applicationPage([id = '']: string[]): Promise<Node> {
  const application = await got(api.GET('/v1/applications/{id}', { params: { path: { id } } }))
  return page(
    application.name,
    h(
      'div',
      { class: 'beside' },
      h('div', {}, decisions(application), ...(await applicationCards(application, 'merchant')), card(say('办理记录', 'History'), history(application.history))),
      viewer(application),
    ),
  )
}
