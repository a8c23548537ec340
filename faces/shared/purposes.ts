/** What certificates are for, in words: the same as in chalicelib/labels.py. */
import { say } from './i18n'
import { own } from './own'

export const PURPOSES: Record<string, readonly [zh: string, en: string]> = {
  production: ['企业生产经营碳中和', 'Carbon-neutral production and operations'],
  event: ['大型活动碳中和', 'Carbon-neutral large-scale event'],
  voluntary: ['自愿注销', 'Voluntary cancellation'],
  neutrality: ['碳中和', 'Carbon neutrality'],
  offset: ['抵消碳排放', 'Offsetting of emissions'],
}

/** A person's purpose is her own words; campaigns and institutions choose a code. */
export function purposeOf({ kind, purpose }: { kind: string; purpose: string }): string {
  return kind !== 'cancellation' && own(PURPOSES, purpose) ? say(...PURPOSES[purpose]!) : purpose
}
