/** Words that stand in both languages where they are used, and those of the API's codes. */
import { say } from './i18n'
import { own } from './own'

export { say }

type Words = Record<string, readonly [zh: string, en: string]>

export const ROLES: Words = {
  individual: ['个人', 'Person'],
  institution: ['机构', 'Institution'],
  applicant: ['申请方', 'Applicant'],
  operator: ['分平台建设单位', 'Sub-platform operator'],
  sub_platform_operator: ['分平台建设单位', 'Sub-platform operator'],
  scenario_operator: ['减排场景运营方', 'Scenario operator'],
  exchange: ['上海环交所', 'Exchange'],
  bureau: ['市生态环境局', 'Bureau'],
  auditor: ['审计方', 'Auditor'],
  platform: ['平台', 'Platform'],
  system: ['平台', 'Platform'],
}

export const STATES: Words = {
  draft: ['草稿', 'Draft'],
  with_operator: ['待分平台审核', 'With the sub-platform'],
  submitted: ['待技术审查', 'Submitted'],
  returned: ['已退回补正', 'Returned'],
  reviewed: ['审查通过，待出具意见', 'Reviewed'],
  opinion_filed: ['意见已报送，待备案', 'Opinion reported'],
  acknowledged: ['已备案，待签协议', 'Filed by the bureau'],
  agreement_signed: ['已签协议，待系统对接', 'Agreement signed'],
  active: ['正常', 'Active'],
  rejected: ['不予通过', 'Rejected'],
  withdrawn: ['已撤回', 'Withdrawn'],
  suspended: ['已暂停', 'Suspended'],
  ended: ['已结束', 'Ended'],
  leaving: ['退出中', 'Leaving'],
  left: ['已退出', 'Left'],
  vetoed: ['已否决', 'Vetoed'],
  frozen: ['已冻结', 'Frozen'],
  closed: ['已关闭', 'Closed'],
  reported: ['已上报', 'Reported'],
  confirmed: ['已确认', 'Confirmed'],
  reversed: ['已冲正', 'Reversed'],
  refused: ['未受理', 'Refused'],
  awaiting_upload: ['待上传', 'Awaiting upload'],
  arrived: ['已送达', 'Arrived'],
  processing: ['处理中', 'Processing'],
  done: ['已完成', 'Done'],
  confirming: ['批量确认中', 'Confirming'],
  rejecting: ['批量不予确认中', 'Rejecting'],
  reversing: ['批量冲正中', 'Reversing'],
  awaiting_answer: ['待答复', 'Awaiting an answer'],
  awaiting_ruling: ['待裁定', 'Awaiting a ruling'],
  upheld: ['已裁定支持', 'Upheld'],
  dismissed: ['已裁定驳回', 'Dismissed'],
  resolved: ['已自行解决', 'Resolved'],
  open: ['待处理', 'Open'],
  placed: ['待核销', 'Placed'],
  late: ['已逾期', 'Late'],
  fulfilled: ['已核销', 'Fulfilled'],
  refunded: ['已退还', 'Refunded'],
  held: ['已预授权', 'Held'],
  captured: ['已完成', 'Captured'],
  released: ['已解除', 'Released'],
  expired: ['已到期', 'Expired'],
  planning: ['准备中', 'Planning'],
  running: ['进行中', 'Running'],
  finished: ['已完成', 'Finished'],
  proposed: ['待审批', 'Proposed'],
  approved: ['已批准', 'Approved'],
  abandoned: ['已终止', 'Abandoned'],
  pending: ['待送达', 'Pending'],
  delivered: ['已送达', 'Delivered'],
  failed: ['失败', 'Failed'],
  passed: ['通过', 'Passed'],
  waiting: ['等待中', 'Waiting'],
  skipped: ['未执行', 'Skipped'],
  ending: ['即将到期', 'Ending soon'],
  on_shelf: ['已上架', 'On the shelf'],
  off_shelf: ['已下架', 'Off the shelf'],
  valid: ['有效', 'Valid'],
  revoked: ['已撤销', 'Revoked'],
}

export const MODES: Words = {
  third_party_mall: ['第三方积分商城入驻模式', 'Third-party mall'],
  sub_platform: ['分平台入驻模式', 'Sub-platform'],
  event: ['特定活动模式', 'Event'],
  other: ['经市生态环境局确认的其他方式', 'Other'],
}

export const DOCUMENTS: Words = {
  application_form: ['碳积分商城入驻申请表', 'Application form'],
  business_licence: ['企业营业执照', 'Business licence'],
  legal_person_identity: ['法人身份证明', 'Identity of the legal person'],
  credit_report: ['信用报告', 'Credit report'],
  user_agreement: ['用户协议', 'User agreement'],
  other: ['其他材料', 'Other'],
}

export const KINDS: Words = {
  application: ['入驻申请', 'Application'],
  reduction: ['减排量', 'Reduction'],
  campaign: ['捐赠项目', 'Campaign'],
  order: ['兑换订单', 'Order'],
  redemption: ['兑换订单', 'Order'],
  hold: ['预授权', 'Hold'],
  webhook: ['事件通知', 'Webhooks'],
  buy_back_run: ['减排量回兑', 'Buy-back run'],
  anomaly: ['异常', 'Anomaly'],
  dispute: ['争议', 'Dispute'],
  departure: ['退出商城', 'Departure'],
  agreement: ['入驻商城合作协议', 'Agreement'],
  licence: ['营业执照', 'Licence'],
  overlap: ['行程时间重叠', 'Trips overlap'],
  day_sum: ['当日合计超限', 'Too much in a day'],
  cancellation: ['碳积分自愿注销', 'Cancellation'],
  donation: ['捐赠', 'Donation'],
  retirement: ['减排量注销', 'Retirement'],
  individual: ['个人', 'Person'],
  institution: ['机构', 'Institution'],
  rebind: ['换绑登录主体', 'Rebinding'],
  free_identity: ['释放号码', 'Freeing a number'],
  inheritance: ['继承', 'Inheritance'],
  rename: ['更名', 'Renaming'],
}

export const ACTIONS: Words = {
  apply: ['提出申请', 'Applied'],
  change: ['修改申请', 'Changed'],
  document: ['申请材料', 'Document'],
  link: ['查阅材料', 'Document opened'],
  submit: ['提交', 'Submitted'],
  withdraw: ['撤回', 'Withdrawn'],
  endorsement: ['分平台意见', 'Sub-platform'],
  review: ['技术审查', 'Review'],
  opinion: ['评估论证意见', 'Opinion'],
  acknowledge: ['备案', 'Filing'],
  agreement: ['签订合作协议', 'Agreement'],
  integration: ['系统对接', 'Integration'],
  webhooks: ['事件通知', 'Webhooks'],
  suspend: ['暂停', 'Suspended'],
  reinstate: ['恢复', 'Reinstated'],
  admit: ['准予入驻', 'Admitted'],
  renewal: ['续期', 'Renewed'],
  confirm: ['确认', 'Confirmed'],
  reject: ['不予确认', 'Rejected'],
  reverse: ['冲正', 'Reversed'],
}

export const OUTCOMES: Words = {
  pass: ['通过', 'Pass'],
  return: ['退回补正', 'Return'],
  reject: ['不予通过', 'Reject'],
  favourable: ['同意入驻', 'Favourable'],
  unfavourable: ['不同意入驻', 'Unfavourable'],
  accept: ['同意', 'Accept'],
  refuse: ['不同意', 'Refuse'],
  endorse: ['同意转报', 'Endorse'],
  arrived: ['已送达', 'Arrived'],
  refused: ['未受理', 'Refused'],
  disabled: ['已停止', 'Disabled'],
  dismissed: ['核实无误', 'Plausible after all'],
  reversed: ['已冲正', 'Reversed'],
  referred: ['移交核查', 'Referred'],
}

/** The word of a code; one that is not known stands for itself. */
export function word(words: Words, code: string | null | undefined): string {
  const found = code && own(words, code) ? words[code] : undefined
  return found ? say(...found) : (code ?? '')
}

/** How long something waits. */
export function age(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  if (days) return say(`${days} 天`, days === 1 ? '1 day' : `${days} days`)
  const hours = Math.floor(seconds / 3600)
  if (hours) return say(`${hours} 小时`, `${hours} h`)
  return say(`${Math.max(1, Math.floor(seconds / 60))} 分钟`, `${Math.max(1, Math.floor(seconds / 60))} min`)
}

/** A file's size. */
export function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : bytes < 1 << 20 ? `${(bytes / 1024).toFixed(0)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`
}
