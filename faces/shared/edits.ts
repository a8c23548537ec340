/** A page that is read again brings news. What somebody has entered and not sent yet stays, and so does the place of the cursor. */
type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

/** What stands in `page` now; the answer puts it into the page that comes in its place. */
export function edits(page: ParentNode): (next: ParentNode) => void {
  const before = controls(page)
  const focused = [...before].find(([, each]) => each === document.activeElement)?.[0]
  return (next) => {
    const after = controls(next)
    for (const [name, each] of before) {
      const there = after.get(name)
      if (there && edited(each)) copy(each, there)
    }
    if (focused !== undefined) after.get(focused)?.focus({ preventScroll: true })
  }
}

/** Each control by its name; the second of a name is `name 2`. */
function controls(page: ParentNode): Map<string, Control> {
  const found = new Map<string, Control>()
  for (const each of page.querySelectorAll<Control>('input, select, textarea')) {
    const name = each.name || each.dataset.kind || each.getAttribute('aria-label') || ''
    let place = 1
    while (found.has(`${name} ${place}`)) place++
    found.set(`${name} ${place}`, each)
  }
  return found
}

function edited(each: Control): boolean {
  if (each instanceof HTMLSelectElement) return [...each.options].some((option) => option.selected !== option.defaultSelected)
  if (each instanceof HTMLTextAreaElement) return each.value !== each.defaultValue
  if (each.type === 'file') return !!each.files?.length
  return each.type === 'checkbox' || each.type === 'radio' ? each.checked !== each.defaultChecked : each.value !== each.defaultValue
}

function copy(from: Control, to: Control): void {
  if (from instanceof HTMLInputElement && to instanceof HTMLInputElement) {
    if (from.type === 'file') to.files = from.files
    else if (from.type === 'checkbox' || from.type === 'radio') to.checked = from.checked
    else to.value = from.value
  } else if (from.tagName === to.tagName) to.value = from.value
}
