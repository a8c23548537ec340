/** Chinese first, English by a switch. Every key stands in both languages, or the types do not hold. */
import { kept, keep } from './storage'

export type Language = 'zh-CN' | 'en'
type Values = Record<string, string | number>

let current: Language = kept('language') === 'en' ? 'en' : 'zh-CN'
const listeners = new Set<() => void>()
document.documentElement.lang = current

export function language(): Language {
  return current
}

export function chooseLanguage(chosen: Language): void {
  current = chosen
  keep('language', chosen)
  document.documentElement.lang = chosen
  listeners.forEach((tell) => tell())
}

export function onLanguage(tell: () => void): void {
  listeners.add(tell)
}

/** Words that stand in both languages where they are used. */
export const say = (zh: string, en: string): string => (current === 'en' ? en : zh)

/** The texts of a face: `t('points', { n: 5 })` fills `{n}`. */
export function texts<Z extends Record<string, string>>(zh: Z, en: { [K in keyof Z]: string }) {
  return (key: keyof Z & string, values: Values = {}): string =>
    (current === 'en' ? en : zh)[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? String(values[name]) : whole,
    )
}

/** Of an answer that has both languages (`text`, `text_zh`): the one that is read. */
export function ofBoth(english: string | null | undefined, chinese: string | null | undefined): string {
  return (current === 'en' ? (english ?? chinese) : (chinese ?? english)) ?? ''
}

export function number(value: number, digits = 0): string {
  return value.toLocaleString(current, { maximumFractionDigits: digits })
}

const ZONE = { timeZone: 'Asia/Shanghai' } as const

/** A time of an answer as people in Shanghai read it. */
export function when(instant: string): string {
  return new Date(instant).toLocaleString(current, { ...ZONE, dateStyle: 'medium', timeStyle: 'short' })
}

export function day(instant: string): string {
  return new Date(instant).toLocaleDateString(current, { ...ZONE, dateStyle: 'medium' })
}

/** `2026-11-27`, the day in Shanghai: for sorting and for grouping. */
export function dayKey(instant: string): string {
  return new Date(instant).toLocaleDateString('sv-SE', ZONE)
}
