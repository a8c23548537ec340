/** Elements without a framework. Text is always text: nothing here reads HTML. */
export type Child = Node | string | number | null | undefined | false | Child[]
type Attrs = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>

/** `h('a', { href: '#/', class: 'x', onclick: go }, 'text')` */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attrs: Attrs = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attrs)) {
    if (value === null || value === undefined || value === false) continue
    if (typeof value === 'function') made.addEventListener(name.slice(2), value)
    else made.setAttribute(name, value === true ? '' : String(value))
  }
  made.append(...flat(children))
  return made
}

function flat(children: Child[]): (Node | string)[] {
  return children.flatMap((each) => {
    if (Array.isArray(each)) return flat(each)
    return each === null || each === undefined || each === false ? [] : [typeof each === 'number' ? String(each) : each]
  })
}

/** A file for the person who asked for it. */
export function saved(content: BlobPart, type: string, name: string): void {
  const href = URL.createObjectURL(new Blob([content], { type }))
  h('a', { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), 60_000) // the download has begun by then
}

export async function sha256(content: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
