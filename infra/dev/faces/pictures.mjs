// The pictures of the pages in docs/pictures, as WebP, which Chromium itself writes.
import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'

const require = createRequire(new URL('../../../faces/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const given = JSON.parse(readFileSync(0, 'utf8'))
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const QUALITY = 0.8

/** The page as somebody sees it who has gone there by `steps`. */
async function seen(browser, { face, size, session, at, steps }) {
  const context = await browser.newContext({ viewport: { width: size[0], height: size[1] }, locale: 'zh-CN' })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  if (session) await page.addInitScript(([name, text]) => sessionStorage.setItem(name, text), [`session:${face}`, JSON.stringify(session)])
  await page.goto(`${given.url}/${face}/${at}`)
  for (const step of steps) {
    await page.waitForLoadState('networkidle')
    await page.locator('a, button', { hasText: step }).first().click()
  }
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(500) // what fades in
  const png = await page.screenshot()
  await context.close()
  return png.toString('base64')
}

/** The same picture as WebP, drawn on a canvas. */
function webp(page, png) {
  return page.evaluate(async ([data, quality]) => {
    const picture = new Image()
    picture.src = `data:image/png;base64,${data}`
    await picture.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height })
    canvas.getContext('2d').drawImage(picture, 0, 0)
    return canvas.toDataURL('image/webp', quality).split(',')[1]
  }, [png, QUALITY])
}

const browser = await chromium.launch({ executablePath: given.chromium, args: FLAGS })
const blank = await browser.newPage()
for (const each of given.pictures) {
  writeFileSync(`${given.folder}/${each.name}.webp`, Buffer.from(await webp(blank, await seen(browser, each)), 'base64'))
}
await browser.close()
