import { carry, control, valuesOf, type Field } from '@/shared/ask'
import { api, got, orNull, type Schemas } from '@/shared/client'
import { h, type Child } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { card, facts, page, settled, state, table } from '@/shared/office'
import { healthCard } from '@/shared/health'
import { age, MODES, say, STATES, word } from '@/shared/say'
import { account, merchant } from './me'
import { relist, leave } from './leaving'

type Application = Schemas['Application']

/** Where one stands, and what to do next. */
export async function overview(): Promise<Node> {
  const mine = await account()
  if (!mine) return opening()
  const [sells, { items }] = await Promise.all([merchant(mine.id), got(api.GET('/v1/applications', { params: { query: { limit: 20 } } }))])
  const own = items.filter((each) => each.applicant === mine.id)
  const health = sells ? await orNull(got(api.GET('/v1/merchants/{id}/health', { params: { path: { id: mine.id } } }))) : null
  return page(
    mine.name,
    h('ul', { class: 'tiles' }, tile(say('碳积分', 'Points'), mine.balances.points), tile(say('减排量（克）', 'Grams CO2e'), mine.balances.grams), tile(say('已回兑碳积分', 'Bought back'), mine.totals.bought_back), tile(say('已注销（克）', 'Retired (g)'), mine.totals.retired)),
    card(
      say('入驻', 'In the mall'),
      facts([
        [say('状态', 'State'), sells ? state(sells.status, word(STATES, sells.status)) : say('尚未入驻', 'Not a merchant yet')],
        [say('入驻模式', 'Mode'), sells ? word(MODES, sells.mode) : ''],
        [say('账户状态', 'Account'), state(mine.status, word(STATES, mine.status))],
        [say('账户编号', 'Number'), h('code', {}, mine.id)],
      ]),
      own.length ? table(say('入驻申请', 'Applications'), columns(), own) : null,
      h('div', { class: 'buttons' }, h('a', { class: 'button', href: '#/apply' }, sells ? say('申请特定活动', 'Apply for an event') : say('申请入驻', 'Apply')), sells?.status === 'active' ? leave(mine.id) : null, health?.delisted_at ? relist(mine.id) : null),
    ),
    health ? healthCard(health) : null,
  )
}

function tile(label: string, amount: number): HTMLElement {
  return h('li', {}, h('b', {}, number(amount)), label)
}

function columns(): { name: string; cell: (each: Application) => Child }[] {
  return [
    { name: say('申请', 'Application'), cell: (each) => h('a', { href: `#/application/${each.id}` }, each.title) },
    { name: say('状态', 'State'), cell: (each) => state(each.status, word(STATES, each.status)) },
    { name: say('下一步', 'Next'), cell: (each) => next(each) },
    { name: say('自', 'Since'), cell: (each) => `${when(each.since)}${each.age_seconds ? ` (${age(each.age_seconds)})` : ''}` },
  ]
}

/** Who has to do what, in a sentence. */
export function next({ status }: Pick<Application, 'status'>): string {
  const steps: Partial<Record<Application['status'], string>> = {
    draft: say('请上传材料并提交', 'Upload the documents, then submit'),
    returned: say('请按意见补正后重新提交', 'Correct what the review says, then submit again'),
    with_operator: say('等待分平台审核', 'The sub-platform looks at it'),
    submitted: say('等待上海环交所技术审查', 'The exchange reviews it'),
    reviewed: say('等待上海环交所出具意见', 'The exchange states its opinion'),
    opinion_filed: say('等待市生态环境局备案', 'The bureau files it'),
    acknowledged: say('请登记已签订的合作协议', 'Register the signed agreement'),
    agreement_signed: say('请完成系统对接', 'Connect your system'),
    active: say('已入驻', 'You are in the mall'),
  }
  return steps[status] ?? ''
}

function opening(): Node {
  const fields: Field[] = [
    { name: 'name', label: say('机构名称', 'Name of the institution'), required: true, max: 200 },
    { name: 'credit_code', label: say('统一社会信用代码', 'Unified social credit code'), required: true, max: 18, hint: say('18 位，与营业执照一致', '18 letters and digits, as on the business licence') },
  ]
  const form = h('form', {}, fields.map(control), h('button', { type: 'submit', class: 'primary' }, say('开户', 'Open the account')))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void carry(form, async () => {
      const { name = '', credit_code = '' } = await valuesOf(form, fields)
      return once('open', '/v1/accounts', { kind: 'institution', name, credit_code })
    }, settled(say('已开户', 'Opened')))
  })
  return page(say('开立机构账户', 'Open an institution account'), card('', h('p', {}, say('您的登录主体尚无账户。', 'Your login has no account yet.')), form))
}
