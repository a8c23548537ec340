/**
 * Changes that are made once. An intent ("redeem this offer") gets an Idempotency-Key, which is kept with the request
 * until an answer is known. A double tap, a lost answer or a reload sends the same request under the same key.
 */
import { sent } from './client'
import type { paths } from './api'
import { Refused, Unreached } from './problem'
import { session } from './session'
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
  body: string
  at: number
}

/** An earlier request of the same intent, with other content, still waits for its answer. */
export class Unsettled extends Error {
  constructor(readonly intent: Intent) {
    super(intent.name)
  }
}

const flying = new Map<string, Promise<unknown>>()

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
  const filled = String(path).replace(/\{(\w+)\}/g, (_, segment: string) => encodeURIComponent(segments[segment] ?? ''))
  const intent = recall(name) ?? written(name, method, filled, JSON.stringify(body))
  if (intent.path !== filled || intent.body !== JSON.stringify(body)) return Promise.reject(new Unsettled(intent))
  return again(intent) as Promise<Answered<P, M>>
}

/** Send an intent that was written down; two at once are one. */
export function again(intent: Intent): Promise<unknown> {
  const place = placed(intent.name)
  const present = flying.get(place) ?? flown(intent, place).finally(() => flying.delete(place))
  flying.set(place, present)
  return present
}

/** Requests of this person of which nobody knows yet whether they were carried out. */
export function unsettled(): Intent[] {
  return names(placed('')).map((place) => JSON.parse(kept(place) ?? 'null') as Intent | null).filter((each): each is Intent => !!each && !flying.has(placed(each.name)))
}

async function flown(intent: Intent, place: string): Promise<unknown> {
  try {
    const answer = await sent(intent.method.toUpperCase(), intent.path, intent.body, intent.key)
    forget(place)
    return answer
  } catch (error) {
    if (isFinal(error)) forget(place)
    throw error
  }
}

/** Whether the answer says for certain that nothing was changed. Who is not admitted learns nothing of an earlier try. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Refused)) return !(error instanceof Unreached)
  const { status, code } = error.problem
  return status < 500 && ![401, 403, 408, 429].includes(status) && code !== 'contended'
}

function placed(name: string): string {
  return `intent:${session()?.sub ?? ''}:${name}`
}

function recall(name: string): Intent | null {
  return JSON.parse(kept(placed(name)) ?? 'null') as Intent | null
}

function written(name: string, method: Method, path: string, body: string): Intent {
  const intent = { name, key: fresh(), method, path, body, at: Date.now() }
  keep(placed(name), JSON.stringify(intent))
  return intent
}

/** crypto.randomUUID is missing where a page has no TLS and is not on this machine, and in older web views. */
function fresh(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
