import { ask, control, REASON, valuesOf, type Field } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { sentence } from '@/shared/entries'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, facts, go, is, list, page, settled, state } from '@/shared/office'
import { KINDS, say, STATES, word } from '@/shared/say'
import { scenarioNames } from '@/shared/scenarios'

type Account = Schemas['AccountView']

let reason = '' // kept while the page is open, never in the address

/** An account is read for a reason, which its holder sees. */
export async function accountPage([id = '']: string[]): Promise<Node> {
  return page(say('账户查阅', 'Accounts'), door(id), id && reason ? await read(id) : null)
}

function door(id: string): HTMLElement {
  const fields: Field[] = [
    { name: 'account', label: say('账户编号', 'Account'), required: true, value: id },
    { name: 'reason', label: say('查阅事由', 'Reason'), required: true, value: reason, max: 200, hint: say('账户持有人可以看到查阅时间、角色和事由', 'The holder sees when, which role, and why') },
  ]
  const form = h('form', {}, fields.map(control), h('button', { type: 'submit', class: 'primary' }, say('查阅', 'Read')))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void valuesOf(form, fields).then((given) => {
      reason = given.reason ?? ''
      if (given.account === id) settled('')()
      else go(`accounts/${encodeURIComponent(given.account ?? '')}`)
    })
  })
  return card('', form)
}

async function read(id: string): Promise<HTMLElement> {
  const asked = { params: { path: { id }, query: { reason } } }
  const [account, names] = await Promise.all([got(api.GET('/v1/accounts/{id}', asked)), scenarioNames()])
  const entries = await list(
    say('账户明细', 'Statement'),
    [
      { name: say('时间', 'When'), cell: (each: Schemas['Entry']) => when(each.at) },
      { name: say('摘要', 'What'), cell: (each) => sentence(each, (code) => names.get(code)) },
      { name: say('碳积分', 'Points'), cell: (each) => signed(each.points), number: true },
      { name: say('克', 'Grams'), cell: (each) => signed(each.grams), number: true },
    ],
    (cursor) => got(api.GET('/v1/accounts/{id}/entries', { params: { path: { id }, query: { reason, limit: 20, ...(cursor ? { cursor } : {}) } } })),
  )
  return h('div', {}, sheet(account), card(say('账户明细', 'Statement'), entries))
}

const signed = (amount: number): string => (amount ? `${amount > 0 ? '+' : '−'}${number(Math.abs(amount))}` : '')

function sheet(account: Account): HTMLElement {
  const { id, status, balances, totals } = account
  const guard = is('exchange', 'bureau')
  return card(
    account.name,
    facts([
      [say('状态', 'State'), state(status, word(STATES, status))],
      [say('类型', 'Kind'), word(KINDS, account.kind)],
      [say('开户时间', 'Opened'), when(account.opened_at)],
      [say('碳积分', 'Points'), number(balances.points)],
      [say('预授权中', 'Held'), balances.held_points ? number(balances.held_points) : ''],
      [say('减排量（克）', 'Grams'), balances.grams ? number(balances.grams) : ''],
      [say('待抵扣碳积分', 'Debt (points)'), account.debt_points ? number(account.debt_points) : ''],
      [say('累计获得', 'Earned'), number(totals.earned)],
      [say('累计兑换', 'Redeemed'), number(totals.redeemed)],
      [say('累计注销', 'Cancelled'), number(totals.cancelled)],
      [say('累计捐赠', 'Donated'), number(totals.donated)],
      [say('碳普惠信用', 'Credit score'), account.credit ? `${number(account.credit.score)} ${account.credit.level ?? ''}` : ''],
      [say('监护人', 'Guardian'), account.guardian],
      [say('账户编号', 'Number'), h('code', {}, id)],
    ]),
    guard && status === 'active' ? button(say('冻结', 'Freeze'), () => guardStep(id, 'freeze', say('冻结账户', 'Freeze the account')), 'danger') : null,
    guard && status === 'frozen' ? button(say('解冻', 'Unfreeze'), () => guardStep(id, 'unfreeze', say('解冻账户', 'Unfreeze the account')), 'primary') : null,
  )
}

function guardStep(id: string, action: 'freeze' | 'unfreeze', title: string): void {
  ask({
    title,
    text: action === 'freeze' ? say('冻结期间账户不能发生任何收支。', 'Nothing moves until it is released.') : null,
    fields: [REASON()],
    confirm: title,
    danger: action === 'freeze',
    send: ({ reason: why = '' }) => once(`${action}:${id}`, `/v1/accounts/{id}/${action}`, { reason: why }, { id }),
    done: settled(),
  })
}
