import { open } from '@/shared/office'
import { say } from '@/shared/say'
import { accountPage } from './accounts'
import { anomalyPage, anomalies } from './anomalies'
import { applicationPage, applications } from './applications'
import { batchPage, batches } from './batches'
import { buyBack, reconciliation, reconciliations } from './books'
import { campaignPage, campaigns } from './campaigns'
import { certificates } from './certificates'
import { disputePage, disputes } from './disputes'
import { merchantPage, merchants } from './merchants'
import { holds, orderPage, orders } from './orders'
import { procedures } from './procedures'
import { reductionPage, reductions } from './reductions'
import { report } from './reports'
import { worklist } from './worklist'

const EXCHANGE = ['exchange', 'auditor']
const BUREAU = ['bureau', 'auditor']
const ALL = ['exchange', 'bureau', 'auditor']

void open({
  title: () => say('碳普惠 · 工作台', 'Carbon inclusion · desk'),
  roles: ALL,
  places: [
    { path: '', label: () => say('待办', 'Worklist'), view: worklist, roles: ALL },
    { path: 'applications', label: () => say('入驻申请', 'Applications'), view: applications, roles: ALL },
    { path: 'application', label: () => say('入驻申请', 'Application'), view: applicationPage },
    { path: 'merchants', label: () => say('权益方', 'Merchants'), view: merchants, roles: ALL },
    { path: 'merchant', label: () => say('权益方', 'Merchant'), view: merchantPage },
    { path: 'reductions', label: () => say('减排量', 'Reductions'), view: reductions, roles: BUREAU },
    { path: 'reduction', label: () => say('减排量', 'Reduction'), view: reductionPage },
    { path: 'batches', label: () => say('批量上报', 'Batches'), view: batches, roles: BUREAU },
    { path: 'batch', label: () => say('批量上报', 'Batch'), view: batchPage },
    { path: 'anomalies', label: () => say('异常', 'Anomalies'), view: anomalies, roles: BUREAU },
    { path: 'anomaly', label: () => say('异常', 'Anomaly'), view: anomalyPage },
    { path: 'disputes', label: () => say('争议', 'Disputes'), view: disputes, roles: ALL },
    { path: 'dispute', label: () => say('争议', 'Dispute'), view: disputePage },
    { path: 'orders', label: () => say('兑换订单', 'Orders'), view: orders, roles: EXCHANGE },
    { path: 'order', label: () => say('兑换订单', 'Order'), view: orderPage },
    { path: 'holds', label: () => say('预授权', 'Holds'), view: holds, roles: EXCHANGE },
    { path: 'campaigns', label: () => say('捐赠项目', 'Campaigns'), view: campaigns, roles: ALL },
    { path: 'campaign', label: () => say('捐赠项目', 'Campaign'), view: campaignPage },
    { path: 'accounts', label: () => say('账户查阅', 'Accounts'), view: accountPage, roles: ALL },
    { path: 'procedures', label: () => say('账户办理事项', 'Procedures'), view: procedures, roles: ALL },
    { path: 'certificates', label: () => say('凭证', 'Certificates'), view: certificates, roles: ALL },
    { path: 'buy-back', label: () => say('减排量回兑', 'Buy-back'), view: buyBack, roles: ALL },
    { path: 'reconciliations', label: () => say('每日对账', 'Reconciliation'), view: reconciliations, roles: ALL },
    { path: 'reconciliation', label: () => say('每日对账', 'Reconciliation'), view: reconciliation },
    { path: 'reports', label: () => say('月报', 'Monthly report'), view: report, roles: ALL },
  ],
})
