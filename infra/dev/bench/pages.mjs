// How long each page takes on a slow phone: a browser that has nothing of it, four times slower, on 9 Mbps with 100 ms.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const require = createRequire(new URL('../../../faces/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const given = JSON.parse(readFileSync(0, 'utf8'))
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const NETWORK = { offline: false, latency: 100, downloadThroughput: 9e6 / 8, uploadThroughput: 9e6 / 8 }

/** Largest contentful paint, and what came over the network until then. */
async function measured(browser, { face, session }) {
  const context = await browser.newContext({ viewport: face === 'citizen' ? { width: 390, height: 844 } : { width: 1280, height: 900 } })
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', NETWORK)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  let bytes = 0
  devtools.on('Network.loadingFinished', (each) => (bytes += each.encodedDataLength))
  if (session) await page.addInitScript(([name, text]) => sessionStorage.setItem(name, text), [`session:${face}`, JSON.stringify(session)])
  await page.addInitScript(() => {
    new PerformanceObserver((list) => list.getEntries().forEach((each) => (globalThis.painted = each.startTime))).observe({ type: 'largest-contentful-paint', buffered: true })
  })
  await page.goto(`${given.url}/${face}/`)
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(300)
  const found = { ms: await page.evaluate(() => globalThis.painted), bytes }
  await context.close()
  return found
}

const browser = await chromium.launch({ executablePath: given.chromium, args: FLAGS })
const found = {}
for (let round = 0; round < given.rounds; round++) {
  for (const each of given.pages) (found[each.face] ??= []).push(await measured(browser, each))
}
await browser.close()
process.stdout.write(JSON.stringify(found))
