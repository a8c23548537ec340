import { ask, control, REASON } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, facts, filters, is, list, page, settled, state, to } from '@/shared/office'
import { say, STATES, word } from '@/shared/say'

type Campaign = Schemas['Campaign']

export async function campaigns(_: string[], query: URLSearchParams): Promise<Node> {
  const status = query.get('status') ?? 'proposed'
  const options = ['proposed', 'approved', 'ended', 'closed', 'abandoned'].map((code): [string, string] => [code, word(STATES, code)])
  const columns = [
    { name: say('标题', 'Title'), cell: (each: Campaign) => to('campaign', each.id, each.title) },
    { name: say('受益方', 'Beneficiary'), cell: (each: Campaign) => each.beneficiary },
    { name: say('目标（克）', 'Target (g)'), cell: (each: Campaign) => number(each.target_grams), number: true },
    { name: say('已募集', 'Gathered'), cell: (each: Campaign) => number(each.gathered_points), number: true },
    { name: say('截止', 'Ends'), cell: (each: Campaign) => when(each.ends_at) },
    { name: say('状态', 'State'), cell: (each: Campaign) => state(each.status, word(STATES, each.status)) },
  ]
  const read = (cursor?: string) =>
    status === 'proposed'
      ? got(api.GET('/v1/campaign-proposals', { params: { query: { limit: 20, ...(cursor ? { cursor } : {}) } } }))
      : got(api.GET('/v1/campaigns', { params: { query: { limit: 20, status: status as 'approved', ...(cursor ? { cursor } : {}) } } }))
  return page(
    say('捐赠项目', 'Campaigns'),
    filters('campaigns', query, [control({ name: 'status', label: say('状态', 'State'), kind: 'select', options, value: status })]),
    card('', await list(say('捐赠项目', 'Campaigns'), columns, read)),
  )
}

export async function campaignPage([id = '']: string[]): Promise<Node> {
  const each = await got(api.GET('/v1/campaigns/{id}', { params: { path: { id } } }))
  return page(
    each.title,
    card(
      '',
      facts([
        [say('状态', 'State'), state(each.status, word(STATES, each.status))],
        [say('受益方', 'Beneficiary'), each.beneficiary],
        [say('用途', 'Purpose'), each.purpose === 'event' ? say('大型活动碳中和', 'A large event') : say('企业生产经营碳中和', 'Production and operations')],
        [say('目标（克）', 'Target (g)'), number(each.target_grams)],
        [say('已募集碳积分', 'Points gathered'), number(each.gathered_points)],
        [say('捐赠人数', 'Donors'), number(each.donors)],
        [say('截止时间', 'Ends'), when(each.ends_at)],
        [say('机构账户', 'Institution'), h('code', {}, each.institution)],
        [say('理由', 'Reason'), each.reason],
      ]),
      h('p', { class: 'prose' }, each.description),
      is('exchange') ? h('div', { class: 'buttons' }, steps(each)) : null,
    ),
  )
}

function steps(each: Campaign): HTMLElement[] {
  const { id, edits } = each
  if (each.status === 'proposed') {
    return [
      button(say('批准', 'Approve'), () =>
        ask({ title: say('批准捐赠项目', 'Approve the campaign'), text: say('批准后公开接受捐赠。', 'It becomes public, and takes donations.'), confirm: say('批准', 'Approve'), send: () => once(`approve:${id}`, '/v1/campaigns/{id}/approve', { edits }, { id }), done: settled() }), 'primary'),
      button(say('不予批准', 'Reject'), () => reasoned(id, 'reject', say('不予批准', 'Reject the campaign')), 'danger'),
    ]
  }
  if (!['approved', 'ended'].includes(each.status)) return []
  return [
    button(say('结束并注销', 'Close and retire'), () =>
      ask({ title: say('结束捐赠项目', 'Close the campaign'), text: say('募集的碳积分对应的减排量将为受益方注销，并签发凭证。', 'What was gathered is retired for the beneficiary, with a certificate.'), confirm: say('结束', 'Close'), send: () => once(`close:${id}`, '/v1/campaigns/{id}/close', {}, { id }), done: settled() })),
    button(say('终止并返还', 'Abandon'), () => reasoned(id, 'abandon', say('终止捐赠项目，返还全部捐赠', 'Abandon the campaign: all donations go back')), 'danger'),
  ]
}

function reasoned(id: string, action: 'reject' | 'abandon', title: string): void {
  ask({ title, fields: [REASON()], confirm: title, danger: true, send: ({ reason = '' }) => once(`${action}:${id}`, `/v1/campaigns/{id}/${action}`, { reason }, { id }), done: settled() })
}
