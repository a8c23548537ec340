/** What can go wrong: a refusal has words of its own (RFC 9457); an answer that did not come is no refusal. */
import { texts } from './i18n'

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  errors?: { pointer: string; detail: string }[]
  [more: string]: unknown
}

/** The platform answered no. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title)
  }

  /** What to correct, by field: `/points` is `points`. */
  get fields(): Record<string, string> {
    return Object.fromEntries((this.problem.errors ?? []).map((each) => [each.pointer.replace(/^\//, ''), each.detail]))
  }
}

export type Reason = 'offline' | 'slow' | 'unreachable' | 'unadmitted'

/** No answer came: nobody knows yet whether the change was made. */
export class Unreached extends Error {
  constructor(readonly reason: Reason) {
    super(reason)
  }
}

const t = texts(
  {
    offline: '当前没有网络。请检查网络连接后重试。',
    slow: '网络较慢，没有等到答复。请稍后重试。',
    unreachable: '暂时连接不上服务。请稍后重试。',
    unknownTitle: '结果待确认',
    unadmitted: '登录没有完成，请重新登录。',
    outTitle: '尚未登录',
    out: '请登录后重试。',
    failed: '出了问题',
    unexpected: '页面出错，请刷新后重试。',
  },
  {
    offline: 'This device is offline. Check the connection, and try again.',
    slow: 'The network is slow: no answer came. Try again in a moment.',
    unreachable: 'The service cannot be reached right now. Try again in a moment.',
    unknownTitle: 'The result is not known yet',
    unadmitted: 'The sign-in was not completed. Sign in again.',
    outTitle: 'You are not signed in',
    out: 'Sign in, and try again.',
    failed: 'Something went wrong',
    unexpected: 'This page failed. Reload it, and try again.',
  },
)

/** What a person reads: the problem's own words, or why no answer came. */
export function explained(error: unknown): { title: string; detail: string; reached: boolean } {
  if (error instanceof Refused) return { title: error.problem.title, detail: error.problem.detail, reached: true }
  if (error instanceof Unreached) return { title: t(error.reason === 'unadmitted' ? 'outTitle' : 'unknownTitle'), detail: t(error.reason), reached: false }
  return { title: t('failed'), detail: t('unexpected'), reached: true }
}

/** The platform's refusal in an answer; null where it is somebody else's page. Whoever answers 401, one signs in again. */
export function refusal({ status, headers }: Response, body: unknown): Refused | null {
  const stated = body as Problem | null
  const own = headers.get('Content-Type')?.startsWith('application/problem+json') && typeof stated?.code === 'string'
  return own ? new Refused(stated) : status === 401 ? signedOut() : null
}

/** What somebody reads who is not signed in, or no longer. */
export function signedOut(): Refused {
  return new Refused({ type: 'about:blank', title: t('outTitle'), status: 401, detail: t('out'), code: 'unauthorized' })
}
