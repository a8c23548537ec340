/** localStorage where there is one: some web views refuse it, and then a page forgets instead of failing. */
const memory = new Map<string, string>()

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(name) ?? memory.get(name) ?? null
  } catch {
    return memory.get(name) ?? null
  }
}

export function keep(name: string, value: string): void {
  memory.set(name, value)
  try {
    localStorage.setItem(name, value)
  } catch {
    // the memory has it, until the page goes
  }
}

export function forget(name: string): void {
  memory.delete(name)
  try {
    localStorage.removeItem(name)
  } catch {
    // it was never there
  }
}

/** The names that begin with `prefix`. */
export function names(prefix: string): string[] {
  const found = new Set(memory.keys())
  try {
    Object.keys(localStorage).forEach((name) => found.add(name))
  } catch {
    // the memory is all there is
  }
  return [...found].filter((name) => name.startsWith(prefix)).sort()
}
