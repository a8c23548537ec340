// What the journeys have in common: a browser, a page that fails on faults of its own, and the rules of WCAG on each page.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const require = createRequire(new URL('../../../faces/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** The given of a journey: what pytest wrote on the standard input. */
export const given = JSON.parse(readFileSync(0, 'utf8'))

/** Run a journey, and print what it found as JSON. */
export async function journey(steps) {
  const browser = await chromium.launch({ executablePath: given.chromium, args: ['--no-sandbox'] })
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

  /** A page of somebody's own, signed in with a token; without one, signed in by nobody. */
  async open(face, token = '') {
    const page = await this.browser.newPage({ viewport: { width: 1280, height: 900 }, acceptDownloads: true })
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => this.found.faults.push(String(error)))
    page.on('console', (message) => message.text().includes('Content Security Policy') && this.found.faults.push(message.text()))
    await page.goto(`${given.url}/${face}/${token ? `#token=${token}` : ''}`)
    return page
  }

  /** Every rule, on the page as it is now. */
  async look(page, name) {
    await page.evaluate(AXE)
    const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES)
    this.found.visited.push(name)
    this.found.violations.push(...violations.map((each) => `${name}: ${each.id} ${each.nodes.map((node) => node.target).join(' ')}`))
  }
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
