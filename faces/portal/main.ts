import { open } from '@/shared/office'
import { say } from '@/shared/say'
import { applicationPage, newApplication } from './application'
import { disputePage, disputes } from './disputes'
import { logins } from './logins'
import { memberPage, members } from './members'
import { bulk, offers, offerPage } from './offers'
import { orderPage, orders } from './orders'
import { overview } from './overview'
import { buyBacks, statement } from './statement'
import { conformance, webhooks } from './systems'

const ALL = ['institution']

void open({
  title: () => say('碳普惠 · 权益方平台', 'Carbon inclusion · merchants'),
  roles: ALL,
  places: [
    { path: '', label: () => say('首页', 'Overview'), view: overview, roles: ALL },
    { path: 'apply', label: () => say('入驻申请', 'Apply'), view: newApplication },
    { path: 'application', label: () => say('入驻申请', 'Application'), view: applicationPage },
    { path: 'offers', label: () => say('权益商品', 'Offers'), view: offers, roles: ALL },
    { path: 'offer', label: () => say('权益商品', 'Offer'), view: offerPage },
    { path: 'bulk', label: () => say('批量维护', 'In bulk'), view: bulk },
    { path: 'orders', label: () => say('兑换订单', 'Orders'), view: orders, roles: ALL },
    { path: 'order', label: () => say('兑换订单', 'Order'), view: orderPage },
    { path: 'statement', label: () => say('账户明细', 'Statement'), view: statement, roles: ALL },
    { path: 'buy-backs', label: () => say('回兑与注销', 'Buy-back, retirement'), view: buyBacks, roles: ALL },
    { path: 'disputes', label: () => say('争议', 'Disputes'), view: disputes, roles: ALL },
    { path: 'dispute', label: () => say('争议', 'Dispute'), view: disputePage },
    { path: 'webhooks', label: () => say('事件通知', 'Webhooks'), view: webhooks, roles: ALL },
    { path: 'conformance', label: () => say('对接测试', 'Conformance'), view: conformance },
    { path: 'members', label: () => say('分平台', 'Sub-platform'), view: members, roles: ALL },
    { path: 'member', label: () => say('分平台', 'Member'), view: memberPage },
    { path: 'logins', label: () => say('登录主体', 'Logins'), view: logins, roles: ALL },
  ],
})
