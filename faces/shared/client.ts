/** The public API, typed by its own description: a changed contract fails the build. */
import createClient from 'openapi-fetch'
import type { components, paths } from './api'
import { language } from './i18n'
import { patient } from './patient'
import { refusal, Refused, Unreached } from './problem'
import { root, session, signOut } from './session'

export type Schemas = components['schemas']

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
  const { data, error, response } = await asked.catch((caught: unknown) => {
    throw caught instanceof Unreached ? caught : new Unreached('unreachable') // 2xx, but nothing of the platform's
  })
  if (response.ok && data !== undefined) return data as T
  throw refused(response, error)
}

/** Null where the platform has nothing of the kind (404). */
export async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 404) return null
    throw error
  }
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
  const answer = parsed(await response.text())
  if (response.ok && answer && typeof answer === 'object') return answer
  throw refused(response, answer)
}

/** Only the platform's own words say what became of a request: a proxy's page, or a login page of some Wi-Fi, does not. */
function refused(response: Response, body: unknown): Refused | Unreached {
  const found = response.ok ? null : refusal(response, body)
  if (found?.problem.status === 401) signOut()
  return found ?? new Unreached('unreachable')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
