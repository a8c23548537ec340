// Whether a certificate is what the platform signed. No page in here: what is given comes in, a verdict goes out.
import { api, got, type Schemas } from '@/shared/client'
import { Altered, Foreign, signed, type Claims } from '@/shared/jws'
import { Refused, Unreached } from '@/shared/problem'

export type Kind = 'valid' | 'altered' | 'unknown' | 'revoked' | 'unsigned' | 'unchecked' | 'unreachable' | 'insecure'
export type Certificate = Schemas['Certificate']
export type Verdict = { kind: Kind; why?: string; claims?: Claims; certificate?: Certificate }
export type Given = { jws?: string; stated?: Certificate; pdf?: Uint8Array }

// What is signed under its own name (chalicelib/certificates/model.py)
const FACTS =
  'kind holder beneficiary grams points purpose issued_at title campaign donors scenarios methodologies'.split(' ')

/** What would have been signed of a certificate that says this. */
function claimsOf(stated: Certificate): Claims {
  const facts = stated as unknown as Claims
  const iat = Math.floor(Date.parse(String(stated.issued_at)) / 1000)
  const kept = FACTS.filter((name) => facts[name] != null).map((name) => [name, facts[name]])
  return { iss: stated.issuer, jti: stated.serial, iat, ...Object.fromEntries(kept) }
}

function differing(stated: Claims, claims: Claims): string[] {
  const names = new Set([...Object.keys(stated), ...Object.keys(claims)])
  return [...names].filter((name) => JSON.stringify(stated[name]) !== JSON.stringify(claims[name]))
}

/** What a file holds: the platform's PDF, the JSON of a certificate, or its JWS alone. */
export function read(file: Uint8Array): Given {
  if (file[0] === 0x25 && file[1] === 0x50) {
    const jws = /\/CertificateJWS \(([\w.-]+)\)/.exec(new TextDecoder('latin1').decode(file))?.[1]
    return jws ? { jws, pdf: file } : {}
  }
  const text = new TextDecoder().decode(file).trim()
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return { jws: text }
  try {
    const stated = JSON.parse(text) as Certificate
    return stated.jws ? { jws: stated.jws, stated } : {}
  } catch {
    return {}
  }
}

/** By serial: what the platform publishes must be what it signed. */
export async function bySerial(serial: string): Promise<Verdict> {
  return guarded(async () => {
    const certificate = await published(serial)
    if (!certificate) return { kind: 'unknown' }
    if (!certificate.jws) return { kind: 'unsigned', certificate }
    const claims = await signed(certificate.jws)
    return compared(claimsOf(certificate), claims) ?? standing(claims, certificate)
  })
}

/** By file: what it says must be what was signed; whether it was revoked, the platform knows. */
export async function byFile(given: Given): Promise<Verdict> {
  return guarded(async () => {
    if (!given.jws) return { kind: 'unknown', why: 'format' }
    const claims = await signed(given.jws)
    const changed = given.stated && compared(claimsOf(given.stated), claims)
    if (changed) return changed
    try {
      const certificate = await published(String(claims.jti))
      if (!certificate) return { kind: 'unknown' }
      if (certificate.status === 'valid' && given.pdf && !(await same(given.pdf, certificate.serial))) {
        return { kind: 'altered', why: 'sheet', claims, certificate }
      }
      return standing(claims, certificate)
    } catch (error) {
      if (error instanceof Unreached || error instanceof Refused) return { kind: 'unchecked', claims }
      throw error
    }
  })
}

function compared(stated: Claims, claims: Claims): Verdict | undefined {
  const names = differing(stated, claims)
  return names.length ? { kind: 'altered', why: names.join(' '), claims } : undefined
}

function standing(claims: Claims, certificate: Certificate): Verdict {
  return { kind: certificate.status === 'valid' ? 'valid' : 'revoked', claims, certificate }
}

/** The platform makes the same sheet to the byte, as long as it says the same. */
async function same(pdf: Uint8Array, serial: string): Promise<boolean> {
  const asked = { params: { path: { serial } }, headers: { Accept: 'application/pdf' }, parseAs: 'arrayBuffer' } as const
  const issued = new Uint8Array(await got(api.GET('/v1/certificates/{serial}', asked)))
  return issued.length === pdf.length && issued.every((byte, place) => byte === pdf[place])
}

async function published(serial: string): Promise<Certificate | undefined> {
  try {
    return (await got(api.GET('/v1/certificates/{serial}', { params: { path: { serial } } }))) as Certificate
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 404) return undefined
    throw error
  }
}

async function guarded(judge: () => Promise<Verdict>): Promise<Verdict> {
  if (!globalThis.crypto?.subtle) return { kind: 'insecure' }
  try {
    return await judge()
  } catch (error) {
    if (error instanceof Altered) return { kind: 'altered', why: error.message }
    if (error instanceof Foreign) return { kind: 'unknown', why: 'key' }
    return { kind: 'unreachable' }
  }
}
