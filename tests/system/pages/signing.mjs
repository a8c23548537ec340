// People sign in as they do where the pages are deployed: at an issuer's page, and come back with a code.
import { given, journey } from './browser.mjs'

const WELCOME = { name: '登录', exact: true }
const FACES = [['citizen', 'individual', 'alice'], ['portal', 'institution', 'shop'], ['desk', 'exchange', 'exchange']]

/** How the issuer treats the next person, and who she is. */
const be = (manner, role = 'individual', sub = 'alice') => fetch(`${given.issuer}/be?${new URLSearchParams({ manner, role, sub })}`)

/** To the issuer's page, and on from there. */
async function signIn(page) {
  await page.getByRole('button', WELCOME).click()
  await page.waitForURL(`${given.issuer}/**`)
  await page.getByText('Continue').click()
  await page.waitForURL(`${given.url}/**`)
}

/** Out of the page and of the issuer, and back to the door. */
async function signOut(page, found) {
  await page.getByRole('button', { name: '退出登录' }).click()
  await page.waitForURL(`${given.issuer}/logout**`)
  await page.getByText('Continue').click()
  await page.getByRole('button', WELCOME).waitFor()
  found.left.push(...(await page.evaluate(() => Object.keys(sessionStorage))))
}

/** The session of a face, once it has one: a page that has loaded has not yet exchanged its code for a token. */
async function sessionOf(page, face) {
  const stored = await page.waitForFunction((name) => sessionStorage.getItem(name), `session:${face}`)
  return JSON.parse(await stored.jsonValue())
}

await journey(async (visitor) => {
  const found = { signed: {}, refused: {}, silent: {}, left: [] }
  for (const [face, role, sub] of FACES) {
    await be(' ', role, sub)
    const page = await visitor.open(face)
    await signIn(page)
    const session = await sessionOf(page, face)
    await page.getByRole('button', WELCOME).waitFor({ state: 'detached' })
    found.signed[face] = session.sub
    if (face === 'portal') await signOut(page, found)
    if (face !== 'citizen') continue
    await page.getByLabel('姓名').waitFor() // the API took her token: she has no account yet, and is asked to open one
    const stored = await page.evaluate(() => Object.values(localStorage))
    const cookies = await page.context().cookies()
    found.kept = { localStorage: stored.filter((each) => each.includes(session.token)), address: /code|state|token/.test(page.url()), cookies: cookies.length }
    await page.close()
  }

  await be(' ')
  const deep = await visitor.open('citizen')
  await deep.evaluate(() => (location.hash = '#/orders'))
  await signIn(deep)
  await deep.waitForFunction(() => location.hash === '#/orders')
  found.back = deep.url()
  await deep.evaluate(() => (location.hash = '#/me'))
  await signOut(deep, found)

  for (const manner of ['refuse', 'nonce', 'code']) {
    await be(manner)
    const page = await visitor.open('citizen')
    await signIn(page)
    found.refused[manner] = await said(page)
    await page.close()
  }
  await be('other') // it calls itself by another name: nobody is led to it
  const page = await visitor.open('citizen')
  await page.getByRole('button', WELCOME).click()
  found.refused.other = await said(page)

  await be('state') // somebody else's answer
  const other = await visitor.open('citizen')
  await signIn(other)
  found.silent.state = await entered(other)
  await be(' ')
  const link = await visitor.open('citizen')
  await link.goto(`${given.url}/citizen/?code=his&state=his`)
  found.silent.link = await entered(link)

  await be('short', 'exchange', 'exchange')
  const brief = await visitor.open('desk')
  await signIn(brief)
  await brief.getByRole('navigation').waitFor()
  await visitor.look(brief, 'desk, signed in by the issuer')
  await brief.getByRole('alert').waitFor({ timeout: given.short_ms + 10_000 })
  found.over = await brief.getByRole('alert').innerText()

  const open = await visitor.open('transparency')
  await open.goto(`${given.url}/transparency`)
  await open.getByRole('heading', { level: 1 }).waitFor()
  found.bare = open.url()
  return found
})

/** Why nobody was signed in, in the page's words. */
async function said(page) {
  await page.getByRole('alert').first().waitFor()
  return page.getByRole('alert').first().locator('p').last().innerText()
}

/** How many are signed in by it. */
async function entered(page) {
  await page.getByRole('button', WELCOME).waitFor()
  return page.evaluate(() => Object.keys(sessionStorage).filter((name) => name.startsWith('session:')).length)
}
