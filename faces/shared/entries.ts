/** A line of a statement as people read it. */
import type { Schemas } from './client'
import { ofBoth } from './i18n'

/** The platform's sentence names a scenario by its code; people know it by its name. */
export function sentence(entry: Schemas['Entry'], name: (code: string) => string | undefined): string {
  const text = ofBoth(entry.text, entry.text_zh)
  const code = entry.counterparty
  const known = code ? name(code) : undefined
  return known ? text.replace(`减排场景 ${code} 的`, `减排场景“${known}”的`).replace(`scenario ${code}`, `scenario “${known}”`) : text
}
