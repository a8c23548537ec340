// Every page of portal and desk that a list leads to, in Chinese, in English, and in large letters.
import { given, journey } from './browser.mjs'

const people = [['portal', 'shop'], ['desk', 'exchange'], ['desk', 'bureau'], ['desk', 'auditor']]

await journey(async (visitor) => {
  const found = { chinese: [], small: [], wide: [], left: [] }
  for (const [face, sub] of people) {
    const page = await visitor.open(face, sub)
    await page.getByRole('navigation').waitFor()
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('button', { name: 'Large text' }).click()
    const places = await page.getByRole('navigation').getByRole('link').evaluateAll((all) => all.map((each) => each.hash))
    for (const place of [...places, ...(face === 'portal' ? ['#/apply', '#/bulk'] : [])]) {
      await page.evaluate((hash) => (location.hash = hash), place)
      await page.waitForFunction(() => !document.querySelector('main')?.innerText.includes('Reading …'))
      await visitor.look(page, `${face}, ${sub}: ${place} in English and large`)
      const seen = await page.evaluate(() => ({
        text: document.querySelector('#app').innerText,
        small: [...document.querySelectorAll('button, select, textarea, nav a, input:not([type=checkbox]):not([type=radio]):not([type=file])')].filter((each) => each.getClientRects().length && each.getBoundingClientRect().height < 59).map((each) => each.outerHTML.slice(0, 90)),
        wide: document.documentElement.scrollWidth > innerWidth,
      }))
      const text = given.data.reduce((left, data) => left.replaceAll(data, ''), seen.text.replaceAll('中文', ''))
      found.chinese.push(...text.split('\n').filter((line) => /[一-鿿]/.test(line)).map((line) => `${face} ${place}: ${line}`))
      found.small.push(...seen.small.map((each) => `${face} ${place}: ${each}`))
      if (seen.wide) found.wide.push(`${face} ${place}`)
      if (given.pictures) await page.screenshot({ path: `${given.pictures}/${face}-${sub}-${place.replace(/\W+/g, '')}.png`, fullPage: true })
    }
    await page.getByRole('button', { name: '中文' }).click()
    await page.getByRole('button', { name: '大字版' }).click()
    await leaves(page, found)
    await page.close()
  }
  return found
})

/** Whoever signs out leaves nothing: neither what is shown, nor an answer that is still on its way. */
async function leaves(page, found) {
  const routes = []
  await page.route('**/v1/**', (route) => void routes.push(route))
  await page.getByRole('navigation').getByRole('link').nth(1).click()
  await page.waitForTimeout(300)
  await page.getByRole('button', { name: '退出登录' }).click()
  await page.getByRole('button', { name: '登录', exact: true }).waitFor()
  await page.unroute('**/v1/**')
  await Promise.all(routes.map((route) => route.continue().catch(() => undefined)))
  await page.waitForTimeout(300)
  found.left.push(...(await page.locator('nav, table, dl, dialog').allInnerTexts()), ...(await page.evaluate(() => Object.keys(sessionStorage))))
}
