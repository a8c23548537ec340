/** Who is signed in, for one face, until the tab closes. Sign-in is OIDC (code and PKCE, RFC 7636) where it is configured. */
import { patient } from './patient'
import { Unreached } from './problem'

export interface Session {
  token: string
  sub: string
  role: string
  expires: number
}

interface Config {
  sign_in?: string // one machine: a page that lists people
  oidc?: { issuer: string; client_id: string; scope: string }
}

/** The root of the platform: the pages lie one folder below it. */
export const root = new URL('../', new URL('.', location.href))
export const face = new URL('.', location.href).pathname.slice(root.pathname.length).replace(/\/$/, '')

const NAME = `session:${face}`
const PENDING = `sign-in:${face}`
let present: Session | null = parse(sessionStorage.getItem(NAME))
const listeners = new Set<() => void>()
expireLater()

export function session(): Session | null {
  return present && present.expires > Date.now() ? present : null
}

/** `listener` hears when somebody is signed in no longer: she left, or the time of her token is over. */
export function onSignOut(listener: () => void): void {
  listeners.add(listener)
}

export function signOut(): void {
  const before = present
  present = null
  sessionStorage.removeItem(NAME)
  if (before) listeners.forEach((tell) => tell())
}

/** Signing out leaves nothing behind: the page starts again, and the session at the issuer ends, if the issuer offers that. */
export async function leave(): Promise<void> {
  signOut()
  location.replace(await farewell().catch(redirect))
}

/** Where her session with the issuer ends (OpenID Connect RP-Initiated Logout 1.0); the page itself where there is none. */
async function farewell(): Promise<string> {
  const { oidc } = await configuration()
  const place = oidc && (await discovered(oidc.issuer)).end_session_endpoint
  if (!place) return redirect()
  const asked = new URL(place)
  asked.searchParams.set('client_id', oidc.client_id)
  asked.searchParams.set('post_logout_redirect_uri', redirect())
  return asked.href
}

const LATER_MS_MAX = 2 ** 31 - 1 // what a timer can wait

function expireLater(): void {
  const token = present?.token
  if (present) setTimeout(() => present?.token === token && !session() && signOut(), Math.min(LATER_MS_MAX, present.expires - Date.now() + 1))
}

/** Whether people sign in by choosing who to be: on one machine, and nowhere else. */
export async function onOneMachine(): Promise<boolean> {
  return !!(await configuration()).sign_in
}

interface Pending {
  back?: string
  state?: string
  verifier?: string
  nonce?: string
}

interface Tokens {
  access_token?: string
  id_token?: string
}

/** Leave for the sign-in; the page comes back to where it was. Throws Unreached. */
export async function signIn(): Promise<void> {
  const config = await configuration()
  const pending: Pending = { back: location.href, state: random() }
  if (config.oidc) {
    pending.verifier = random()
    pending.nonce = random()
    const { authorization_endpoint } = await discovered(config.oidc.issuer)
    const asked = new URL(authorization_endpoint)
    const wanted = {
      response_type: 'code',
      client_id: config.oidc.client_id,
      redirect_uri: redirect(),
      scope: config.oidc.scope,
      state: pending.state ?? '',
      nonce: pending.nonce,
      code_challenge: await challenge(pending.verifier),
      code_challenge_method: 'S256',
    }
    Object.entries(wanted).forEach(([name, value]) => asked.searchParams.set(name, value))
    sessionStorage.setItem(PENDING, JSON.stringify(pending))
    location.assign(asked)
    return
  }
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  if (!config.sign_in) throw new Unreached('unreachable')
  location.assign(new URL(`${config.sign_in}?${new URLSearchParams({ face, state: pending.state ?? '' })}`, root))
}

/** At the start of a page: take what a sign-in has brought. What went wrong with it, or null. */
export async function arrive(): Promise<unknown> {
  const found = brought()
  if (!found) return null
  const pending = parse<Pending>(sessionStorage.getItem(PENDING)) ?? {}
  sessionStorage.removeItem(PENDING)
  const asked = !!pending.state && found.state === pending.state // else somebody else sent her here, with a login of his own
  history.replaceState(null, '', asked && pending.back?.startsWith(root.href) ? pending.back : new URL('.', location.href).href)
  try {
    if (asked) await taken(found, pending)
    return null
  } catch (error) {
    return error
  }
}

interface Brought {
  state: string | null
  token: string | null
  code: string | null
}

/** What stands in the address: a token behind `#` on one machine, otherwise a code, or the issuer's no. */
function brought(): Brought | null {
  const [fragment, query] = [new URLSearchParams(location.hash.slice(1)), new URLSearchParams(location.search)]
  if (fragment.has('token')) return { state: fragment.get('state'), token: fragment.get('token'), code: null }
  if (query.has('state') && (query.has('code') || query.has('error'))) return { state: query.get('state'), token: null, code: query.get('code') }
  return null
}

async function taken({ token, code }: Brought, pending: Pending): Promise<void> {
  if (token ? !(await onOneMachine()) : !code) throw new Unreached('unadmitted')
  present = sessionOf(token ?? (await exchanged(code ?? '', pending)))
  sessionStorage.setItem(NAME, JSON.stringify(present))
  expireLater()
}

/** The token for a code. An ID token beside it must be of this sign-in (OpenID Connect Core, 3.1.3.7). */
async function exchanged(code: string, { verifier = '', nonce }: Pending): Promise<string> {
  const { oidc } = await configuration()
  if (!oidc) throw new Unreached('unadmitted')
  const { token_endpoint } = await discovered(oidc.issuer)
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    client_id: oidc.client_id,
    redirect_uri: redirect(),
    code_verifier: verifier,
  })
  const { access_token, id_token } = await read<Tokens>(new Request(token_endpoint, { method: 'POST', body }))
  if (id_token && claimsOf(id_token)?.nonce !== nonce) throw new Unreached('unadmitted')
  return access_token ?? ''
}

const configuration = (): Promise<Config> => read(new Request(new URL('faces.json', root)))

interface Discovered {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  end_session_endpoint?: string
}

/** Where an issuer signs people in. Whoever calls himself otherwise is another (OpenID Connect Discovery, 4.3). */
async function discovered(issuer: string): Promise<Discovered> {
  const found = await read<Discovered>(new Request(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`))
  if (found.issuer !== issuer) throw new Unreached('unadmitted')
  return found
}

async function read<T>(request: Request): Promise<T> {
  const answer = await patient(request)
  const found = answer.ok ? parse<T>(await answer.text()) : null
  if (!found) throw new Unreached(answer.status >= 400 && answer.status < 500 ? 'unadmitted' : 'unreachable')
  return found
}

function redirect(): string {
  return new URL(`${face}/`, root).href
}

function parse<T>(text: string | null): T | null {
  try {
    return JSON.parse(text ?? 'null') as T | null
  } catch {
    return null
  }
}

/** Throws Unreached where it is no token of this platform's, or its time is over. */
function sessionOf(token: string): Session {
  const claims = claimsOf(token)
  if (!claims?.sub || !claims.role || !claims.exp || claims.exp * 1000 <= Date.now()) throw new Unreached('unadmitted')
  return { token, sub: claims.sub, role: claims.role, expires: claims.exp * 1000 }
}

interface Claims {
  sub?: string
  role?: string
  exp?: number
  nonce?: string
}

function claimsOf(token: string): Claims | null {
  return parse<Claims>(decode(token.split('.')[1] ?? ''))
}

function decode(part: string): string {
  try {
    const bytes = atob(part.replace(/-/g, '+').replace(/_/g, '/'))
    return new TextDecoder().decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)))
  } catch {
    return ''
  }
}

/** 43 letters, as RFC 7636 wants them. */
export function random(): string {
  return encoded(crypto.getRandomValues(new Uint8Array(32)))
}

export async function challenge(verifier: string): Promise<string> {
  return encoded(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

function encoded(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
