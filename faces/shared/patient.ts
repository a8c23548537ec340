/** fetch that ends: with a whole answer, or with the reason why none came. */
import { Unreached } from './problem'

const PATIENCE_MS = 20_000 // the platform itself gives up sooner
const SLOW_MS = 2_500
const WITHOUT_BODY = [204, 205, 304]
const waiting = new Set<symbol>()
let tell: (slow: boolean) => void = () => {}

/** `listener` hears when an answer is late, and when none is any more. */
export function onSlow(listener: (slow: boolean) => void): void {
  tell = listener
}

/** The time counts until the last byte: a body that never ends is no answer. Throws Unreached. */
export async function patient(request: Request): Promise<Response> {
  const mark = Symbol('waiting')
  const giveUp = new AbortController()
  const timers = [
    setTimeout(() => tell(waiting.add(mark).size > 0), SLOW_MS),
    setTimeout(() => giveUp.abort(), PATIENCE_MS),
  ]
  try {
    const answer = await fetch(request, { signal: giveUp.signal })
    const { status, statusText, headers } = answer
    const body = await answer.arrayBuffer()
    return new Response(WITHOUT_BODY.includes(status) ? null : body, { status, statusText, headers })
  } catch {
    throw new Unreached(!navigator.onLine ? 'offline' : giveUp.signal.aborted ? 'slow' : 'unreachable')
  } finally {
    timers.forEach(clearTimeout)
    if (waiting.delete(mark)) tell(waiting.size > 0)
  }
}
