/**
 * Changes that are made once. An intent ("redeem this offer") gets an Idempotency-Key, which is kept with the request
 * until an answer is known. A double tap, a lost answer or a reload sends the same request under the same key.
 * Personal data and codes are never kept: of such a request there is the key and a checksum, and its words are entered again.
 */
import { sent } from './client'
import type { paths } from './api'
import { Refused, signedOut } from './problem'
import { face, session } from './session'
import { forget, keep, kept, names } from './storage'

type Method = 'post' | 'patch'
type Changes<M extends Method> = { [P in keyof paths]: paths[P] extends { [K in M]: { requestBody: unknown } } ? P : never }[keyof paths]
type Operation<P extends keyof paths, M extends Method> = paths[P] extends { [K in M]: infer O } ? O : never
export type Body<P extends keyof paths, M extends Method = 'post'> =
  Operation<P, M> extends { requestBody: { content: { 'application/json': infer B } } } ? B : never
type Good<R> = R extends { 200: infer A } ? A : R extends { 201: infer A } ? A : R extends { 202: infer A } ? A : never
export type Answered<P extends keyof paths, M extends Method = 'post'> =
  Operation<P, M> extends { responses: infer R } ? (Good<R> extends { content: { 'application/json': infer A } } ? A : never) : never

export interface Intent {
  name: string
  key: string
  method: Method
  path: string
  body: string | null // null: it is not kept
  sum: number
  at: number
}

/** An earlier request of the same intent, with other content, still waits for its answer. */
export class Unsettled extends Error {
  constructor(readonly intent: Intent) {
    super(intent.name)
  }
}

const flying = new Map<string, Promise<unknown>>()
// None of these requests would be carried out twice: an identity number, a login, a code or a dispute exists once.
const PERSONAL = ['identity_number', 'own_identity_number', 'name', 'sub', 'new_sub', 'text', 'voucher', 'codes']
const KEPT_MS = 7 * 24 * 3_600_000

/**
 * Send a change, once. `name` says what the person means ("redeem:OFFER"), `segments` fills the path.
 * Throws Refused, Unreached (ask again with the same words: it stays one change) or Unsettled.
 */
export function once<P extends Changes<M>, M extends Method = 'post'>(
  name: string,
  path: P,
  body: Body<P, M>,
  segments: Record<string, string> = {},
  method: M = 'post' as M,
): Promise<Answered<P, M>> {
  if (!session()) return Promise.reject(signedOut())
  const filled = String(path).replace(/\{(\w+)\}/g, (_, segment: string) => encodeURIComponent(segments[segment] ?? ''))
  const words = JSON.stringify(body)
  const earlier = recall(name)
  const same = earlier?.path === filled && (earlier.body ?? words) === words && earlier.sum === checksum(words)
  if (earlier?.body && !same) return Promise.reject(new Unsettled(earlier))
  const intent = earlier && same ? earlier : written(name, method, filled, words, PERSONAL.some((field) => field in (body as object)))
  return again({ ...intent, body: words }) as Promise<Answered<P, M>>
}

/** Send an intent that was written down; two at once are one. */
export function again(intent: Intent): Promise<unknown> {
  if (!session()) return Promise.reject(signedOut())
  const place = placed(intent.name)
  const present = flying.get(place) ?? flown(intent, place).finally(() => flying.delete(place))
  flying.set(place, present)
  return present
}

/** Requests of this person of which nobody knows yet whether they were carried out, and which can be sent again. */
export function unsettled(): Intent[] {
  const found = names(placed('')).map((place) => recall(place.slice(placed('').length)))
  return found.filter((each): each is Intent => !!each?.body && !flying.has(placed(each.name)))
}

async function flown(intent: Intent, place: string): Promise<unknown> {
  try {
    const answer = await sent(intent.method.toUpperCase(), intent.path, intent.body ?? '', intent.key)
    done(intent, place)
    return answer
  } catch (error) {
    if (isFinal(error)) done(intent, place)
    throw error
  }
}

/** Forget the key that was sent. Another page may have written one of its own meanwhile, which stays. */
function done({ key }: Intent, place: string): void {
  if (parsed(kept(place))?.key === key) forget(place)
}

/** Whether the answer says for certain that nothing was changed. Who is not admitted learns nothing of an earlier try. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Refused)) return false
  const { status, code } = error.problem
  return status < 500 && ![401, 403, 408, 429].includes(status) && code !== 'contended'
}

/** Each person's stand apart, in each face and role: nobody sends, sees or forgets another's. */
function placed(name: string): string {
  const present = session()
  return ['intent', face, present?.role ?? '', encodeURIComponent(present?.sub ?? ''), name].join(':')
}

function recall(name: string): Intent | null {
  const found = parsed(kept(placed(name)))
  if (!found || found.body || found.at > Date.now() - KEPT_MS) return found
  forget(placed(name)) // nobody has entered the words again
  return null
}

function parsed(text: string | null): Intent | null {
  try {
    return JSON.parse(text ?? 'null') as Intent | null
  } catch {
    return null // not written by this page
  }
}

function written(name: string, method: Method, path: string, body: string, personal: boolean): Intent {
  const intent = { name, key: fresh(), method, path, body: personal ? null : body, sum: checksum(body), at: Date.now() }
  keep(placed(name), JSON.stringify(intent))
  return intent
}

/** Whether two requests have the same words. Its 16 bits (FNV-1a, folded) are too few to tell an identity number by them. */
function checksum(text: string): number {
  let sum = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) sum = Math.imul(sum ^ byte, 0x01000193)
  return ((sum >>> 16) ^ sum) & 0xffff
}

/** crypto.randomUUID is missing where a page has no TLS and is not on this machine, and in older web views. */
function fresh(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
