/** Webhooks in words. The type stands beside its word: whoever writes the merchant's system knows it by that. */
import { h } from './dom'
import { word } from './say'

type Words = Parameters<typeof word>[0]

const TYPES: Words = {
  'order.placed': ['新订单', 'Order placed'],
  'order.refunded': ['订单退还', 'Order refunded'],
  'hold.captured': ['预授权完成', 'Hold captured'],
  'hold.released': ['预授权解除', 'Hold released'],
  'hold.expired': ['预授权到期', 'Hold expired'],
  'grant.withdrawn': ['授权撤回', 'Grant withdrawn'],
  'message.created': ['新消息', 'Message'],
  'dispute.opened': ['争议提出', 'Dispute opened'],
  'dispute.ruled': ['争议裁定', 'Dispute ruled'],
  'agreement.ending': ['合作协议即将到期', 'Agreement ends soon'],
  'licence.ending': ['营业执照即将到期', 'Licence ends soon'],
  'merchant.delisted': ['权益下架', 'Offers off the shelf'],
  'merchant.renamed': ['更名', 'Renamed'],
  'conformance.started': ['对接测试开始', 'Conformance run started'],
}

const REASONS: Words = {
  bad_url: ['通知地址不规范', 'The address is not a valid URL'],
  not_https: ['通知地址不是 https', 'The address is not https'],
  credentials_in_url: ['通知地址包含用户名', 'The address contains a user name'],
  port_not_allowed: ['端口不被允许', 'The port is not allowed'],
  unknown_host: ['域名无法解析', 'The host name does not resolve'],
  private_address: ['域名指向非公网地址', 'The host name resolves to an address that is not public'],
  no_answer: ['没有应答', 'No answer'],
  late: ['未在 5 秒内应答', 'No answer within 5 seconds'],
  tls_failed: ['TLS 证书未被接受', 'The certificate was not accepted'],
  redirected: ['应答是重定向', 'The answer was a redirect'],
  too_large: ['应答过长', 'The answer was too long'],
  status: ['应答状态码不是 2xx', 'The status was not 2xx'],
  malformed: ['应答不是 HTTP', 'The answer was not HTTP'],
  gone: ['系统答复不再接收（410）', 'The system takes no more webhooks (410)'],
  earlier_failed: ['前一通知未送达', 'The webhook before it was not delivered'],
  endpoint_disabled: ['等待重新对接', 'Waits until the system is integrated again'],
}

export const event = (type: string): HTMLElement => h('span', {}, word(TYPES, type), ' ', h('code', {}, type))

export const why = (reason: string | null | undefined): string => word(REASONS, reason)
