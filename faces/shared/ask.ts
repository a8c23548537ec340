/** A change is asked for in a dialog: what it needs, why, and the problem's own text where the platform says no. */
import { h, sha256, type Child } from './dom'
import { again, Unsettled } from './keeper'
import { explained, Refused } from './problem'
import { say } from './say'

export interface Field {
  name: string
  label: string
  kind?: 'text' | 'long' | 'number' | 'select' | 'check' | 'date' | 'month' | 'time' | 'digest' | 'url'
  required?: boolean
  hint?: string
  value?: string
  options?: readonly (readonly [code: string, label: string])[]
  max?: number
  min?: number
  /** Where the platform names it otherwise: `plan/quantity`. */
  pointer?: string
}
export type Values = Record<string, string>

export interface Question {
  title: string
  text?: Child
  fields?: Field[]
  confirm: string
  danger?: boolean
  send: (values: Values) => Promise<unknown>
  done?: (answer: never) => void
}

export const REASON: () => Field = () => ({ name: 'reason', label: say('理由', 'Reason'), kind: 'long', required: true, max: 200 })

let serial = 0

/** A label with its control, its hint and, later, what is wrong with it. */
export function control(field: Field): HTMLElement {
  const id = `f${++serial}-${field.name}`
  const hint = field.hint ?? (field.kind === 'digest' ? say('只在本机计算校验值，文件不会上传', 'Only its SHA-256 is sent, never the file') : '')
  const common = { id, name: field.name, required: field.required, 'aria-describedby': hint ? `${id}-hint` : null, 'data-pointer': field.pointer ?? field.name }
  const mark = field.required && field.kind !== 'check' ? h('span', { class: 'must', 'aria-hidden': 'true' }, ' *') : null
  const label = h('label', { for: id }, field.label, mark)
  const input = entry(field, common)
  const parts = field.kind === 'check' ? [h('div', { class: 'check' }, input, label)] : [label, input]
  return h('div', { class: 'control' }, ...parts, hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : null)
}

function entry(field: Field, common: Record<string, string | boolean | null | undefined>): HTMLElement {
  const { kind = 'text', value = '' } = field
  if (kind === 'long') {
    const area = h('textarea', { ...common, rows: 4, maxlength: field.max })
    area.defaultValue = value
    return area
  }
  if (kind === 'select') {
    const options = (field.options ?? []).map(([code, label]) => h('option', { value: code, selected: code === value }, label))
    return h('select', common, options)
  }
  if (kind === 'check') return h('input', { ...common, type: 'checkbox', checked: value === 'true' })
  if (kind === 'digest') return h('input', { ...common, type: 'file' })
  const types = { text: 'text', number: 'number', date: 'date', month: 'month', time: 'datetime-local', url: 'url' } as const
  const limits = kind === 'number' ? { min: field.min ?? 0, max: field.max, step: 1, inputmode: 'numeric' } : { maxlength: field.max }
  return h('input', { ...common, ...limits, type: types[kind], value, autocomplete: 'off' })
}

/** What a form says. Times are those of a clock in Shanghai; of a chosen file it is the SHA-256. */
export async function valuesOf(form: HTMLFormElement, fields: Field[]): Promise<Values> {
  const found: Values = {}
  for (const { name, kind } of fields) {
    const input = form.elements.namedItem(name) as HTMLInputElement
    if (kind === 'check') found[name] = String(input.checked)
    else if (kind === 'digest') found[name] = input.files?.[0] ? await sha256(await input.files[0].arrayBuffer()) : ''
    else if (kind === 'time') found[name] = input.value ? `${input.value.length === 16 ? `${input.value}:00` : input.value}+08:00` : ''
    else found[name] = input.value.trim()
  }
  return found
}

/** Show what went wrong above the fields, and beside each field that the problem names. */
export function showProblem(form: HTMLElement, error: unknown, retry?: () => void): void {
  clearProblem(form)
  const box = h('div', { class: 'problem', role: 'alert', tabindex: -1 })
  if (error instanceof Unsettled) {
    box.append(h('strong', {}, say('上一次提交尚未得到答复', 'An earlier request has no answer yet')))
    box.append(h('p', {}, say('请先重新发送上一次的内容，不会重复办理。', 'Send that one again first: it is carried out once only.')))
    if (retry) box.append(h('button', { type: 'button', onclick: retry }, say('重新发送上一次的内容', 'Send the earlier one again')))
  } else {
    const { title, detail, reached } = explained(error)
    box.append(h('strong', {}, title), h('p', {}, detail))
    if (!reached) box.append(h('p', {}, say('再次点按按钮即可重试，不会重复办理。', 'Press the button again to retry: it is carried out once only.')))
    if (error instanceof Refused) box.append(...fieldProblems(form, error))
  }
  form.prepend(box)
  box.focus()
}

function fieldProblems(form: HTMLElement, error: Refused): HTMLElement[] {
  const loose: HTMLElement[] = []
  for (const [pointer, detail] of Object.entries(error.fields)) {
    const input = form.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(pointer)}"]`)
    if (!input) {
      loose.push(h('p', {}, `${pointer}: ${detail}`))
      continue
    }
    const id = `${input.id}-wrong`
    input.setAttribute('aria-invalid', 'true')
    input.setAttribute('aria-describedby', `${input.getAttribute('aria-describedby') ?? ''} ${id}`.trim())
    input.closest('.control')?.append(h('p', { class: 'wrong', id }, detail))
  }
  return loose
}

export function clearProblem(form: HTMLElement): void {
  form.querySelectorAll('.problem, .wrong').forEach((each) => each.remove())
  form.querySelectorAll('[aria-invalid]').forEach((each) => {
    each.removeAttribute('aria-invalid')
    const left = (each.getAttribute('aria-describedby') ?? '').split(' ').filter((id) => !id.endsWith('-wrong'))
    if (left.join('')) each.setAttribute('aria-describedby', left.join(' '))
    else each.removeAttribute('aria-describedby')
  })
}

/** Send what a form says, once; its button waits meanwhile. True when it was done. */
export async function carry<T>(form: HTMLFormElement, send: () => Promise<T>, done: (answer: T) => void): Promise<void> {
  const button = form.querySelector<HTMLButtonElement>('button[type=submit]')
  if (button?.getAttribute('aria-disabled') === 'true') return
  button?.setAttribute('aria-disabled', 'true')
  clearProblem(form)
  try {
    done(await send())
  } catch (error) {
    const earlier = error instanceof Unsettled ? error.intent : undefined
    showProblem(form, error, earlier ? () => void carry(form, () => again(earlier) as Promise<T>, done) : undefined)
  } finally {
    button?.removeAttribute('aria-disabled')
  }
}

/** Ask in a dialog, and send. */
export function ask(question: Question): void {
  const { title, text, fields = [], confirm, danger, send, done } = question
  const form = h(
    'form',
    { novalidate: false },
    h('div', { class: 'fields' }, fields.map(control)),
    h(
      'div',
      { class: 'buttons' },
      h('button', { type: 'submit', class: danger ? 'primary danger' : 'primary' }, confirm),
      h('button', { type: 'button', onclick: () => dialog.close() }, say('取消', 'Cancel')),
    ),
  )
  const dialog = h('dialog', { 'aria-labelledby': 'ask-title' }, h('h2', { id: 'ask-title' }, title), text ? h('div', { class: 'asked' }, text) : null, form)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void carry(form, async () => send(await valuesOf(form, fields)), (answer) => {
      dialog.close()
      done?.(answer as never)
    })
  })
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}
