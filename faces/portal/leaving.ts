import { ask, REASON } from '@/shared/ask'
import { once } from '@/shared/keeper'
import { button, settled } from '@/shared/office'
import { say } from '@/shared/say'

export function leave(id: string): HTMLElement {
  const title = say('退出商城', 'Leave the mall')
  const send = (): void =>
    ask({
      title,
      text: say('开始后权益下架且不再恢复；未办结的订单须先核销或退还，碳积分将末次回兑。', 'Your offers leave the shelf for good. Serve or refund what is open; your points become grams.'),
      fields: [REASON()],
      confirm: title,
      danger: true,
      send: ({ reason = '' }) => once(`leave:${id}`, '/v1/merchants/{id}/leave', { reason }, { id }),
      done: settled(),
    })
  return button(title, send, 'danger')
}

export function relist(id: string): HTMLElement {
  const title = say('恢复上架', 'Put the offers back')
  const send = (): void => ask({ title, fields: [{ ...REASON(), required: false }], confirm: title, send: ({ reason }) => once(`relist:${id}`, '/v1/merchants/{id}/relist', { reason: reason || null }, { id }), done: settled() })
  return button(title, send, 'primary')
}
