// The bureau confirms and reverses a reduction; the exchange downloads a report; anyone verifies a certificate.
import { readFileSync } from 'node:fs'
import { ask, given, heading, journey } from './browser.mjs'

await journey(async (visitor) => {
  const bureau = await visitor.open('desk', 'bureau')
  await bureau.getByRole('link', { name: '减排量', exact: true }).click()
  await heading(bureau, '减排量')
  await visitor.look(bureau, 'desk: reductions')
  await ask(bureau, '确认', () => undefined, '确认')
  await bureau.getByLabel('状态').selectOption('confirmed')
  await bureau.getByRole('button', { name: '查询' }).click()
  await bureau.getByRole('button', { name: '冲正' }).first().click()
  const dialog = bureau.getByRole('dialog')
  await dialog.getByLabel('理由').fill('核查发现重复上报')
  await dialog.getByLabel('证据文件').setInputFiles(given.evidence)
  await visitor.look(bureau, 'desk: reversal')
  await dialog.getByRole('button', { name: '冲正' }).click()
  await dialog.waitFor({ state: 'detached' })
  const news = await bureau.locator('.news').textContent()

  const exchange = await visitor.open('desk', 'exchange')
  await exchange.getByRole('link', { name: '月报' }).click()
  await exchange.getByText('签名有效').waitFor()
  await visitor.look(exchange, 'desk: report')
  const started = exchange.waitForEvent('download')
  await exchange.getByRole('button', { name: '下载 CSV' }).click()
  const report = readFileSync(await (await started).path(), 'utf8')
  for (const [name, title] of [['权益方', '权益方'], ['争议', '争议'], ['兑换订单', '兑换订单'], ['捐赠项目', '捐赠项目'], ['账户查阅', '账户查阅'], ['凭证', '凭证'], ['减排量回兑', '减排量回兑'], ['每日对账', '每日对账']]) {
    await exchange.getByRole('navigation').getByRole('link', { name, exact: true }).click()
    await heading(exchange, title)
    await visitor.look(exchange, `desk: ${name}`)
  }

  const anyone = await visitor.open('transparency')
  await anyone.locator('.equation .good').nth(1).waitFor()
  await anyone.locator('#plot-uses svg').waitFor()
  await visitor.look(anyone, 'transparency')
  const verdicts = {}
  const verdict = async (name) => {
    verdicts[name] = await anyone.locator('[data-verdict]').getAttribute('data-verdict')
    await visitor.look(anyone, `transparency: ${name}`)
    await anyone.evaluate(() => document.getElementById('verdict').replaceChildren())
  }
  for (const [name, serial] of Object.entries(given.serials)) {
    await anyone.getByLabel('凭证编号或网址').fill(serial)
    await anyone.getByRole('button', { name: '核验' }).click()
    await verdict(name)
  }
  for (const [name, file] of Object.entries(given.files)) {
    await anyone.locator('#file').setInputFiles(file)
    await verdict(name)
  }
  await anyone.context().setOffline(true)
  await anyone.locator('#file').setInputFiles(given.files.json)
  await verdict('offline')
  await anyone.context().setOffline(false)
  await anyone.getByRole('button', { name: 'English' }).click()
  await anyone.getByRole('heading', { name: 'Verify a certificate' }).waitFor()
  await anyone.getByRole('button', { name: 'Large text' }).click()
  const small = await anyone.$$eval('button, input:not([type=file]), nav a', (all) => all.filter((each) => each.offsetParent && each.getBoundingClientRect().height < 59).map((each) => each.textContent))
  await visitor.look(anyone, 'transparency: English, large')
  return { news, report, verdicts, small }
})
