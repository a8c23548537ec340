import { ask, control } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { event, why } from '@/shared/deliveries'
import { h } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, facts, filters, go, list, page, settled, state, table, to } from '@/shared/office'
import { say, STATES, word } from '@/shared/say'
import { ownId } from './me'

type Delivery = Schemas['Delivery']

export async function webhooks(_: string[], query: URLSearchParams): Promise<Node> {
  const status = (query.get('status') ?? 'failed') as 'failed' | 'pending'
  const id = await ownId()
  const columns = [
    { name: say('类型', 'Type'), cell: (each: Delivery) => event(each.type) },
    { name: say('时间', 'Made'), cell: (each: Delivery) => when(each.made_at) },
    { name: say('次数', 'Tries'), cell: (each: Delivery) => number(each.attempts), number: true },
    { name: say('原因', 'Reason'), cell: (each: Delivery) => why(each.reason) },
    { name: say('下次发送', 'Next try'), cell: (each: Delivery) => (each.next_attempt_at ? when(each.next_attempt_at) : '') },
    { name: say('办理', 'Do'), cell: (each: Delivery) => (each.status === 'failed' ? button(say('重新发送', 'Replay'), () => replay(each.id)) : '') },
  ]
  const options = (['failed', 'pending'] as const).map((code): [string, string] => [code, word(STATES, code)])
  const { keys } = await got(api.GET('/v1/webhook-keys/{merchant}', { params: { path: { merchant: id } } }))
  return page(
    say('事件通知', 'Webhooks'),
    filters('webhooks', query, [control({ name: 'status', label: say('状态', 'State'), kind: 'select', options, value: status })]),
    card('', await list(say('事件通知', 'Webhooks'), columns, (cursor) => got(api.GET('/v1/webhook-deliveries', { params: { query: { status, limit: 20, ...(cursor ? { cursor } : {}) } } })), say('没有记录：事件通知均已送达', 'Nothing here: what was sent has arrived'))),
    card(say('平台签名公钥', 'Keys that sign them'), h('p', { class: 'quiet' }, say('您的系统用以下公钥核验事件通知的签名。', 'Your system verifies the signatures with these.')), keys.map((key) => h('p', {}, h('code', {}, key)))),
    card(say('对接测试', 'Conformance'), h('p', {}, say('平台向您的系统发送测试事件，并提供沙箱；不产生真实收支。', 'The platform sends test events to your system, and gives it a sandbox. No point moves.')), h('a', { class: 'button', href: '#/conformance' }, say('对接测试', 'Conformance runs'))),
  )
}

function replay(id: string): void {
  ask({ title: say('重新发送', 'Replay'), confirm: say('重新发送', 'Replay'), send: () => once(`replay:${id}`, '/v1/webhook-deliveries/{id}/replay', {}, { id }), done: settled() })
}

export async function conformance([run]: string[]): Promise<Node> {
  const id = await ownId()
  const path = { params: { path: { id } } }
  if (run) return one(id, run)
  const columns = [
    { name: say('开始', 'Started'), cell: (each: Schemas['RunSummary']) => to('conformance', each.id, when(each.started_at)) },
    { name: say('状态', 'State'), cell: (each: Schemas['RunSummary']) => state(each.status, word(STATES, each.status)) },
    { name: say('通过', 'Passed'), cell: (each: Schemas['RunSummary']) => number(each.passed), number: true },
    { name: say('未通过', 'Failed'), cell: (each: Schemas['RunSummary']) => number(each.failed), number: true },
  ]
  const start = (): void =>
    ask({ title: say('开始对接测试', 'Start a conformance run'), confirm: say('开始', 'Start'), send: () => once(`conformance:${id}`, '/v1/merchants/{id}/conformance', {}, { id }), done: (made: Schemas['RunSummary']) => go(`conformance/${made.id}`) })
  return page(
    say('对接测试', 'Conformance'),
    h('div', { class: 'buttons above' }, button(say('开始对接测试', 'Start a run'), start, 'primary')),
    card('', await list(say('对接测试', 'Runs'), columns, (cursor) => got(api.GET('/v1/merchants/{id}/conformance', { params: { ...path.params, query: { limit: 20, ...(cursor ? { cursor } : {}) } } })))),
  )
}

async function one(id: string, run: string): Promise<Node> {
  const found = await got(api.GET('/v1/merchants/{id}/conformance/{run}', { params: { path: { id, run } } }))
  return page(
    say('对接测试', 'Conformance'),
    card('', facts([[say('状态', 'State'), state(found.status, word(STATES, found.status))], [say('沙箱地址', 'Sandbox'), h('code', {}, found.sandbox)]]), h('div', { class: 'buttons' }, button(say('刷新', 'Look again'), settled('')))),
    card('', table(say('步骤', 'Steps'), [
      { name: say('步骤', 'Step'), cell: (each) => h('code', {}, each.name) },
      { name: say('结果', 'Result'), cell: (each) => state(each.state, word(STATES, each.state)) },
      { name: say('要求', 'Expected'), cell: (each) => say(each.expected_zh, each.expected) },
      { name: say('实际', 'What came'), cell: (each) => say(each.came_zh ?? '', each.came ?? '') },
      { name: say('改正方法', 'How to fix it'), cell: (each) => say(each.fix_zh ?? '', each.fix ?? '') },
    ], found.steps)),
  )
}
