/** RFC 4180, and what a spreadsheet puts on the clipboard (tabs). */
export function rows(text: string): string[][] {
  const separator = text.includes('\t') ? '\t' : ','
  const found: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  const close = (): void => {
    row.push(cell.trim())
    cell = ''
  }
  const source = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  for (let place = 0; place < source.length; place++) {
    const letter = source[place]!
    if (quoted) {
      if (letter !== '"') cell += letter
      else if (source[place + 1] === '"') cell += source[++place]!
      else quoted = false
    } else if (letter === '"' && !cell) quoted = true
    else if (letter === separator) close()
    else if (letter === '\n') {
      close()
      found.push(row)
      row = []
    } else cell += letter
  }
  close()
  found.push(row)
  return found.filter((each) => each.some((text) => text))
}

/** Objects by the names of the first row. */
export function records(text: string): Record<string, string>[] {
  const [head = [], ...rest] = rows(text)
  return rest.map((row) => Object.fromEntries(head.map((name, place) => [name.toLowerCase(), row[place] ?? ''])))
}

export function chunks<T>(items: T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, place) => items.slice(place * most, (place + 1) * most))
}
