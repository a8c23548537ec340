/** The public API, typed by its own description: a changed contract fails the build. */
import createClient from 'openapi-fetch'
import type { components, paths } from './api'
import { language } from './i18n'
import { problemOf, Refused, Unreached } from './problem'
import { root, session, signOut } from './session'

export type Schemas = components['schemas']

const PATIENCE_MS = 20_000 // the platform itself gives up sooner
const SLOW_MS = 2_500
const waiting = new Set<symbol>()
let tell: (slow: boolean) => void = () => {}

/** `listener` hears when an answer is late, and when none is any more. */
export function onSlow(listener: (slow: boolean) => void): void {
  tell = listener
}

/** fetch that ends: with an answer, or with the reason why none came. */
async function patient(request: Request): Promise<Response> {
  const mark = Symbol('waiting')
  const giveUp = new AbortController()
  const timers = [
    setTimeout(() => tell(waiting.add(mark).size > 0), SLOW_MS),
    setTimeout(() => giveUp.abort(), PATIENCE_MS),
  ]
  try {
    return await fetch(request, { signal: giveUp.signal })
  } catch {
    throw new Unreached(!navigator.onLine ? 'offline' : giveUp.signal.aborted ? 'slow' : 'unreachable')
  } finally {
    timers.forEach(clearTimeout)
    if (waiting.delete(mark)) tell(waiting.size > 0)
  }
}

export const api = createClient<paths>({ baseUrl: root.href.replace(/\/$/, ''), fetch: patient })

api.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', language())
    const present = session()
    if (present) request.headers.set('Authorization', `Bearer ${present.token}`)
    return request
  },
})

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** What was asked for: `await got(api.GET('/v1/supply'))`. Throws Refused or Unreached. */
export async function got<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked
  if (response.ok) return data as T
  if (response.status === 401) signOut()
  throw new Refused(problemOf(response.status, error))
}

/** A change, sent as it was written down: see keeper.ts. */
export async function sent(method: string, path: string, body: string, key: string): Promise<unknown> {
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Idempotency-Key': key,
    'Accept-Language': language(),
  }
  const present = session()
  if (present) headers.Authorization = `Bearer ${present.token}`
  const response = await patient(new Request(new URL(path.slice(1), root), { method, headers, body }))
  const text = await response.text().catch(() => {
    throw new Unreached('unreachable') // the line broke while the answer came
  })
  if (response.ok) return JSON.parse(text)
  if (response.status === 401) signOut()
  throw new Refused(problemOf(response.status, parsed(text)))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
