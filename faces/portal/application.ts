import { ask, carry, control, valuesOf, type Field } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { once, type Body } from '@/shared/keeper'
import { own } from '@/shared/own'
import { applicationCards, history } from '@/shared/application'
import { attempt, button, card, go, page, settled } from '@/shared/office'
import { MODES, say, word } from '@/shared/say'
import { ownId, merchant } from './me'
import { categorised, planFields, planOf, type Categories, type Mode } from './plan'
import { next } from './overview'
import { documents } from './documents'

type Application = Schemas['Application']

/** First step: the mode. Second step: the plan. Then the application exists, and takes its documents. */
export async function newApplication(_: string[], query: URLSearchParams): Promise<Node> {
  const mode = query.get('mode') as Mode | null
  if (!mode || !own(MODES, mode)) return modes((await merchant(await ownId())) ? ['event'] : (Object.keys(MODES) as Mode[]))
  const { items } = await got(api.GET('/v1/categories'))
  const title = say('申请入驻', 'Apply')
  const form = planForm(mode, items, { title: '', plan: {} }, (body) => once('apply', '/v1/applications', body as Body<'/v1/applications'>), (made) => go(`application/${(made as { id: string }).id}`), true)
  return page(`${title}：${word(MODES, mode)}`, card(say('第 2 步，共 3 步：入驻方案', 'Step 2 of 3: your plan'), form))
}

function modes(open: Mode[]): Node {
  const words: Record<Mode, string> = {
    third_party_mall: say('您有自己的商城，个人在您的商城使用碳积分。', 'You have a mall of your own, where people pay with points.'),
    sub_platform: say('您组织一个区域或行业内的多家权益方。', 'You bring together several merchants of a region or a sector.'),
    event: say('在限定时间内提供特定的商品或服务。', 'You offer particular goods for a limited time.'),
    other: say('其他方式，须经市生态环境局确认。', 'Anything else; the bureau confirms it.'),
  }
  const cards = open.map((mode) => h('li', {}, h('a', { class: 'choice', href: `#/apply?mode=${mode}` }, h('strong', {}, word(MODES, mode)), h('span', {}, words[mode]))))
  return page(say('申请入驻', 'Apply'), card(say('第 1 步，共 3 步：选择入驻模式', 'Step 1 of 3: choose the mode'), h('ul', { class: 'choices' }, cards)))
}

type Sent = (body: Record<string, unknown>) => Promise<unknown>

function planForm(mode: Mode, categories: Categories, given: { title: string; plan: Record<string, unknown> }, send: Sent, done: (answer: unknown) => void, fresh = false): HTMLElement {
  const fields: Field[] = [{ name: 'title', label: say('申请标题', 'Title'), required: true, max: 200, value: given.title }, ...planFields(mode, given.plan)]
  if (fresh) fields.push({ name: 'sub_platform', label: say('所属分平台账户编号（没有则留空）', 'Account of the sub-platform above (if any)') })
  const chosen = (given.plan.categories ?? []) as string[]
  const boxes = categories.map((each) => h('label', { class: 'check' }, h('input', { type: 'checkbox', name: 'category', value: each.code, checked: chosen.includes(each.code) }), say(each.label.zh, each.label.en)))
  const group = categorised(mode) ? h('fieldset', { class: 'control', 'data-pointer': 'plan/categories', id: 'plan-categories' }, h('legend', {}, say('权益品类', 'Categories')), h('div', { class: 'chips' }, boxes)) : null
  const form = h('form', {}, fields.map(control), group, h('button', { type: 'submit', class: 'primary' }, fresh ? say('下一步：上传材料', 'Next: documents') : say('保存', 'Save')))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void carry(form, async () => {
      const { title = '', sub_platform, ...values } = await valuesOf(form, fields)
      const codes = [...form.querySelectorAll<HTMLInputElement>('[name=category]:checked')].map((each) => each.value)
      const plan = planOf(mode, values, codes)
      return send(fresh ? { mode, title, plan, sub_platform: sub_platform || null } : { title, plan })
    }, done)
  })
  return form
}

export async function applicationPage([id = '']: string[]): Promise<Node> {
  const application = await got(api.GET('/v1/applications/{id}', { params: { path: { id } } }))
  const can = new Set(application.next_actions.map((each) => each.split(' ')[0] ?? ''))
  return page(
    application.title,
    card(say('下一步', 'Next'), h('p', {}, next(application)), review(application), h('div', { class: 'buttons' }, steps(application, can))),
    documents(application, can.has('documents')),
    ...(await applicationCards(application)),
    card(say('办理记录', 'History'), history(application.history)),
  )
}

function review({ status, review: note }: Application): HTMLElement | null {
  return status === 'returned' && note?.comment ? h('p', { class: 'note prose' }, `${say('审查意见：', 'The review: ')}${note.comment}`) : null
}

function steps(application: Application, can: Set<string>): HTMLElement[] {
  const { id } = application
  const found: HTMLElement[] = []
  if (can.has('submit')) found.push(button(say('提交申请', 'Submit'), () => simple(id, 'submit', say('提交申请', 'Submit the application')), 'primary'))
  if (can.has('agreement')) found.push(button(say('登记合作协议', 'Register the agreement'), () => agreement(id), 'primary'))
  if (can.has('integration')) found.push(button(application.status === 'active' ? say('更换系统或公钥', 'Another system or key') : say('系统对接', 'Connect your system'), () => integration(application), 'primary'))
  if (can.has('submit')) found.push(button(say('修改方案', 'Change the plan'), () => attempt(() => edit(application))))
  if (can.has('withdraw')) found.push(button(say('撤回申请', 'Withdraw'), () => simple(id, 'withdraw', say('撤回申请', 'Withdraw the application'), true), 'danger'))
  return found
}

function simple(id: string, action: 'submit' | 'withdraw', title: string, danger = false): void {
  const text = danger ? say('撤回后不能恢复，可以重新申请。', 'It cannot be taken up again, but you may make another one.') : say('提交后在审查期间不能再修改。', 'It cannot be changed while it is reviewed.')
  ask({ title, text, confirm: title, danger, send: () => once(`${action}:${id}`, `/v1/applications/{id}/${action}`, {}, { id }), done: settled() })
}

async function edit(application: Application): Promise<void> {
  const { id, mode, title, plan } = application
  const { items } = await got(api.GET('/v1/categories'))
  const dialog = h('dialog', { 'aria-labelledby': 'edit-title' }, h('h2', { id: 'edit-title' }, say('修改方案', 'Change the plan')))
  const send: Sent = (body) => once<'/v1/applications/{id}', 'patch'>(`change:${id}`, '/v1/applications/{id}', body as Body<'/v1/applications/{id}', 'patch'>, { id }, 'patch')
  dialog.append(planForm(mode, items, { title, plan: plan as Record<string, unknown> }, send, () => (dialog.close(), settled(say('已保存', 'Saved'))())), h('div', { class: 'buttons' }, button(say('取消', 'Cancel'), () => dialog.close())))
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}

function agreement(id: string): void {
  ask({
    title: say('登记合作协议', 'Register the cooperation agreement'),
    fields: [
      { name: 'sha256', label: say('协议文件', 'The signed file'), kind: 'digest', required: true },
      { name: 'signed_at', label: say('签订时间', 'Signed'), kind: 'time', required: true },
      { name: 'ends_on', label: say('有效期截止日', 'Last day'), kind: 'date', hint: say('长期有效的留空', 'Empty if it has none') },
    ],
    confirm: say('登记', 'Register'),
    send: ({ sha256 = '', signed_at = '', ends_on }) => once(`agreement:${id}`, '/v1/applications/{id}/agreement', { sha256, signed_at, ends_on: ends_on || null }, { id }),
    done: settled(),
  })
}

function integration({ id, integration: present }: Application): void {
  ask({
    title: say('系统对接', 'Connect your system'),
    text: say('平台将向该地址发送签名的对接请求，您的系统须在 5 秒内应答。', 'The platform sends a signed challenge there. Your system must answer within 5 seconds.'),
    fields: [
      { name: 'callback_url', label: say('接收地址', 'Its address'), kind: 'url', required: true, value: present?.callback_url ?? '' },
      { name: 'public_key', label: say('公钥', 'Its public key'), required: true, value: present?.public_key ?? '', hint: 'whpk_…' },
      { name: 'signatures', label: say('请求签名', 'Signatures of requests'), kind: 'select', options: [['optional', say('可选', 'Optional')], ['required', say('必须', 'Required')]], value: present?.signatures ?? 'optional' },
      { name: 'consent_redirects', label: say('授权返回地址', 'Where codes of consent may go'), kind: 'long', value: present?.consent_redirects.join('\n') ?? '', hint: say('https 地址，每行一个，最多十个；用户同意后带授权码返回', 'https addresses, one a line, at most ten: a person who consented returns there with her code') },
    ],
    confirm: say('开始对接', 'Connect'),
    send: ({ callback_url = '', public_key = '', signatures, consent_redirects = '' }) =>
      once(`integration:${id}`, '/v1/applications/{id}/integration', { callback_url, public_key, signatures: signatures as 'optional', consent_redirects: consent_redirects.split(/\s+/).filter(Boolean) }, { id }),
    done: settled(say('对接成功', 'Connected')),
  })
}
