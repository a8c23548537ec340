/** What each mode's plan asks for, as fields of a form; and the form's values, as the plan. */
import type { Field, Values } from '@/shared/ask'
import type { Schemas } from '@/shared/client'
import { say } from '@/shared/say'

export type Mode = Schemas['Application']['mode']
export type Categories = Schemas['Categories']['items']

const at = (name: string): string => `plan/${name}`

export function planFields(mode: Mode, plan: Record<string, unknown> = {}): Field[] {
  const filled = (field: Field): Field => ({ ...field, pointer: at(field.name), required: field.required ?? true, value: shown(plan[field.name], field.kind) || field.value || '' })
  const number = say('填写数量，或用文字说明', 'A number, or words')
  const fields: Record<Mode, Field[]> = {
    third_party_mall: [
      { name: 'mall_url', label: say('商城网址', 'Address of your mall'), kind: 'url', hint: 'https://…' },
      { name: 'stock_commitment', label: say('库存承诺', 'Stock that you commit to'), hint: number },
      { name: 'service_hours', label: say('服务时间', 'Service hours'), max: 200 },
      { name: 'data_contact', label: say('数据联系人', 'Contact for data'), max: 200 },
    ],
    sub_platform: [
      { name: 'region_or_sector', label: say('区域或行业', 'Region or sector') },
      { name: 'operator_name', label: say('运营方名称', 'Operator') },
      { name: 'planned_merchants', label: say('计划入驻数量', 'Planned merchants'), hint: number },
    ],
    event: [
      { name: 'goods', label: say('权益商品', 'Goods'), kind: 'long', max: 4000 },
      { name: 'quantity', label: say('数量', 'Quantity'), kind: 'number', min: 1 },
      { name: 'per_account_limit', label: say('每人限量', 'Limit for one person'), kind: 'number', min: 1 },
      { name: 'starts_at', label: say('活动开始', 'Starts'), kind: 'time' },
      { name: 'opens_at', label: say('开始兑换', 'Opens for redemption'), kind: 'time' },
      { name: 'ends_at', label: say('活动结束', 'Ends'), kind: 'time' },
      { name: 'rules', label: say('活动规则', 'Rules'), kind: 'long', max: 4000 },
      { name: 'allocation', label: say('分配方式', 'Allocation'), kind: 'select', options: [['first_come', say('先到先得', 'First come, first served')], ['draw', say('抽签', 'By draw')]] },
      { name: 'draws_at', label: say('抽签时间（仅抽签）', 'Time of the draw (only for a draw)'), kind: 'time', required: false },
    ],
    other: [{ name: 'description', label: say('拟采用的方式', 'What you plan'), kind: 'long', max: 4000 }],
  }
  return fields[mode].map(filled)
}

/** Modes that name what they sell. */
export const categorised = (mode: Mode): boolean => mode === 'third_party_mall' || mode === 'sub_platform'

function shown(value: unknown, kind: Field['kind']): string {
  if (value === null || value === undefined) return ''
  if (kind === 'time') return new Date(String(value)).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' }).slice(0, 16).replace(' ', 'T')
  return String(value)
}

const WHOLE = ['quantity', 'per_account_limit']
const EITHER = ['stock_commitment', 'planned_merchants']

export function planOf(mode: Mode, values: Values, categories: string[]): Record<string, unknown> {
  const found = Object.fromEntries(
    planFields(mode).map(({ name }): [string, unknown] => {
      const value = values[name] ?? ''
      if (WHOLE.includes(name) || (EITHER.includes(name) && /^\d+$/.test(value))) return [name, Number(value)]
      return [name, name === 'draws_at' ? value || null : value]
    }),
  )
  return categorised(mode) ? { ...found, categories } : found
}
