import { ask, control, REASON, valuesOf, type Field } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { root } from '@/shared/session'
import { button, card, facts, go, is, list, page, settled, state } from '@/shared/office'
import { purposeOf } from '@/shared/purposes'
import { KINDS, say, STATES, word } from '@/shared/say'

type Uncovered = Schemas['Uncovered']

export async function certificates([serial = '']: string[]): Promise<Node> {
  const columns = [
    { name: say('凭证编号', 'Serial'), cell: (each: Uncovered) => h('a', { href: `#/certificates/${each.serial}` }, each.serial) },
    { name: say('类型', 'Kind'), cell: (each: Uncovered) => word(KINDS, each.kind) },
    { name: say('持有人', 'Holder'), cell: (each: Uncovered) => each.holder },
    { name: say('克', 'Grams'), cell: (each: Uncovered) => number(each.grams), number: true },
    { name: say('待追回（克）', 'Awaiting recovery (g)'), cell: (each: Uncovered) => number(each.uncovered_grams), number: true },
    { name: say('签发时间', 'Issued'), cell: (each: Uncovered) => when(each.issued_at) },
  ]
  const uncovered = await list(say('待追回凭证', 'Certificates with grams that await recovery'), columns, (cursor) =>
    got(api.GET('/v1/certificates', { params: { query: { uncovered: 'true', limit: 20, ...(cursor ? { cursor } : {}) } } })), say('没有待追回的凭证', 'All grams are covered'))
  return page(say('凭证', 'Certificates'), search(serial), serial ? await one(serial) : null, card(say('待追回凭证', 'Grams that await recovery'), uncovered))
}

function search(serial: string): HTMLElement {
  const fields: Field[] = [{ name: 'serial', label: say('凭证编号', 'Serial'), required: true, value: serial }]
  const form = h('form', { class: 'filters' }, fields.map(control), h('button', { type: 'submit' }, say('查询', 'Show')))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void valuesOf(form, fields).then((given) => go(`certificates/${encodeURIComponent(given.serial ?? '')}`))
  })
  return form
}

async function one(serial: string): Promise<HTMLElement> {
  const each = await got(api.GET('/v1/certificates/{serial}', { params: { path: { serial } } })) as Schemas['Certificate']
  return card(
    each.serial,
    facts([
      [say('状态', 'State'), state(each.status, word(STATES, each.status))],
      [say('类型', 'Kind'), word(KINDS, each.kind)],
      [say('持有人', 'Holder'), each.holder],
      [say('受益方', 'Beneficiary'), each.beneficiary],
      [say('克', 'Grams'), number(each.grams)],
      [say('用途', 'Purpose'), purposeOf(each)],
      [say('签发时间', 'Issued'), when(each.issued_at)],
      [say('撤销理由', 'Why it was revoked'), each.reason],
    ]),
    h('div', { class: 'buttons' }, h('a', { class: 'button', href: new URL(`transparency/?serial=${encodeURIComponent(each.serial)}`, root).href, target: '_blank', rel: 'noopener' }, say('公开核验', 'Verify in public')), is('exchange') && each.status === 'valid' ? button(say('撤销', 'Revoke'), () => revoke(each.serial), 'danger') : null),
  )
}

function revoke(serial: string): void {
  ask({
    title: say('撤销凭证', 'Revoke the certificate'),
    text: say('撤销理由对外公开；已注销的减排量不恢复。', 'The reason is public. Grams that were retired stay retired.'),
    fields: [REASON()],
    confirm: say('撤销', 'Revoke'),
    danger: true,
    send: ({ reason = '' }) => once(`revoke:${serial}`, '/v1/certificates/{serial}/revoke', { reason }, { serial }),
    done: settled(say('已撤销', 'Revoked')),
  })
}
