/** What a person does with the citizen's pages, in Chromium on a running stack. tests/system/test_citizen.py starts it. */
import http from 'node:http'
import readline from 'node:readline'
import { broken, given as city, launch, signIn } from './browser.mjs'

const browser = await launch()
const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
context.setDefaultTimeout(40_000)
const page = await context.newPage()
const trouble = []
page.on('pageerror', (error) => trouble.push(error.message))
page.on('console', (line) => /Content Security Policy/.test(line.text()) && trouble.push(line.text()))
const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]()
let keys = 0

async function ask(role, method, path, body) {
  const headers = { Authorization: `Bearer ${city.tokens[role]}`, 'Content-Type': 'application/json', 'Idempotency-Key': `check-${keys++}` }
  const answer = await fetch(city.url + path, { method, headers, body: body && JSON.stringify(body) })
  const found = await answer.json()
  if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(found)}`)
  return found
}
const mine = async (path) => ask('newcomer', 'GET', path)
const balance = async () => (await mine('/v1/accounts/me')).balances.points
const orders = async () => (await mine('/v1/redemptions')).items
const at = (hash) => page.goto(`${city.url}/citizen/#/${hash}`)
const button = (name) => page.getByRole('button', { name, exact: true })
const reads = (text) => page.getByText(text).first().waitFor()
/** What the stream files within seconds: she looks again until it is there. */
async function comes(text) {
  for (let look = 0; look < 20 && !(await page.getByText(text).first().waitFor({ timeout: 2000 }).then(() => true, () => false)); look++) await page.reload()
  await reads(text)
}
function same(got, wanted, what) {
  if (got !== wanted) throw new Error(`${what}: ${got}, not ${wanted}`)
}

/** From the offer to the dialog that asks once more. */
async function choose() {
  await at(`offer/${city.offer}`)
  await button('兑换').click()
  await button('确认支付').waitFor()
}

/** A page of somebody else's browser, who is not signed in. */
async function stranger(walk) {
  const other = await browser.newContext({ viewport: { width: 390, height: 844 } })
  other.setDefaultTimeout(40_000)
  try {
    await walk(await other.newPage())
  } finally {
    await other.close()
  }
}

/** Nobody knows the result; she reloads the page, and asks. */
async function askAgain(before) {
  await reads('结果待确认')
  await at('')
  await page.reload()
  await reads('有一笔操作结果待确认')
  await button('查询结果').click()
  await reads('“兑换”已完成')
  same(await balance(), before - 100, 'points')
}

const journeys = {
  async 'she opens an account'() {
    await page.goto(`${city.url}/citizen/`)
    await signIn(page, 'newcomer')
    await page.getByLabel('姓名').fill(city.person.name)
    await page.getByLabel('公民身份号码').fill('310101190001010000')
    await button('同意并开户').click()
    await page.getByRole('alert').waitFor() // the platform's own words about the number
    await page.getByLabel('公民身份号码').fill(city.person.identity_number)
    await page.route('**/v1/accounts', (route) => route.abort())
    await button('同意并开户').click()
    await reads('结果待确认')
    const stored = await page.evaluate(() => JSON.stringify(localStorage))
    same(stored.includes('"open') || stored.includes('intent:citizen'), true, 'the key is kept')
    same(stored.includes(city.person.identity_number) || stored.includes(city.person.name), false, 'personal data are kept')
    await page.unroute('**/v1/accounts')
    await button('同意并开户').click()
    await reads('您好')
  },
  async 'she consents to reports and sees her trip'() {
    const { challenge, verifier } = city.pkce
    await page.goto(`${city.url}/citizen/consent?scenario=metro&code_challenge=${challenge}`)
    await button('同意授权').click()
    const code = await page.locator('.voucher').innerText()
    const grant = await ask('operator', 'POST', '/v1/grants/redeem', { code, code_verifier: verifier, reference: 'r' })
    const trip = { record_id: 'hers', grant: grant.id, scenario: 'metro', quantity: '50000', occurred_at: grant.active_from }
    await ask('operator', 'POST', '/v1/reductions', trip)
    await at('trips')
    await comes('+50,000')
    await page.locator('svg.plot rect').waitFor()
  },
  async 'a double tap redeems once, and the voucher has its code to scan'() {
    await choose()
    await button('确认支付').dblclick()
    await reads('待核销')
    same((await orders()).length, 1, 'orders')
    const [order] = await orders()
    await ask('shop', 'POST', `/v1/redemptions/${order.id}/fulfil`, { voucher: 'TICKET-7', note: null })
    await page.reload()
    await reads('TICKET-7')
    await page.getByRole('img', { name: '券码的二维码' }).waitFor()
  },
  async 'an order that waits shows the code that its merchant scans'() {
    await at(`offer/${city.goods}`)
    await button('兑换').click()
    await button('确认支付').click()
    await reads('待核销')
    await reads('由权益方核销')
    await page.getByRole('img', { name: '订单编号的二维码' }).waitFor()
    if (city.pictures) await page.screenshot({ path: `${city.pictures}/order.png`, fullPage: true })
  },
  async 'what she searched for last is shown'() {
    const late = []
    await at('mall')
    await reads('票')
    await page.route((url) => url.searchParams.get('q') === '没有', (route) => void late.push(route))
    for (const words of ['没有', '票']) {
      await page.getByRole('searchbox').fill(words)
      await button('搜索').click()
    }
    await page.waitForResponse((answer) => new URL(answer.url()).searchParams.get('q') === '票')
    await late[0].continue()
    await page.waitForResponse((answer) => new URL(answer.url()).searchParams.get('q') === '没有')
    await page.waitForTimeout(300)
    await reads('票')
    same(await page.getByText('没有找到权益商品').count(), 0, 'an older answer')
  },
  async 'an address that means nothing leads home, and a page that does not load says so'() {
    for (const place of ['constructor', 'offer/%E7%A2', 'toString/x']) {
      await at(place)
      await page.locator('main :is(.card, .trouble)').first().waitFor()
    }
    await page.route('**/assets/Credit*.js', (route) => route.abort())
    await at('credit')
    await reads('页面没有加载完成')
    await page.unroute('**/assets/Credit*.js')
    await button('重试').click()
    await reads('尚未发布碳普惠信用规则')
  },
  async 'she enters a draw, and a lost answer enters her once'() {
    const before = await balance()
    await at(`offer/${city.draw.offer}`)
    await button('报名抽签').click()
    await page.route('**/entries', async (route) => { await route.fetch(); await route.abort() })
    await page.getByRole('dialog').getByRole('button', { name: '报名抽签' }).click()
    await reads('结果待确认')
    await page.unroute('**/entries')
    await at('')
    await page.reload()
    await button('查询结果').click()
    await reads('“报名抽签”已完成')
    await at(`event/${city.draw.event}`)
    await reads('已报名，等待抽签')
    await reads('已为报名预留 300 碳积分')
    if (city.pictures) await page.screenshot({ path: `${city.pictures}/entered.png`, fullPage: true })
    same(await balance(), before - 300, 'points')
  },
  async 'the draw tells her what it gave, and what it cost'() {
    const before = await balance()
    console.log('@draw')
    await answers.next()
    await at(`event/${city.draw.event}`)
    await comes('已中签')
    await reads('中签 1 份，支出 300 碳积分，返还 0 碳积分')
    if (city.pictures) await page.screenshot({ path: `${city.pictures}/won.png`, fullPage: true })
    await page.getByRole('link', { name: '订单详情' }).click()
    await reads('昆曲门票')
    same(await balance(), before, 'points')
  },
  async 'what is no answer of the platform settles nothing'() {
    const before = await balance()
    const forged = [
      { status: 200, contentType: 'text/html', body: '<h1>Welcome to our Wi-Fi</h1>' },
      { status: 403, contentType: 'text/html', body: '<h1>403 Forbidden</h1>' },
      { status: 404, contentType: 'application/json', body: '{"message": "no route"}' },
      { status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' },
    ]
    const keys = new Set()
    await choose()
    await page.route('**/v1/redemptions', async (route) => {
      keys.add(route.request().headers()['idempotency-key'])
      if (keys.size === 1 && forged.length === 4) await route.fetch() // it was carried out
      await route.fulfill(forged.shift())
    })
    while (forged.length) {
      await button('确认支付').click()
      await page.waitForFunction((left) => document.querySelector('dialog[open] [role=alert]') && !document.querySelector('dialog[open] [aria-busy=true]') && left, forged.length + 1)
      await page.getByRole('dialog').getByText('结果待确认').waitFor()
    }
    await page.unroute('**/v1/redemptions')
    same(keys.size, 1, 'keys')
    await askAgain(before)
  },
  async 'an answer that never ends is no answer'() {
    let begun
    const begins = new Promise((resolve) => (begun = resolve))
    const stuck = http.createServer((_, answer) => answer.writeHead(200, { 'Content-Type': 'application/json' }).write('{"items": [', begun))
    await new Promise((ready) => stuck.listen(0, '127.0.0.1', ready))
    try {
      await stranger(async (other) => {
        await other.clock.install()
        await other.route((url) => url.pathname === '/v1/offers', (route) => route.continue({ url: `http://127.0.0.1:${stuck.address().port}/` }))
        await other.goto(`${city.url}/citizen/#/mall`)
        await begins
        await other.waitForTimeout(500) // its first words have come
        await other.clock.fastForward(21_000)
        await other.getByText('没有等到答复').waitFor()
      })
    } finally {
      stuck.closeAllConnections()
      stuck.close()
    }
  },
  async 'nobody is signed in by a link, and a sign-in that fails says so'() {
    await stranger(async (other) => {
      await other.goto(`${city.url}/citizen/#token=${city.tokens.newcomer}`)
      await other.getByRole('button', { name: '登录', exact: true }).waitFor()
      same(other.url(), `${city.url}/citizen/`, 'the address')
      await other.route('**/faces.json', (route) => route.fulfill({ status: 502, contentType: 'text/html', body: 'no' }))
      await other.getByRole('button', { name: '登录', exact: true }).click()
      await other.getByRole('alert').waitFor()
      await other.unroute('**/faces.json')
      await other.getByRole('button', { name: '登录', exact: true }).click()
      await other.getByLabel('另一个用户').waitFor()
      await other.goto(`${city.url}/citizen/`)
      await other.evaluate(() => sessionStorage.setItem('sign-in:citizen', '{"state": "hers"}'))
      await other.goto(`${city.url}/citizen/?error=access_denied&state=hers`)
      await other.getByText('登录没有完成').waitFor()
      same(other.url(), `${city.url}/citizen/`, 'the address')
      await signIn(other, 'newcomer')
      await other.getByText('您好').waitFor()
    })
  },
  async 'a code goes nowhere but to what its partner has registered'() {
    const asked = `${city.url}/citizen/consent?scenario=metro&code_challenge=${city.pkce.challenge}`
    const left = []
    const [before] = (await mine('/v1/grants')).items
    await ask('newcomer', 'POST', `/v1/grants/${before.id}/withdraw`, {})
    const elsewhere = (url) => !url.href.startsWith(city.url)
    await page.route(elsewhere, (route) => (left.push(route.request().url()), route.fulfill({ status: 204 }))) // the page stays
    const merchant = (await mine('/v1/merchants')).items.find((each) => each.mode === 'third_party_mall').id
    const ofShop = `${city.url}/citizen/consent?merchant=${merchant}&code_challenge=${city.pkce.challenge}`
    for (const to of ['https://thief.example/', 'javascript:alert(1)', '//thief.example', '', `${city.returns}/`, `${city.returns}?x`, `${city.returns}#x`, city.returns.replace('http:', 'https:')]) {
      for (const link of [asked, ofShop]) {
        await page.goto(`${link}&state=1&redirect_uri=${encodeURIComponent(to)}`)
        await reads('未登记的地址')
        same(await button('同意授权').count() + await button('不同意').count(), 0, 'buttons')
      }
    }
    await page.goto(`${ofShop}&state=7&redirect_uri=${encodeURIComponent(city.returns)}`)
    await reads('同意后返回')
    await button('不同意').click({ noWaitAfter: true })
    for (let look = 0; look < 50 && !left.length; look++) await page.waitForTimeout(100)
    same(left.splice(0).join(), `${city.returns}?error=access_denied&state=7`, 'what the shop gets')
    await page.goto(asked)
    await page.route('**/v1/grants', async (route) => { await route.fetch(); await route.abort() })
    await button('同意授权').click()
    await reads('结果待确认')
    await page.unroute('**/v1/grants')
    await page.reload()
    await button('查询结果').click() // the answer had been lost: the code comes all the same
    const code = await page.locator('.voucher').innerText()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await button('复制').click()
    await reads('已复制')
    same(await page.evaluate(() => navigator.clipboard.readText()), code, 'the clipboard')
    await ask('operator', 'POST', '/v1/grants/redeem', { code, code_verifier: city.pkce.verifier, reference: 'again' })
    same(left.length, 0, 'addresses that got something')
    await page.unroute(elsewhere)
  },
  async 'a lost answer and a reload pay once'() {
    const before = await balance()
    await choose()
    await page.route('**/v1/redemptions', async (route) => { await route.fetch(); await route.abort() })
    await button('确认支付').click()
    await reads('结果待确认')
    await page.unroute('**/v1/redemptions')
    await askAgain(before)
    same((await orders()).length, 5, 'orders')
  },
  async 'a server that is killed in the middle pays once'() {
    const before = await balance()
    await choose()
    await button('确认支付').click({ noWaitAfter: true })
    console.log('@kill')
    await answers.next()
    const known = await Promise.race([page.waitForURL('**/#/order/*').then(() => true), reads('结果待确认').then(() => false)])
    if (!known) await askAgain(before)
    same(await balance(), before - 100, 'points')
    same((await orders()).length, 6, 'orders')
  },
  async 'she offsets a journey and anybody reads the certificate'() {
    await at('cancel')
    await page.getByLabel('注销数量').fill('1234')
    await page.getByLabel('用途').fill('抵消上海至北京的出行')
    await button('注销并获取凭证').click()
    await button('确认注销').click()
    await page.waitForURL('**/#/certificate/*')
    await reads('抵消上海至北京的出行')
    const serial = page.url().split('/').pop()
    const made = await (await fetch(`${city.url}/v1/certificates/${serial}`)).json()
    same(made.points, 1234, 'points')
    await page.getByRole('link', { name: '打开核验页' }).waitFor()
  },
  async 'she donates to a campaign'() {
    await at(`campaign/${city.campaign}`)
    await page.getByLabel('捐赠数量').fill('500')
    await button('捐赠').click()
    await button('确认捐赠').click()
    await page.waitForURL('**/#/certificate/*')
    await reads('捐赠凭证')
  },
  async 'she consents to a shop, which is paid'() {
    await page.goto(city.shop)
    await button('使用碳积分支付 Pay with carbon points').first().click()
    await page.getByRole('link', { name: '前往碳普惠授权并支付' }).click()
    await button('同意授权').click()
    await reads('held')
    await at('holds')
    await reads('已预授权')
    await at('grants')
    await button('撤回授权').first().click()
    await page.getByRole('dialog').getByRole('button', { name: '撤回授权' }).click()
    await reads('已撤回')
  },
  async 'a reversed trip says so, and why'() {
    const [trip] = (await mine('/v1/reductions')).items
    const why = { reason: '经核查，该行程未发生', evidence_sha256: '0'.repeat(64) }
    await ask('bureau', 'POST', `/v1/reductions/${trip.id}/reverse`, why)
    await at('trips')
    await comes('已冲正')
    await reads('经核查，该行程未发生')
    await at('')
    await reads('待抵扣碳积分')
  },
  async 'offline is no refusal'() {
    await at('mall')
    await reads('票')
    await page.getByRole('searchbox').fill('票') // another address than the one that the browser has kept
    await context.setOffline(true)
    await button('搜索').click()
    await reads('当前没有网络')
    await context.setOffline(false)
    await button('重试').click()
    await reads('票')
  },
  async 'no page has a fault that axe finds, in either language'() {
    const [order] = await orders()
    const places = ['', 'trips', 'statement', 'credit', 'mall', `offer/${city.offer}`, 'orders', `order/${order.id}`, 'cancel', 'give', `campaign/${city.campaign}`, 'events', 'me', 'grants', 'holds', 'messages', 'disputes', `dispute?kind=redemption&object=${order.id}`, 'account']
    const faults = []
    for (const place of places) {
      await at(place)
      faults.push(...(await broken(page)).map((each) => `${place || 'home'}: ${each}`))
    }
    same(faults.join('\n'), '', 'faults')
  },
  async 'large letters are 30 dots, large places to touch 60, and nothing is cut off; English is complete'() {
    await at('me')
    await page.getByLabel('大字版').check()
    await page.getByLabel('English').check()
    const [order] = await orders()
    for (const place of ['', 'trips', 'mall', `offer/${city.offer}`, 'orders', `order/${order.id}`, 'statement', 'credit', 'me', 'cancel', 'give', `campaign/${city.campaign}`, 'events', `event/${city.draw.event}`, 'grants', 'holds', 'messages', 'disputes', 'account', `dispute?kind=reduction&object=x`]) {
      await at(place)
      same((await broken(page)).join('\n'), '', `${place}: axe`)
      await page.locator('main :is(p, a, label, li)').first().waitFor()
      const seen = await page.evaluate(() => ({
        letters: parseFloat(getComputedStyle(document.querySelector('main :is(p, a, label, li)')).fontSize),
        small: [...document.querySelectorAll('button, .tabs a, .tiles a, .top a, input, select, label.check')].filter((each) => each.getClientRects().length && each.type !== 'radio' && each.type !== 'checkbox' && each.getBoundingClientRect().height < 60).map((each) => each.outerHTML.slice(0, 90)),
        wide: document.documentElement.scrollWidth - innerWidth,
      }))
      same(seen.small.join('\n'), '', `${place}: too small to touch`)
      same(seen.wide > 0, false, `${place}: wider than the screen`)
      if (seen.letters < 24) throw new Error(`${place}: letters of ${seen.letters}`)
      const texts = await page.locator('nav.tabs, h1, main').allInnerTexts()
      const left = [...city.data, '语言 Language', '中文'].reduce((text, data) => text.replaceAll(data, ''), texts.join('\n'))
      same(left.split('\n').filter((text) => /[一-鿿]/.test(text)).join(), '', `${place}: Chinese in English`)
    }
    if (city.pictures) await page.screenshot({ path: `${city.pictures}/large.png` })
  },
}

for (const [name, walk] of Object.entries(journeys)) {
  try {
    await walk()
    console.log(`ok ${name}`)
  } catch (error) {
    if (city.pictures) await page.screenshot({ path: `${city.pictures}/failed-${keys}.png` })
    console.log(`failed ${name}: ${String(error.message).replace(/\n/g, ' | ').slice(0, 1500)}`)
  }
}
console.log(trouble.length ? `failed the pages have no errors of their own: ${trouble.join(' | ').slice(0, 1500)}` : 'ok the pages have no errors of their own')
await browser.close()
process.exit(0)
