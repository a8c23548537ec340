import { ask } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, facts, list, page, settled, state, to } from '@/shared/office'
import { KINDS, say, STATES, word } from '@/shared/say'

type Dispute = Schemas['Dispute']

export async function disputes(): Promise<Node> {
  const columns = [
    { name: say('编号', 'Number'), cell: (each: Dispute) => to('dispute', each.id) },
    { name: say('对象', 'About'), cell: (each: Dispute) => word(KINDS, each.kind) },
    { name: say('理由', 'Reason'), cell: (each: Dispute) => say(each.label_zh, each.label) },
    { name: say('状态', 'State'), cell: (each: Dispute) => state(each.status, word(STATES, each.status)) },
    { name: say('答复期限', 'Answer by'), cell: (each: Dispute) => when(each.answer_by) },
  ]
  return page(say('争议', 'Disputes'), card('', await list(say('争议', 'Disputes'), columns, (cursor) => got(api.GET('/v1/disputes', { params: { query: { limit: 20, ...(cursor ? { cursor } : {}) } } })))))
}

export async function disputePage([id = '']: string[]): Promise<Node> {
  const each = await got(api.GET('/v1/disputes/{id}', { params: { path: { id } } }))
  return page(
    `${say('争议', 'Dispute')}：${say(each.label_zh, each.label)}`,
    card(
      each.id,
      facts([
        [say('状态', 'State'), state(each.status, word(STATES, each.status))],
        [say('对象', 'About'), each.kind === 'redemption' ? to('order', each.object) : h('code', {}, each.object)],
        [say('提出时间', 'Opened'), when(each.opened_at)],
        [say('答复期限', 'Answer by'), when(each.answer_by)],
      ]),
      h('p', { class: 'prose' }, each.text),
      each.status === 'awaiting_answer' ? button(say('答复', 'Answer'), () => answer(id), 'primary') : null,
    ),
    each.answer ? card(say('您的答复', 'Your answer'), h('p', { class: 'prose' }, each.answer)) : null,
    each.ruling ? card(say('裁定', 'Ruling'), h('p', { class: 'prose' }, each.ruling)) : null,
  )
}

function answer(id: string): void {
  ask({
    title: say('答复争议', 'Answer the dispute'),
    text: say('答复只能提交一次，当事人和裁定方均可看到。', 'You answer once. The person and the exchange read it.'),
    fields: [{ name: 'text', label: say('答复', 'Answer'), kind: 'long', required: true, max: 4000 }],
    confirm: say('答复', 'Answer'),
    send: ({ text = '' }) => once(`answer:${id}`, '/v1/disputes/{id}/answer', { text }, { id }),
    done: settled(),
  })
}
