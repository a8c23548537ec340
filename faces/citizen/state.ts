/** What pages share: the language, who is here, her account, names of merchants, and how an action or a list fares. */
import { reactive, ref, shallowRef, type Ref } from 'vue'
import { api, got, type Schemas } from '@/shared/client'
import { onLanguage, language } from '@/shared/i18n'
import { again, unsettled, Unsettled, type Intent } from '@/shared/keeper'
import { Refused, Unreached } from '@/shared/problem'
import { onSignOut, session } from '@/shared/session'
import { keep, kept } from '@/shared/storage'
import { words, type Key } from './texts'

const spoken = ref(language())
onLanguage(() => (spoken.value = language()))

/** A text in the language that is chosen now. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  void spoken.value
  return words(key, values)
}

export function inEnglish(): boolean {
  return spoken.value === 'en'
}

export const signedIn = ref(session() !== null)
export const account = shallowRef<Schemas['AccountView'] | null>(null)
export const noAccount = ref(false)
export const waiting = ref<Intent[]>(unsettled())

export function look(): void {
  signedIn.value = session() !== null
  waiting.value = unsettled()
  if (signedIn.value) return
  account.value = null // nothing of hers stays for whoever comes next
  noAccount.value = false
  known.value = null
}

onSignOut(look)

let refreshes = 0

/** The account as it is now. A person without one is no error: she is asked to open one. */
export async function refresh(): Promise<void> {
  if (!signedIn.value) return
  const mine = ++refreshes
  const found = await got(api.GET('/v1/accounts/me')).catch((error: unknown) => {
    if (error instanceof Refused && error.problem.status === 404) return null
    throw error
  })
  if (mine !== refreshes) return // an older balance must not show over a newer one
  account.value = found
  noAccount.value = !found
}

/** An action that a button starts: it runs once at a time, and its error stays to be read. */
export function useAct() {
  const busy = ref(false)
  const error = shallowRef<unknown>(null)
  async function run(act: () => Promise<unknown>): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = null
    try {
      await act()
    } catch (caught) {
      error.value = caught
    } finally {
      busy.value = false
      look()
    }
  }
  return reactive({ busy, error, run })
}

/** The result of an action that was asked for later, by its intent's name: the page that began it continues with it. */
export const known = shallowRef<{ name: string; answer: unknown } | null>(null)

/** Ask again for what nobody knew the result of. */
export async function settle(intent: Intent): Promise<void> {
  try {
    const answer = await again(intent)
    if (intent.name.startsWith('enter:')) entered(intent.path.split('/')[3] ?? '', answer as Schemas['DrawEntry'])
    known.value = { name: intent.name, answer }
  } finally {
    look()
    void refresh().catch(() => {})
  }
}

const entry = (event: string): string => `entry:${session()?.sub ?? ''}:${event}`

/** Her entry to an event's draw: no list has it, so this browser keeps its id. */
export function entered(event: string, { id }: { id: string }): void {
  keep(entry(event), id)
}

export const entryOf = (event: string): string | null => (session() ? kept(entry(event)) : null)

/** What a refusal says, by the field. */
export const fieldsOf = (error: unknown): Record<string, string> => (error instanceof Refused ? error.fields : {})

/** What a page reads. Unlike an action it may be asked for again at any time: the newest question wins. */
function useRead() {
  const busy = ref(false)
  const error = shallowRef<unknown>(null)
  let last = 0
  async function run<T>(ask: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    const mine = ++last
    busy.value = true
    error.value = null
    try {
      const answer = await ask()
      if (mine === last) take(answer)
    } catch (caught) {
      if (mine === last) error.value = caught
    } finally {
      if (mine === last) busy.value = false
      look()
    }
  }
  return reactive({ busy, error, run })
}

export function useLoad<T>(ask: () => Promise<T>) {
  const data = shallowRef<T | null>(null) as Ref<T | null>
  const act = useRead()
  const load = () => act.run(ask, (found) => (data.value = found))
  void load()
  return reactive({ data, act, load })
}

interface Page<T> {
  items: T[]
  next_cursor: string | null
}

/** A list that grows by its button. */
export function usePages<T>(ask: (cursor?: string) => Promise<Page<T>>) {
  const items = shallowRef<T[]>([]) as Ref<T[]>
  const next = ref<string | null>(null)
  const loaded = ref(false)
  const act = useRead()
  const take = (page: Page<T>, before: T[]) => {
    items.value = [...before, ...page.items]
    next.value = page.next_cursor
    loaded.value = true
  }
  const more = async () => {
    if (!act.busy) await act.run(() => ask(next.value ?? undefined), (page) => take(page, items.value))
  }
  const reload = () => act.run(() => ask(), (page) => take(page, []))
  void reload()
  return reactive({ items, next, loaded, act, more, reload })
}

const merchants = reactive(new Map<string, string>())

/** A merchant's name, as soon as it is known. */
export function merchantName(id: string): string {
  if (!merchants.has(id)) {
    merchants.set(id, '…')
    got(api.GET('/v1/merchants/{id}', { params: { path: { id } } })).then(
      (found) => merchants.set(id, found.name),
      () => merchants.set(id, id.slice(0, 8)),
    )
  }
  return merchants.get(id) ?? ''
}

const scenarios = reactive(new Map<string, Schemas['ScenarioView']>())
let asked = false

/** A scenario by its code, as soon as the list is here. */
export function scenario(code: string): Schemas['ScenarioView'] | undefined {
  if (!asked) {
    asked = true
    got(api.GET('/v1/scenarios')).then(
      (found) => found.items.forEach((each) => scenarios.set(each.code, each)),
      () => (asked = false),
    )
  }
  return scenarios.get(code)
}

export { Refused, Unreached, Unsettled }
