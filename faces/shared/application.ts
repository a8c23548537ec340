/** What an application says, as both its reviewers and its applicant read it. */
import { api, got, type Schemas } from './client'
import { h, type Child } from './dom'
import { when } from './i18n'
import { card, facts, state, to } from './office'
import { ACTIONS, DOCUMENTS, MODES, OUTCOMES, ROLES, say, STATES, word } from './say'

type Application = Schemas['Application']
type Plan = Record<string, unknown>

const PLAN: Record<string, readonly [string, string]> = {
  mall_url: ['商城网址', 'Address of the mall'],
  categories: ['权益品类', 'Categories'],
  stock_commitment: ['库存承诺', 'Stock commitment'],
  service_hours: ['服务时间', 'Service hours'],
  data_contact: ['数据联系人', 'Contact for data'],
  region_or_sector: ['区域或行业', 'Region or sector'],
  operator_name: ['运营方名称', 'Operator'],
  planned_merchants: ['计划入驻数量', 'Planned merchants'],
  starts_at: ['活动开始', 'Starts'],
  opens_at: ['开始兑换', 'Opens'],
  ends_at: ['活动结束', 'Ends'],
  goods: ['权益商品', 'Goods'],
  quantity: ['数量', 'Quantity'],
  per_account_limit: ['每人限量', 'Limit for one person'],
  rules: ['活动规则', 'Rules'],
  allocation: ['分配方式', 'Allocation'],
  draws_at: ['抽签时间', 'Draw'],
  description: ['说明', 'Description'],
}
const ALLOCATIONS = { first_come: ['先到先得', 'First come'], draw: ['抽签', 'Draw'] } as const

export async function applicationCards(application: Application, merchantPath = ''): Promise<HTMLElement[]> {
  const { plan, review, opinion, acknowledgement, agreement, integration } = application
  const names = 'categories' in plan ? await categoryNames() : new Map<unknown, string>()
  const stated: [string, Child][] = Object.entries(plan as Plan).map(([name, value]) => [word(PLAN, name), shown(name, value, names)])
  return [
    card(
      application.title,
      facts([
        [say('状态', 'State'), state(application.status, word(STATES, application.status))],
        [say('入驻模式', 'Mode'), word(MODES, application.mode)],
        [say('提出时间', 'Made'), when(application.created_at)],
        [say('进入当前状态', 'In this state since'), when(application.since)],
        [say('机构账户', 'Account'), merchantPath ? to(merchantPath, application.applicant) : null],
        [say('所属分平台', 'Sub-platform'), application.sub_platform],
      ]),
      h('h3', {}, say('入驻方案', 'Plan')),
      facts(stated),
    ),
    ...[
      review && note(say('技术审查', 'Review'), review.at, word(OUTCOMES, review.outcome), review.comment, [
        [say('完整性', 'Completeness'), yes(review.completeness)],
        [say('规范性', 'Conformity'), yes(review.conformity)],
        [say('可靠性', 'Reliability'), yes(review.reliability)],
      ]),
      opinion && note(say('评估论证意见', 'Opinion'), opinion.at, word(OUTCOMES, opinion.conclusion), opinion.text),
      acknowledgement && note(say('备案', 'Filing'), acknowledgement.at, word(OUTCOMES, acknowledgement.outcome), acknowledgement.comment),
      agreement && note(say('入驻商城合作协议', 'Agreement'), agreement.at, '', null, [
        [say('签订时间', 'Signed'), when(agreement.signed_at)],
        [say('有效期截止日', 'Last day'), agreement.ends_on],
        ['SHA-256', h('code', {}, agreement.sha256)],
      ]),
      integration && note(say('系统对接', 'Integration'), integration.at, '', null, [
        [say('接收地址', 'Address'), integration.callback_url],
        [say('公钥', 'Public key'), h('code', {}, integration.public_key)],
        [say('授权返回地址', 'Where codes of consent may go'), integration.consent_redirects.join(' ')],
      ]),
    ].filter((each): each is HTMLElement => !!each),
  ]
}

/** Words of the register's codes; one that has none stands for itself. */
async function categoryNames(): Promise<Map<unknown, string>> {
  const { items } = await got(api.GET('/v1/categories'))
  return new Map(items.map((each) => [each.code, say(each.label.zh, each.label.en)]))
}

function shown(name: string, value: unknown, names: Map<unknown, string>): Child {
  if (Array.isArray(value)) return value.map((each) => names.get(each) ?? String(each)).join(say('、', ', '))
  if (name === 'allocation') return word(ALLOCATIONS, String(value))
  if (value && name.endsWith('_at')) return when(String(value))
  return value === null || value === undefined ? '' : h('span', { class: 'prose' }, String(value))
}

function note(title: string, at: string, outcome: string, text: string | null, more: [string, Child][] = []): HTMLElement {
  return card(title, facts([[say('时间', 'When'), when(at)], [say('结论', 'Outcome'), outcome], ...more]), text ? h('p', { class: 'prose' }, text) : null)
}

const yes = (met: boolean): string => (met ? say('✓ 符合', '✓ met') : say('✗ 不符合', '✗ not met'))

const OF_FILES = ['document', 'link'] // their comment is the kind of the document

/** Who did what and when, the latest first. */
export function history(lines: Schemas['HistoryLine'][]): HTMLElement {
  const shown = [...lines].reverse().map((line) =>
    h(
      'li',
      {},
      h('p', {}, h('strong', {}, word(ACTIONS, line.action), line.outcome ? `：${word(OUTCOMES, line.outcome)}` : ''), ` → ${word(STATES, line.status)}`),
      line.comment ? h('p', { class: 'prose' }, OF_FILES.includes(line.action) ? word(DOCUMENTS, line.comment) : line.comment) : null,
      h('p', { class: 'quiet small' }, `${word(ROLES, line.by_role)} · ${when(line.at)}`),
    ),
  )
  return h('ol', { class: 'history' }, shown)
}
