/** What desk and portal have in common: the frame, the way from page to page, lists that continue. */
import './tokens.css'
import './office.css'
import { h, type Child } from './dom'
import { edits } from './edits'
import { chooseLanguage, language, onLanguage } from './i18n'
import { again, unsettled } from './keeper'
import { chooseLarge, isLarge } from './large'
import { decoded } from './own'
import { onSlow } from './patient'
import { explained, Refused, signedOut } from './problem'
import { ROLES, say, word } from './say'
import { turn } from './turn'
import { arrive, leave, onSignOut, session, signIn } from './session'

export type View = (segments: string[], query: URLSearchParams) => Promise<Node>
export interface Place {
  path: string
  label: () => string
  view: View
  /** Who finds it in the list; without it, nobody does. */
  roles?: readonly string[]
}
export interface Office {
  title: () => string
  roles: readonly string[]
  places: Place[]
}

let office: Office
const main = h('main', { id: 'main', tabindex: -1 })
const news = h('div', { class: 'news', role: 'status' })
const slow = h('p', { class: 'slow', role: 'status' })

/** Begin: sign in, then show what the address says. */
export async function open(made: Office): Promise<void> {
  office = made
  frame(await arrive())
  onLanguage(() => frame())
  onSignOut(() => frame(signedOut()))
  onSlow((late) => slow.replaceChildren(late ? say('网络较慢，正在等待答复……', 'The network is slow. Waiting for the answer …') : ''))
  addEventListener('hashchange', () => {
    document.querySelectorAll('dialog').forEach((each) => each.close()) // what it asked belonged to the page before
    void show(true)
  })
}

/** The role of who is signed in. */
export const role = (): string => session()?.role ?? ''
export const is = (...roles: string[]): boolean => roles.includes(role())

/** Say that something was done; read out by a screen reader. */
export function tell(...text: Child[]): void {
  news.replaceChildren(h('p', {}, text))
  setTimeout(() => news.replaceChildren(), 30_000)
}

/** Show the present page again. */
export const refresh = (): void => void show(false)

/** After a change: say so, and show what became of it. */
export function settled(text = say('已办理', 'Done')): () => void {
  return () => {
    tell(text)
    refresh()
  }
}

/** Everything around the page, and the page; or the door, with why somebody stands before it. */
function frame(trouble: unknown = null): void {
  const present = session()
  const entry = present && office.roles.includes(present.role)
  document.getElementById('app')?.replaceChildren(
    h('a', { class: 'skip', href: '#main', onclick: skip }, say('跳到正文', 'Skip to content')),
    header(),
    h('div', { class: 'sheet' }, entry ? h('nav', { 'aria-label': say('功能', 'Pages') }, h('ul')) : null, h('div', { class: 'page' }, slow, news, main)),
  )
  document.title = office.title()
  if (entry) void show(false)
  else close(trouble)
}

/** Nothing of what somebody saw stays for whoever comes next: no page, no dialog, no answer that is still on its way. */
function close(trouble: unknown): void {
  turn(main)
  document.querySelectorAll('dialog').forEach((each) => each.close())
  news.replaceChildren()
  main.replaceChildren(door(trouble))
}

function skip(event: Event): void {
  event.preventDefault() // the fragment names the page
  main.focus()
}

function header(): HTMLElement {
  const present = session()
  const large = h('button', { type: 'button', 'aria-pressed': String(isLarge()) }, say('大字版', 'Large text'))
  large.addEventListener('click', () => {
    chooseLarge(!isLarge())
    large.setAttribute('aria-pressed', String(isLarge()))
  })
  const other = language() === 'en' ? ({ code: 'zh-CN', name: '中文' } as const) : ({ code: 'en', name: 'English' } as const)
  return h(
    'header',
    { class: 'top' },
    h('p', { class: 'name' }, office.title()),
    h(
      'div',
      { class: 'tools' },
      present ? h('span', { class: 'who' }, `${word(ROLES, present.role)} · ${present.sub}`) : null,
      large,
      h('button', { type: 'button', lang: other.code, onclick: () => chooseLanguage(other.code) }, other.name),
      present ? h('button', { type: 'button', onclick: leave }, say('退出登录', 'Sign out')) : null,
    ),
  )
}

/** Leave for the sign-in, or say why one cannot. */
function enter(): void {
  signIn().catch((error: unknown) => close(error))
}

function door(trouble: unknown): HTMLElement {
  const present = session()
  const why = trouble ? h('div', { class: 'problem', role: 'alert' }, h('strong', {}, explained(trouble).title), h('p', {}, explained(trouble).detail)) : null
  const wrong = present ? h('p', {}, say(`您登录的角色（${word(ROLES, present.role)}）不能使用此页面，请更换登录。`, `Your role (${word(ROLES, present.role)}) has no use for this page. Sign in as somebody else.`)) : null
  return h('section', { class: 'card door' }, h('h1', {}, office.title()), wrong, why, h('button', { class: 'primary', type: 'button', onclick: enter }, say('登录', 'Sign in')))
}

function address(): { path: string; segments: string[]; query: URLSearchParams } {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  const [first = '', ...segments] = path.split('/').map(decoded)
  return { path: first, segments, query: new URLSearchParams(query) }
}

let arriving = false // somebody went to another page, and it is not here yet

async function show(moved: boolean): Promise<void> {
  if (!office.roles.includes(role())) return close(null)
  const mine = turn(main)
  arriving ||= moved
  const { path, segments, query } = address()
  const place = office.places.find((each) => each.path === path && (!each.roles || each.roles.includes(role()))) ?? office.places[0]!
  document.querySelector('.sheet > nav > ul')?.replaceChildren(...office.places.filter((each) => each.roles?.includes(role())).map((each) => link(each, each === place)))
  if (moved) main.replaceChildren(h('p', { class: 'quiet' }, say('正在读取……', 'Reading …')))
  let content: Node
  try {
    content = await place.view(segments, query)
  } catch (error) {
    content = broken(error)
  }
  if (!mine()) return // somebody went elsewhere meanwhile
  replace(content)
  document.title = `${main.querySelector('h1')?.textContent ?? place.label()} · ${office.title()}`
  if (arriving) {
    main.focus({ preventScroll: true })
    scrollTo(0, 0)
  }
  arriving = false
}

/** The same page, read again, keeps what was entered; and who works by keyboard stays in it. */
function replace(content: Node): void {
  const carry = arriving ? () => {} : edits(main)
  const within = main.contains(document.activeElement)
  main.replaceChildren(...waiting(), content)
  carry(main)
  if (within && !main.contains(document.activeElement)) main.focus({ preventScroll: true })
}

function link(place: Place, here: boolean): HTMLElement {
  return h('li', {}, h('a', { href: `#/${place.path}`, 'aria-current': here ? 'page' : null }, place.label()))
}

function broken(error: unknown): HTMLElement {
  const { title, detail } = explained(error)
  const out = error instanceof Refused && error.problem.status === 401
  const button = out ? h('button', { class: 'primary', type: 'button', onclick: enter }, say('重新登录', 'Sign in again')) : h('button', { type: 'button', onclick: refresh }, say('重试', 'Try again'))
  return h('div', { class: 'problem', role: 'alert' }, h('strong', {}, title), h('p', {}, detail), button)
}

/** Requests that nobody has an answer to yet: sent again under the same key, they are carried out once. */
function waiting(): HTMLElement[] {
  return unsettled().map((intent) => {
    const time = new Date(intent.at).toLocaleTimeString(language(), { timeZone: 'Asia/Shanghai' })
    const text = say(`${time} 提交的一项事项尚未得到答复。`, `A request of ${time} has no answer yet.`)
    const resend = (): void => void again(intent).then(settled(), (error: unknown) => (tell(explained(error).detail), refresh()))
    return h('div', { class: 'problem' }, h('p', {}, text), h('button', { type: 'button', onclick: resend }, say('重新发送', 'Send it again')))
  })
}

/** What a button starts: what goes wrong with it is read out. */
export function attempt(act: () => Promise<unknown>): void {
  act().catch((error: unknown) => tell(explained(error).detail))
}

// Parts of pages

export function go(path: string, query: Record<string, string> = {}): void {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value))
  const place = `#/${path}${given.size ? `?${given}` : ''}`
  if (location.hash === place) refresh()
  else location.hash = place
}

export function page(title: string, ...children: Child[]): HTMLElement {
  return h('div', {}, h('h1', {}, title), ...children)
}

export function card(title: string, ...children: Child[]): HTMLElement {
  return h('section', { class: 'card' }, title ? h('h2', {}, title) : null, ...children)
}

export function facts(rows: readonly (readonly [label: string, value: Child])[]): HTMLElement {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== '')
  return h('dl', { class: 'facts' }, shown.map(([label, value]) => h('div', {}, h('dt', {}, label), h('dd', {}, value))))
}

export function state(code: string, label: string): HTMLElement {
  return h('span', { class: `state ${tone(code)}` }, label)
}

const GOOD = 'active confirmed done finished fulfilled delivered passed upheld captured valid approved arrived on_shelf acknowledged resolved'.split(' ')
const BAD = 'rejected refused failed suspended frozen revoked vetoed late reversed ended'.split(' ')
const tone = (code: string): string => (GOOD.includes(code) ? 'good' : BAD.includes(code) ? 'bad' : '')

/** A link that looks like an id: the beginning is enough to tell two apart. */
export function to(path: string, id: string, text = short(id)): HTMLElement {
  return h('a', { href: `#/${path}/${encodeURIComponent(id)}`, title: id }, text)
}

export const short = (id: string): string => (id.length > 12 ? `${id.slice(0, 8)}…` : id)

export function button(label: string, onclick: () => void, kind = ''): HTMLElement {
  return h('button', { type: 'button', class: kind || null, onclick }, label)
}

export interface Column<T> {
  name: string
  cell: (item: T) => Child
  number?: boolean
}

export function table<T>(caption: string, columns: Column<T>[], items: readonly T[]): HTMLElement {
  if (!items.length) return h('p', { class: 'quiet' }, say('没有记录', 'Nothing here'))
  const cells = (item: T): HTMLElement[] => columns.map(({ cell, number }) => h('td', { class: number ? 'number' : null }, cell(item)))
  const head = columns.map(({ name, number }) => h('th', { scope: 'col', class: number ? 'number' : null }, name))
  const made = h('table', {}, h('caption', { class: 'unseen' }, caption), h('thead', {}, h('tr', {}, head)), h('tbody', {}, items.map((item) => h('tr', {}, cells(item)))))
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption }, made)
}

interface Paged<T> {
  items: T[]
  next_cursor: string | null
}

/** A list, page after page. Read again, it has as many pages as before. */
export async function list<T>(caption: string, columns: Column<T>[], read: (cursor?: string) => Promise<Paged<T>>, empty = say('没有记录', 'Nothing here')): Promise<HTMLElement> {
  const wanted = arriving ? 1 : shownPages(caption)
  let { items, next_cursor: next } = await read()
  let pages = 1
  for (; next && pages < wanted; pages++) {
    const page = await read(next)
    items = items.concat(page.items)
    next = page.next_cursor
  }
  if (!items.length) return h('p', { class: 'quiet' }, empty)
  const made = table(caption, columns, items)
  made.dataset.pages = String(pages)
  const whole = h('div', {}, made)
  const more = button(say('更多', 'More'), () => void append())
  async function append(): Promise<void> {
    if (more.getAttribute('aria-disabled') === 'true') return // one page at a time: none comes twice
    more.setAttribute('aria-disabled', 'true')
    try {
      const page = await read(next ?? undefined)
      made.querySelector('tbody')?.append(...table('', columns, page.items).querySelectorAll('tbody tr'))
      made.dataset.pages = String(++pages)
      next = page.next_cursor
      if (!next) more.remove()
    } catch (error) {
      tell(explained(error).detail)
    } finally {
      more.removeAttribute('aria-disabled')
    }
  }
  if (next) whole.append(more)
  return whole
}

/** How many pages of a list somebody has in front of her. */
function shownPages(caption: string): number {
  const there = [...main.querySelectorAll<HTMLElement>('[data-pages]')].find((each) => each.getAttribute('aria-label') === caption)
  return Number(there?.dataset.pages ?? 1)
}

/** Choices above a list; they stand in the address, so that it can be kept and sent. */
export function filters(path: string, query: URLSearchParams, fields: HTMLElement[]): HTMLElement {
  const form = h('form', { class: 'filters' }, ...fields, h('button', { type: 'submit' }, say('查询', 'Show')))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]))
    if (new URLSearchParams(Object.entries(given).filter(([, value]) => value)).toString() === query.toString()) refresh()
    else go(path, given)
  })
  return form
}

/** The choices of a select, with "all" before them. */
export function choices(words: Record<string, readonly [string, string]>, codes: readonly string[]): [string, string][] {
  return [['', say('全部', 'All')], ...codes.map((code): [string, string] => [code, word(words, code)])]
}

/** A day in a filter, as an instant: its beginning in Shanghai, or the beginning of the next one. */
export function instant(day: string | null, following = false): string | undefined {
  if (!day) return undefined
  const begins = new Date(`${day}T00:00:00+08:00`)
  return new Date(begins.getTime() + (following ? 86_400_000 : 0)).toISOString()
}
