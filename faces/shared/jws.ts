/** Signatures of the platform, verified in the reader's browser (RFC 7515, ES256). */
import { api, got, type Schemas } from './client'

export type Claims = Record<string, unknown>

/** It is not what was signed. */
export class Altered extends Error {}

/** Its key is none of the platform's. */
export class Foreign extends Error {}

let keys: Promise<Schemas['Jwks']['keys']> | undefined

/** The platform's keys, asked for once: afterwards a file can be verified without a network. */
export function publicKeys(): Promise<Schemas['Jwks']['keys']> {
  keys ??= got(api.GET('/.well-known/jwks.json')).then((answer) => answer.keys)
  keys.catch(() => (keys = undefined))
  return keys
}

/** The claims of a JWS that one of the platform's keys signed. Throws Altered, Foreign, or what `got` throws. */
export async function signed(jws: string): Promise<Claims> {
  const [head = '', body = '', signature = '', ...more] = jws.split('.')
  const { alg, kid } = parsed(head) as { alg?: string; kid?: string }
  if (more.length || alg !== 'ES256') throw new Altered('alg')
  const jwk = (await publicKeys()).find((key) => key.kid === kid)
  if (!jwk) throw new Foreign()
  const { kty, crv, x, y } = jwk
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, curve, false, ['verify'])
  const text = new TextEncoder().encode(`${head}.${body}`)
  const good = await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes(signature), text)
  if (!good) throw new Altered('signature')
  return parsed(body)
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  try {
    const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'))
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
  } catch {
    throw new Altered('base64')
  }
}

function parsed(base64url: string): Claims {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes(base64url))) as Claims
  } catch {
    throw new Altered('json')
  }
}
