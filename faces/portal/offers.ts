import { ask, carry, control, type Field, type Values } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { number, when } from '@/shared/i18n'
import { once, type Body } from '@/shared/keeper'
import { attempt, button, card, facts, go, list, page, settled, state, table, to } from '@/shared/office'
import { say, STATES, word } from '@/shared/say'
import { chunks, records, rows } from './csv'
import { ownId } from './me'

type Offer = Schemas['Offer']
const FULFILMENTS = (): [string, string][] => [['goods', say('商品', 'Goods')], ['service', say('服务', 'Service')], ['voucher', say('兑换券', 'Voucher')]]

export async function offers(): Promise<Node> {
  const merchant = await ownId()
  const columns = [
    { name: say('权益商品', 'Offer'), cell: (each: Offer) => to('offer', each.id, each.title) },
    { name: say('货号', 'SKU'), cell: (each: Offer) => each.sku },
    { name: say('碳积分', 'Points'), cell: (each: Offer) => number(each.points), number: true },
    { name: say('库存', 'Stock'), cell: (each: Offer) => number(each.stock), number: true },
    { name: say('状态', 'State'), cell: (each: Offer) => shelf(each) },
    { name: say('办理', 'Change'), cell: (each: Offer) => h('span', { class: 'buttons inline' }, button(say('改价或补货', 'Price, stock'), () => change(each)), toggle(each)) },
  ]
  const shown = await list(say('权益商品', 'Offers'), columns, (cursor) => got(api.GET('/v1/offers', { params: { query: { merchant, status: 'all', limit: 50, ...(cursor ? { cursor } : {}) } } })))
  return page(
    say('权益商品', 'Offers'),
    h('div', { class: 'buttons above' }, button(say('新增权益商品', 'New offer'), () => attempt(create), 'primary'), h('a', { class: 'button', href: '#/bulk' }, say('批量维护（CSV）', 'In bulk (CSV)'))),
    card('', shown),
  )
}

function shelf(each: Offer): HTMLElement {
  return each.taken_down ? state('failed', say('强制下架', 'Taken down')) : state(each.status, word(STATES, each.status))
}

async function create(): Promise<void> {
  const { items } = await got(api.GET('/v1/categories'))
  const fields: Field[] = [
    { name: 'title', label: say('名称', 'Title'), required: true, max: 200 },
    { name: 'description', label: say('说明', 'Description'), kind: 'long', required: true, max: 4000 },
    { name: 'category', label: say('权益品类', 'Category'), kind: 'select', required: true, options: items.map((each) => [each.code, say(each.label.zh, each.label.en)]) },
    { name: 'fulfilment', label: say('兑现方式', 'Fulfilment'), kind: 'select', required: true, options: FULFILMENTS(), hint: say('选择兑换券时，可在新增后导入券码', 'For vouchers, codes can be imported afterwards') },
    { name: 'points', label: say('所需碳积分', 'Points'), kind: 'number', required: true, min: 1 },
    { name: 'stock', label: say('库存', 'Stock'), kind: 'number', required: true },
    { name: 'per_account_limit', label: say('每人限兑', 'Limit for one person'), kind: 'number', min: 1 },
    { name: 'sku', label: say('货号', 'SKU') },
    { name: 'starts_at', label: say('开始时间', 'Starts'), kind: 'time' },
    { name: 'ends_at', label: say('结束时间', 'Ends'), kind: 'time' },
    { name: 'cancellable_minutes', label: say('兑换后可取消（分钟）', 'Can be cancelled for (minutes)'), kind: 'number' },
    { name: 'fulfil_within_days', label: say('核销期限（天）', 'Fulfilled within (days)'), kind: 'number', min: 1 },
  ]
  ask({
    title: say('新增权益商品', 'New offer'),
    fields,
    confirm: say('上架', 'Put it on the shelf'),
    send: (given) => once('offer', '/v1/offers', typed(given) as unknown as Body<'/v1/offers'>),
    done: settled(say('已上架', 'On the shelf')),
  })
}

const NUMBERS = ['points', 'stock', 'per_account_limit', 'cancellable_minutes', 'fulfil_within_days']

/** What is empty is left out; what is a number is one, unless it is none: then the platform says so. */
function typed(given: Values): Record<string, unknown> {
  const filled = Object.entries(given).filter(([, value]) => value !== '')
  return Object.fromEntries(filled.map(([name, value]) => [name, NUMBERS.includes(name) && /^-?\d+$/.test(value) ? Number(value) : value]))
}

type Patch = Body<'/v1/offers/{id}', 'patch'>
const patch = (id: string, name: string, body: Patch): Promise<unknown> => once<'/v1/offers/{id}', 'patch'>(`${name}:${id}`, '/v1/offers/{id}', body, { id }, 'patch')

function change(each: Offer): void {
  ask({
    title: each.title,
    fields: [
      { name: 'points', label: say('所需碳积分', 'Points'), kind: 'number', min: 1, value: String(each.points) },
      ...(each.fulfilment === 'voucher' ? [] : [{ name: 'stock_added', label: say('补充库存', 'Add to the stock'), kind: 'number' as const, min: 1 }]),
      { name: 'title', label: say('名称', 'Title'), max: 200, value: each.title },
      { name: 'description', label: say('说明', 'Description'), kind: 'long', max: 4000, value: each.description },
    ],
    confirm: say('保存', 'Save'),
    send: ({ points, stock_added, title, description }) => {
      const body: Patch = {}
      if (points && Number(points) !== each.points) body.points = Number(points)
      if (stock_added) body.stock_added = Number(stock_added)
      if (title && title !== each.title) body.title = title
      if (description && description !== each.description) body.description = description
      return patch(each.id, 'change', body)
    },
    done: settled(say('已保存', 'Saved')),
  })
}

function toggle(each: Offer): HTMLElement {
  const down = each.status === 'on_shelf'
  const title = down ? say('下架', 'Take off the shelf') : say('上架', 'Put on the shelf')
  return button(title, () => ask({ title: `${title}：${each.title}`, confirm: title, danger: down, send: () => patch(each.id, 'shelf', { status: down ? 'off_shelf' : 'on_shelf' }), done: settled() }), down ? 'danger' : '')
}

export async function offerPage([id = '']: string[]): Promise<Node> {
  const each = await got(api.GET('/v1/offers/{id}', { params: { path: { id } } }))
  return page(
    each.title,
    card(
      '',
      facts([
        [say('状态', 'State'), shelf(each)],
        [say('碳积分', 'Points'), number(each.points)],
        [say('库存', 'Stock'), number(each.stock)],
        [say('每人限兑', 'Limit'), each.per_account_limit],
        [say('兑现方式', 'Fulfilment'), FULFILMENTS().find(([code]) => code === each.fulfilment)?.[1]],
        [say('开始', 'Starts'), each.starts_at ? when(each.starts_at) : ''],
        [say('结束', 'Ends'), each.ends_at ? when(each.ends_at) : ''],
        [say('货号', 'SKU'), each.sku],
      ]),
      h('p', { class: 'prose' }, each.description),
      h('div', { class: 'buttons' }, button(say('改价或补货', 'Price, stock'), () => change(each)), toggle(each)),
    ),
    each.fulfilment === 'voucher' ? vouchers(each) : null,
  )
}

/** A column of text or of a CSV: its first cell of each row. */
function vouchers({ id }: Offer): HTMLElement {
  const field: Field = { name: 'codes', label: say('券码，每行一个', 'Codes, one a line'), kind: 'long', required: true, pointer: 'codes', hint: say('可从表格粘贴，或选择 CSV 文件；自动去重', 'Paste them from a spreadsheet, or choose a CSV file; doubles are dropped') }
  const area = control(field)
  const file = h('input', { type: 'file', accept: '.csv,.txt,text/csv,text/plain', 'aria-label': say('券码文件', 'File of codes') })
  const text = area.querySelector('textarea')!
  file.addEventListener('change', () => void file.files?.[0]?.text().then((content) => (text.value = content)))
  const form = h('form', {}, area, file, h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, say('导入券码', 'Import the codes'))))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const codes = [...new Set(rows(text.value).map((row) => row[0] ?? '').filter((code) => code))]
    void carry(form, async () => {
      let added = 0
      for (const part of chunks(codes, 500)) added += (await once(`vouchers:${id}:${part[0]}:${part.length}`, '/v1/offers/{id}/vouchers', { codes: part }, { id })).added
      return added
    }, (added) => {
      form.reset() // read again, the page would keep them
      settled(say(`已导入 ${added} 个券码`, `${added} codes imported`))()
    })
  })
  return card(say('券码', 'Codes of vouchers'), form)
}

const COLUMNS = 'sku,title,description,category,points,stock,fulfilment,per_account_limit,status'

/** Many offers at once, by their own codes. */
export async function bulk(): Promise<Node> {
  const field: Field = { name: 'lines', label: say('CSV，第一行为列名', 'CSV, its first line names the columns'), kind: 'long', required: true, hint: COLUMNS }
  const area = control(field)
  const text = area.querySelector('textarea')!
  const file = h('input', { type: 'file', accept: '.csv,text/csv', 'aria-label': say('CSV 文件', 'CSV file') })
  file.addEventListener('change', () => void file.files?.[0]?.text().then((content) => (text.value = content)))
  const results = h('div', { role: 'status' })
  const form = h('form', {}, area, file, h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, say('提交', 'Send')), button(say('返回', 'Back'), () => go('offers'))))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void carry(form, async () => {
      const found: Schemas['OfferResult'][] = []
      for (const part of chunks(records(text.value), 100)) found.push(...(await once(`offers:${part[0]?.sku}`, '/v1/offer-batches', { offers: part.map(typed) } as unknown as Body<'/v1/offer-batches'>)).offers)
      return found
    }, (found) => results.replaceChildren(outcome(found)))
  })
  return page(say('批量维护', 'Offers in bulk'), card('', h('p', {}, say('新货号新增，已有货号更新；未填写的列保持不变。', 'A new SKU makes an offer, a known one changes it. What is empty stays.')), form), results)
}

function outcome(found: Schemas['OfferResult'][]): HTMLElement {
  const words = { created: say('已新增', 'created'), changed: say('已更新', 'changed'), unchanged: say('无变化', 'unchanged'), refused: say('未受理', 'refused') }
  return card(
    say('结果', 'Results'),
    table(say('结果', 'Results'), [
      { name: say('货号', 'SKU'), cell: (each) => each.sku },
      { name: say('结果', 'Result'), cell: (each) => state(each.result === 'refused' ? 'refused' : 'done', words[each.result]) },
      { name: say('说明', 'Note'), cell: (each) => say(each.detail_zh ?? '', each.detail ?? '') },
    ], found),
  )
}
