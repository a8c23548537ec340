import { ask, type Field } from '@/shared/ask'
import type { Schemas } from '@/shared/client'
import { once } from '@/shared/keeper'
import { h } from '@/shared/dom'
import { button, card, is, settled } from '@/shared/office'
import { OUTCOMES, say, word } from '@/shared/say'

type Application = Schemas['Application']

/** What exchange or bureau may do now; the platform says it in next_actions. */
export function decisions(application: Application): HTMLElement | null {
  const actions = new Set(application.next_actions.map((each) => each.split(' ')[0] ?? ''))
  const buttons: HTMLElement[] = []
  if (actions.has('review') && is('exchange')) buttons.push(button(say('技术审查', 'Review'), () => review(application), 'primary'))
  if (actions.has('opinion') && is('exchange')) buttons.push(button(say('出具评估论证意见', 'State the opinion'), () => opinion(application), 'primary'))
  if (actions.has('acknowledge') && is('bureau')) buttons.push(button(say('备案', 'File it'), () => acknowledge(application), 'primary'))
  return buttons.length ? card(say('待您办理', 'For you to do'), h('div', { class: 'buttons' }, buttons)) : null
}

const outcomes = (codes: string[]): [string, string][] => codes.map((code) => [code, word(OUTCOMES, code)])

function review({ id, name }: Application): void {
  const fields: Field[] = [
    { name: 'completeness', label: say('材料完整', 'Complete'), kind: 'check' },
    { name: 'conformity', label: say('内容规范', 'In conformity with the rules'), kind: 'check' },
    { name: 'reliability', label: say('真实可靠', 'Reliable'), kind: 'check' },
    { name: 'outcome', label: say('结论', 'Outcome'), kind: 'select', options: outcomes(['pass', 'return', 'reject']), required: true },
    { name: 'comment', label: say('意见', 'Comment'), kind: 'long', max: 4000, hint: say('退回补正或不予通过时必须说明理由', 'Required to return or to reject it') },
  ]
  ask({
    title: say(`技术审查：${name}`, `Review: ${name}`),
    fields,
    confirm: say('提交审查结论', 'Submit'),
    send: ({ outcome, comment, ...met }) =>
      once(`review:${id}`, '/v1/applications/{id}/review', {
        outcome: outcome as Schemas['Review']['outcome'],
        completeness: met.completeness === 'true',
        conformity: met.conformity === 'true',
        reliability: met.reliability === 'true',
        comment: comment || null,
      }, { id }),
    done: settled(),
  })
}

function opinion({ id, name }: Application): void {
  ask({
    title: say(`评估论证意见：${name}`, `Opinion: ${name}`),
    text: say('意见将报送市生态环境局备案。', 'It is reported to the bureau.'),
    fields: [
      { name: 'conclusion', label: say('结论', 'Conclusion'), kind: 'select', options: outcomes(['favourable', 'unfavourable']), required: true },
      { name: 'text', label: say('评估论证意见', 'Opinion'), kind: 'long', required: true, max: 4000 },
    ],
    confirm: say('报送', 'Report it'),
    send: ({ conclusion, text = '' }) => once(`opinion:${id}`, '/v1/applications/{id}/opinion', { conclusion: conclusion as 'favourable', text }, { id }),
    done: settled(),
  })
}

function acknowledge({ id, name, mode, opinion: stated }: Application): void {
  const codes = mode === 'other' ? ['accept', 'refuse'] : ['accept']
  ask({
    title: say(`备案：${name}`, `File: ${name}`),
    text: stated?.conclusion === 'unfavourable' ? h('p', { class: 'note' }, say('意见为不同意入驻，备案后申请将不予通过。', 'The opinion is unfavourable: filing it rejects the application.')) : null,
    fields: [
      { name: 'outcome', label: say('结论', 'Outcome'), kind: 'select', options: outcomes(codes), required: true },
      { name: 'comment', label: say('说明', 'Comment'), kind: 'long', max: 4000 },
    ],
    confirm: say('备案', 'File it'),
    send: ({ outcome, comment }) => once(`acknowledge:${id}`, '/v1/applications/{id}/acknowledge', { outcome: outcome as 'accept', comment: comment || null }, { id }),
    done: settled(),
  })
}
