// What the journeys have in common: a browser, a page that fails on faults of its own, and the rules of WCAG on each page.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const require = createRequire(new URL('../../../faces/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** The given of a journey: what pytest wrote into the environment, or on the standard input. */
export const given = JSON.parse(process.env.GIVEN ?? readFileSync(0, 'utf8'))

export const launch = () => chromium.launch({ executablePath: given.chromium, args: FLAGS })

/** What breaks a rule on the page, once it is settled: nothing is read any more, and nothing moves. */
export async function broken(page) {
  await page.waitForLoadState('networkidle')
  await page.waitForFunction(() => !/正在加载|正在读取|Loading|Reading …/.test(document.querySelector('main')?.innerText ?? '') && document.getAnimations().every((each) => each.playState !== 'running'))
  await page.evaluate(AXE)
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES)
  return violations.map((each) => `${each.id} ${each.nodes.map((node) => node.html.slice(0, 120)).join(' ')}`)
}

/** Run a journey, and print what it found as JSON. */
export async function journey(steps) {
  const browser = await launch()
  const found = { faults: [], violations: [], visited: [] }
  try {
    Object.assign(found, await steps(new Visitor(browser, found)))
  } finally {
    await browser.close()
  }
  process.stdout.write(JSON.stringify(found))
}

class Visitor {
  constructor(browser, found) {
    this.browser = browser
    this.found = found
  }

  /** A page of somebody's own, who signs in as everybody does; without a name, signed in by nobody. */
  async open(face, sub = '') {
    const page = await this.browser.newPage({ viewport: { width: 1280, height: 900 }, acceptDownloads: true })
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => this.found.faults.push(String(error)))
    page.on('console', (message) => message.text().includes('Content Security Policy') && this.found.faults.push(message.text()))
    await page.goto(`${given.url}/${face}/`)
    if (sub) await signIn(page, sub)
    return page
  }

  /** Every rule, on the page as it is now. */
  async look(page, name) {
    this.found.visited.push(name)
    this.found.violations.push(...(await broken(page)).map((each) => `${name}: ${each}`))
  }
}

/** As one of those who stand on the sign-in of one machine, or as somebody else. */
export async function signIn(page, sub) {
  await page.getByRole('button', { name: '登录', exact: true }).click()
  const listed = page.locator('button', { has: page.locator('small', { hasText: new RegExp(`^${sub}$`) }) })
  await page.getByRole('heading', { name: '请选择演示用户' }).waitFor()
  if (await listed.count()) return listed.click()
  await page.getByLabel('另一个用户').fill(sub)
  await page.getByRole('button', { name: '登录 Sign in' }).click()
}

/** Wait until the page shows a heading. */
export const heading = (page, text) => page.locator('h1', { hasText: text }).waitFor()

/** Press a button of the page, answer its dialog, and wait until it was done. */
export async function ask(page, button, fill, confirm) {
  await page.getByRole('button', { name: button, exact: true }).first().click()
  const dialog = page.getByRole('dialog')
  await fill(dialog)
  await dialog.getByRole('button', { name: confirm, exact: true }).click()
  const refused = dialog.getByRole('alert').waitFor().then(async () => Promise.reject(new Error(`refused: ${await dialog.textContent()}`)))
  await Promise.race([dialog.waitFor({ state: 'detached' }), refused])
  refused.catch(() => undefined) // it closed: nobody waits for a refusal any more
}
