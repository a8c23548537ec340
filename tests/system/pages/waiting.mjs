// Answers are late and come in another order. What somebody has entered stays, and what was asked for last is shown.
import { ask, heading, journey } from './browser.mjs'

/** Answers to reads of a path wait until the test lets one go, whose address has the words. */
async function held(page, path) {
  const waiting = []
  await page.route((url) => url.pathname === path, (route) => (route.request().method() === 'GET' ? void waiting.push(route) : route.continue()))
  const found = async (words) => {
    for (let look = 0; look < 300; look++) {
      const place = waiting.findIndex((each) => each.request().url().includes(words))
      if (place >= 0) return waiting.splice(place, 1)[0]
      await page.waitForTimeout(100)
    }
    throw new Error(`nobody asked for ${path} with ${words}`)
  }
  return {
    came: async (words) => waiting.unshift(await found(words)),
    go: async (words) => {
      const route = await found(words)
      const answered = page.waitForResponse((each) => each.request() === route.request())
      await route.continue()
      await (await answered).finished()
      await page.waitForTimeout(300) // the page has painted it, or has dropped it
    },
  }
}

await journey(async (visitor) => {
  const bureau = await visitor.open('desk', 'bureau')
  const status = bureau.getByLabel('状态')
  const rows = bureau.locator('tbody tr')
  await bureau.getByRole('link', { name: '减排量', exact: true }).click()
  await heading(bureau, '减排量')
  await bureau.getByRole('button', { name: '更多' }).dblclick()
  await bureau.getByRole('button', { name: '更多' }).waitFor({ state: 'detached' })
  const links = await rows.getByRole('link').evaluateAll((all) => all.map((each) => each.title))
  const found = { reported: links.length, distinct: new Set(links).size }

  const reductions = await held(bureau, '/v1/reductions')
  await ask(bureau, '确认', () => undefined, '确认')
  await reductions.came('status=reported') // the page reads the list again
  await status.selectOption('confirmed')
  await bureau.getByLabel('上报日期自').fill('2026-01-01')
  await reductions.go('status=reported')
  await reductions.go('cursor=')
  found.afterwards = await rows.count()
  found.entered = [await status.inputValue(), await bureau.getByLabel('上报日期自').inputValue()]
  found.focused = await bureau.evaluate(() => document.activeElement.name)
  await visitor.look(bureau, 'desk: a list of two pages')
  await bureau.getByRole('button', { name: '查询' }).click()
  await reductions.go('status=confirmed')
  await bureau.getByRole('button', { name: '冲正' }).first().waitFor()

  await status.selectOption('rejected')
  await bureau.getByRole('button', { name: '查询' }).click()
  await reductions.came('status=rejected')
  await bureau.getByRole('link', { name: '减排量', exact: true }).click()
  await reductions.go('status=reported')
  await reductions.go('status=rejected') // late
  found.last = [await status.inputValue(), await bureau.getByRole('button', { name: '确认', exact: true }).count()]

  await bureau.getByRole('button', { name: '不予确认' }).first().click() // her token is over while a dialog is open and an answer on its way
  await bureau.evaluate(() => (location.hash = '#/reductions?status=confirmed'))
  await bureau.getByRole('button', { name: '不予确认' }).first().waitFor({ state: 'detached' })
  await reductions.came('status=confirmed')
  const out = { type: 'about:blank', title: '未登录', status: 401, detail: '', code: 'unauthorized' }
  await bureau.route('**/v1/worklist*', (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body: JSON.stringify(out) }))
  await bureau.evaluate(() => (location.hash = '#/'))
  await bureau.getByRole('button', { name: '登录', exact: true }).waitFor()
  await reductions.go('status=confirmed')
  found.left = await bureau.locator('nav, table, dl, dialog').allInnerTexts()
  found.why = await bureau.getByRole('alert').innerText()
  return found
})
