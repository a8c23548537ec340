// The page: what is shown when, and what each control does.
import '@/shared/tokens.css'
import './style.css'
import { api, got, type Schemas } from '@/shared/client'
import { chooseLanguage, language, number, onLanguage } from '@/shared/i18n'
import { saved } from '@/shared/dom'
import { turn } from '@/shared/turn'
import { publicKeys } from '@/shared/jws'
import { chooseLarge, isLarge } from '@/shared/large'
import { decoded } from '@/shared/own'
import { codeIn, scannable, scanned } from '@/shared/scan'
import { root } from '@/shared/session'
import { bySerial, byFile, read, type Verdict } from './verify'
import { CODES, LABELS, moment, say, VERDICTS, type Text } from './words'

const $ = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T

function make(tag: string, text = '', className = ''): HTMLElement {
  return Object.assign(document.createElement(tag), { textContent: text, className })
}

function within(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const made = make(tag, '', className)
  made.append(...children)
  return made
}

// Right now

const POINTS: Text = ['流通中的碳积分', 'Points in circulation']
const BACKING: Text = ['对应的减排量（克）', 'Grams that back them']
const CONFIRMED: Text = ['累计已确认（克）', 'Grams confirmed in all']
const HELD: Text = ['机构持有（克）', 'Held by institutions']
const RETIRED: Text = ['已注销（克）', 'Retired for good']

let supply: Schemas['Supply'] | undefined
let paused = false

function box(label: Text, amount: number): HTMLElement {
  return within('span', 'box', make('b', number(amount)), make('span', say(label)))
}

function equation(question: Text, left: Node, sign: string, ...right: Node[]): HTMLElement {
  return within('div', 'equation', make('h3', say(question)), within('p', 'terms', left, make('span', sign, 'sign'), ...right))
}

function checked(holds: boolean, yes: Text): HTMLElement {
  const no: Text = ['不相等：请告知平台', 'Not equal: please tell the platform']
  return make('p', `${holds ? '✓ ' : '✗ '}${say(holds ? yes : no)}`, holds ? 'good' : 'bad')
}

function showSupply(): void {
  if (!supply) return
  const { points_circulating: points, grams_backing: backing, grams_confirmed: confirmed } = supply
  const { grams_held: held, grams_retired: retired, grams_uncovered: uncovered } = supply
  const first = equation(['每个碳积分都有对应的减排量吗？', 'Is every point backed?'], box(POINTS, points), '=', box(BACKING, backing))
  first.append(checked(points === backing, ['相等（由本页计算）', 'Equal, as computed by this page']))
  const plus = () => make('span', '+', 'sign')
  const second = equation(
    ['确认过的减排量都在哪里？', 'Where is every gram that was confirmed?'],
    box(CONFIRMED, confirmed),
    '=',
    box(BACKING, backing),
    plus(),
    box(HELD, held),
    plus(),
    box(RETIRED, retired),
  )
  second.append(checked(confirmed === backing + held + retired, ['相等（由本页计算）', 'Equal, as computed by this page']))
  $('equations').replaceChildren(first, second)
  if (uncovered) {
    const note: Text = [`另有 ${number(uncovered)} 克减排量已冲正、尚待追回。`, `${number(uncovered)} g were reversed after use, and await recovery.`]
    $('equations').append(make('p', say(note), 'quiet'))
  }
  $('as-of').textContent = supply.as_of ? say([`截至 ${moment(supply.as_of)}`, `As of ${moment(supply.as_of)}`]) : ''
}

let reading = false

async function refresh(): Promise<void> {
  if (paused || document.hidden || reading) return // one at a time: an older answer never comes after a newer one
  reading = true
  try {
    supply = await got(api.GET('/v1/supply'))
    showSupply()
  } catch {
    $('as-of').textContent = say(['暂时无法读取，稍后自动重试。', 'Cannot be read now. Trying again soon.'])
  } finally {
    reading = false
  }
}

// Where from, where to

const CHARTS = ['scenarios', 'uses', 'months'] as const

async function plot(chart: (typeof CHARTS)[number]): Promise<void> {
  const asked = { params: { query: { chart } }, headers: { Accept: 'image/svg+xml' }, parseAs: 'text' } as const
  const mine = turn($(`plot-${chart}`))
  const drawn = await got(api.GET('/v1/statistics', asked)).catch(() => undefined)
  if (!drawn || !mine()) return // the language was changed meanwhile
  const svg = new DOMParser().parseFromString(drawn as string, 'image/svg+xml').documentElement
  $(`plot-${chart}`).replaceChildren(document.importNode(svg, true))
}

async function csv(event: Event): Promise<void> {
  event.preventDefault() // a link cannot ask for CSV
  const asked = { headers: { Accept: 'text/csv' }, parseAs: 'arrayBuffer' } as const // text would lose the byte order mark
  const sheet = await got(api.GET('/v1/statistics', asked)).catch(() => undefined)
  if (!sheet) return
  saved(sheet as ArrayBuffer, 'text/csv', 'statistics.csv')
}

// Daily reconciliation

let days: Schemas['Reconciliation'][] = []
let next: string | null = null

async function moreDays(): Promise<void> {
  const mine = turn($('more'))
  const query = next ? { limit: 14, cursor: next } : { limit: 14 }
  const page = await got(api.GET('/v1/reconciliations', { params: { query } })).catch(() => undefined)
  if (!page || !mine()) return // pressed twice: one page
  days = days.concat(page.items)
  next = page.next_cursor
  showDays()
}

function showDays(): void {
  const rows = days.map((day) => {
    const good = day.differences === 0
    const result: Text = good ? ['✓ 无差异', '✓ No difference'] : [`✗ ${day.differences} 项差异`, `✗ ${day.differences} differences`]
    const figures = [day.records, day.accounts, day.sums.points_circulating, day.sums.grams_backing]
    const first = make('th', day.id)
    first.setAttribute('scope', 'row')
    return within(
      'tr',
      '',
      first,
      make('td', say(result), good ? 'good' : 'bad'),
      ...figures.map((each) => make('td', number(each), 'number')),
    )
  })
  document.querySelector('#days tbody')!.replaceChildren(...rows)
  $('no-days').hidden = days.length > 0
  $('days').parentElement!.hidden = !days.length
  $('more').hidden = !next
}

// Verify a certificate

let shown: Verdict | undefined

function valueOf(name: string, value: unknown, kind: unknown): string {
  if (Array.isArray(value)) return value.join('、')
  if (typeof value === 'number') return number(value)
  if (name === 'issued_at') return moment(String(value))
  const code = name === "kind" || (name === "purpose" && kind !== "cancellation") // a person's purpose is her own words
  return code && CODES[String(value)] ? say(CODES[String(value)]!) : String(value)
}

function showVerdict(): void {
  if (!shown) return
  const { kind, why, claims, certificate } = shown
  const words = VERDICTS[why && why in VERDICTS ? why : kind]!
  const card = within('div', `verdict ${kind}`, make('h3', say(words.title)), make('p', say(words.text)))
  card.dataset.verdict = kind
  if (kind === 'revoked' && certificate?.reason) {
    card.append(make('p', say([`撤销原因：${certificate.reason}`, `Reason: ${certificate.reason}`])))
  }
  const uncovered = Number(certificate?.uncovered_grams ?? 0)
  if (uncovered) {
    card.append(make('p', say([`其中 ${number(uncovered)} 克的减排量已冲正，尚待追回。`, `${number(uncovered)} of its grams were reversed, and await recovery.`])))
  }
  if (kind === 'altered' && claims && why !== 'sheet') {
    const names = why!.split(' ').map((name) => (LABELS[name] ? say(LABELS[name]!) : name))
    card.append(make('p', say([`不一致的内容：${names.join('、')}`, `What differs: ${names.join(', ')}`])))
  }
  if (claims) card.append(facts(claims))
  if (certificate) {
    const link = Object.assign(document.createElement('a'), { href: `${root.href}v1/certificates/${certificate.serial}` })
    link.textContent = say(['查看平台公开页面', 'See its public page'])
    card.append(within('p', '', link))
  }
  $('verdict').replaceChildren(card)
}

function facts(claims: Record<string, unknown>): HTMLElement {
  const list = make('dl')
  for (const [name, label] of Object.entries(LABELS)) {
    if (claims[name] == null) continue
    list.append(within('div', '', make('dt', say(label)), make('dd', valueOf(name, claims[name], claims.kind))))
  }
  return within('div', 'facts', make('h4', say(['已签名的内容', 'What was signed'])), list)
}

async function judge(verdict: Promise<Verdict>): Promise<void> {
  const mine = turn($('verdict'))
  $('verdict').replaceChildren(make('p', say(['正在核验……', 'Verifying …'])))
  const found = await verdict
  if (!mine()) return // another certificate was asked for meanwhile
  shown = found
  showVerdict()
  $('verdict').scrollIntoView({ block: 'nearest' })
}

/** A serial as typed, or the last part of the address that a QR code holds. */
function serialIn(text: string): string {
  const parts = text.trim().split(/[?#]/)[0]!.split('/').filter(Boolean)
  return decoded(parts.pop() ?? '')
}

async function judgeFile(file: File | undefined): Promise<void> {
  if (!file) return
  if (!file.type.startsWith('image/')) {
    return judge(file.arrayBuffer().then((content) => byFile(read(new Uint8Array(content)))))
  }
  const picture = await createImageBitmap(file).catch(() => undefined)
  const text = picture && (await codeIn(picture))
  await judge(text ? bySerial(serialIn(text)) : Promise.resolve({ kind: 'unknown', why: 'picture' }))
}

async function scan(): Promise<void> {
  const text = await scanned()
  await judge(text ? bySerial(serialIn(text)) : Promise.resolve({ kind: 'unknown', why: 'picture' }))
}

// Language and size

function speak(): void {
  document.title = say(['碳普惠 · 公开数据', 'Carbon inclusion: open data'])
  const other = language() === 'en' ? { lang: 'zh-CN', textContent: '中文' } : { lang: 'en', textContent: 'English' }
  Object.assign($('language'), other)
  showSupply()
  showDays()
  showVerdict()
  CHARTS.forEach((chart) => void plot(chart))
}

function enlarge(on: boolean): void {
  chooseLarge(on)
  $('large').setAttribute('aria-pressed', String(on))
}

function pause(): void {
  paused = !paused
  $('pause').setAttribute('aria-pressed', String(paused))
  void refresh()
}

function listen(): void {
  onLanguage(speak)
  $('language').addEventListener('click', () => chooseLanguage(language() === 'en' ? 'zh-CN' : 'en'))
  $('large').addEventListener('click', () => enlarge(!isLarge()))
  $('pause').addEventListener('click', pause)
  $('more').addEventListener('click', () => void moreDays())
  $('csv').addEventListener('click', (event) => void csv(event))
  $('by-serial').addEventListener('submit', (event) => {
    event.preventDefault()
    void judge(bySerial(serialIn($<HTMLInputElement>('serial').value)))
  })
  const input = $<HTMLInputElement>('file')
  input.addEventListener('change', () => void judgeFile(input.files?.[0]).then(() => (input.value = '')))
  const drop = $('drop')
  for (const name of ['dragover', 'dragleave', 'drop']) {
    drop.addEventListener(name, (event) => {
      event.preventDefault()
      drop.classList.toggle('over', name === 'dragover')
    })
  }
  drop.addEventListener('drop', (event) => void judgeFile(event.dataTransfer?.files[0]))
  $('scan').hidden = !scannable()
  $('scan').addEventListener('click', () => void scan())
}

function begin(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('[data-path]')) link.href = root.href + link.dataset.path
  listen()
  enlarge(isLarge())
  speak()
  void refresh()
  void moreDays()
  publicKeys().catch(() => undefined) // so that files can be verified without a network
  setInterval(() => void refresh(), 5000)
  const serial = new URLSearchParams(location.search).get('serial')
  if (serial) {
    $<HTMLInputElement>('serial').value = serial
    void judge(bySerial(serialIn(serial)))
  }
}

begin()
