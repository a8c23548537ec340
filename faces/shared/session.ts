/** Who is signed in, for one face, until the tab closes. Sign-in is OIDC (code and PKCE, RFC 7636) where it is configured. */
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

export function session(): Session | null {
  return present && present.expires > Date.now() ? present : null
}

export function signOut(): void {
  present = null
  sessionStorage.removeItem(NAME)
}

/** Leave for the sign-in; the page comes back to where it was. */
export async function signIn(): Promise<void> {
  const config = await configuration()
  const pending: Record<string, string> = { back: location.href }
  if (config.oidc) {
    pending.state = random()
    pending.verifier = random()
    const { authorization_endpoint } = await discovered(config.oidc.issuer)
    const asked = new URL(authorization_endpoint)
    const wanted = {
      response_type: 'code',
      client_id: config.oidc.client_id,
      redirect_uri: redirect(),
      scope: config.oidc.scope,
      state: pending.state,
      code_challenge: await challenge(pending.verifier),
      code_challenge_method: 'S256',
    }
    Object.entries(wanted).forEach(([name, value]) => asked.searchParams.set(name, value))
    sessionStorage.setItem(PENDING, JSON.stringify(pending))
    location.assign(asked)
    return
  }
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  location.assign(new URL(`${config.sign_in ?? 'sign-in'}?face=${face}`, root))
}

/** At the start of a page: take what a sign-in has brought. Whether the page stays. */
export async function arrive(): Promise<boolean> {
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? '{}') as Record<string, string>
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  const query = new URLSearchParams(location.search)
  if (token) return taken(token, pending)
  if (query.has('code') && query.get('state') && query.get('state') === pending.state) {
    return taken(await exchanged(query.get('code') ?? '', pending.verifier ?? ''), pending)
  }
  return true
}

function taken(token: string, pending: Record<string, string>): boolean {
  present = sessionOf(token)
  sessionStorage.setItem(NAME, JSON.stringify(present))
  sessionStorage.removeItem(PENDING)
  const back = pending.back && pending.back.startsWith(root.href) ? pending.back : new URL('.', location.href).href
  history.replaceState(null, '', back)
  return true
}

async function exchanged(code: string, verifier: string): Promise<string> {
  const { oidc } = await configuration()
  if (!oidc) throw new Error('no OIDC')
  const { token_endpoint } = await discovered(oidc.issuer)
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    client_id: oidc.client_id,
    redirect_uri: redirect(),
    code_verifier: verifier,
  })
  const answer = await fetch(token_endpoint, { method: 'POST', body })
  if (!answer.ok) throw new Error(`the issuer answered ${answer.status}`)
  return ((await answer.json()) as { access_token: string }).access_token
}

async function configuration(): Promise<Config> {
  return (await (await fetch(new URL('faces.json', root))).json()) as Config
}

async function discovered(issuer: string): Promise<{ authorization_endpoint: string; token_endpoint: string }> {
  return (await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)).json()
}

function redirect(): string {
  return new URL(`${face}/`, root).href
}

function parse(text: string | null): Session | null {
  return text ? (JSON.parse(text) as Session) : null
}

function sessionOf(token: string): Session {
  const claims = JSON.parse(decode(token.split('.')[1] ?? '')) as { sub: string; role: string; exp: number }
  return { token, sub: claims.sub, role: claims.role, expires: claims.exp * 1000 }
}

function decode(part: string): string {
  const bytes = atob(part.replace(/-/g, '+').replace(/_/g, '/'))
  return new TextDecoder().decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)))
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
