// An institution opens its account, applies with documents, is reviewed, filed and integrated, by nothing but the pages.
import { ask, given, heading, journey } from './browser.mjs'

await journey(async (visitor) => {
  const newcomer = await visitor.open('portal', 'newcomer')
  await heading(newcomer, '开立机构账户')
  await visitor.look(newcomer, 'portal: open an account')
  await newcomer.getByLabel('机构名称').fill('静安面包房')
  await newcomer.getByLabel('统一社会信用代码').fill(given.credit_code)
  await newcomer.getByRole('button', { name: '开户' }).click()
  await heading(newcomer, '静安面包房')

  const shop = await visitor.open('portal', 'bakery')
  await heading(shop, '海洋面包房')
  await visitor.look(shop, 'portal: overview')

  await shop.getByRole('link', { name: '申请入驻' }).click()
  await heading(shop, '申请入驻')
  await visitor.look(shop, 'portal: modes')
  await shop.getByRole('link', { name: /第三方积分商城/ }).click()
  await heading(shop, '申请入驻：')
  await shop.getByLabel('申请标题').fill('面包房入驻')
  await shop.getByLabel('商城网址').fill('https://bakery.example.com')
  await shop.getByLabel('库存承诺').fill('100')
  await shop.getByLabel('服务时间').fill('09:00-21:00')
  await shop.getByLabel('数据联系人').fill('data@example.com')
  await shop.getByLabel('美食').check()
  await visitor.look(shop, 'portal: plan')
  await shop.getByRole('button', { name: '下一步：上传材料' }).click()
  await heading(shop, '面包房入驻')

  await ask(shop, '提交申请', async (dialog) => {
    await dialog.getByRole('button', { name: '提交申请' }).click() // too early: the documents are missing
    await dialog.getByRole('alert').waitFor()
    await dialog.getByRole('button', { name: '取消' }).click()
    await dialog.waitFor({ state: 'detached' })
    for (const [kind, file] of Object.entries(given.documents)) {
      await shop.locator(`input[data-kind="${kind}"]`).setInputFiles(file)
      await shop.locator('li', { has: shop.locator(`input[data-kind="${kind}"]`) }).getByText('已送达').waitFor()
    }
    await visitor.look(shop, 'portal: documents')
    await shop.getByRole('button', { name: '提交申请' }).click()
  }, '提交申请')
  await shop.getByText('等待上海环交所技术审查').waitFor()

  const exchange = await visitor.open('desk', 'exchange')
  await heading(exchange, '待办')
  await visitor.look(exchange, 'desk: worklist')
  await exchange.getByRole('link', { name: /^入驻申请 / }).click()
  await heading(exchange, '海洋面包房')
  await exchange.getByRole('button', { name: '企业营业执照' }).click()
  await exchange.getByText('与上传时的校验值一致').waitFor()
  await visitor.look(exchange, 'desk: application beside its documents')
  await exchange.getByRole('button', { name: '技术审查' }).click()
  const review = exchange.getByRole('dialog')
  await review.getByRole('button', { name: '提交审查结论' }).click()
  const refusal = await review.locator('.wrong').first().textContent() // it passes with all three only
  await visitor.look(exchange, 'desk: review refused')
  for (const each of ['材料完整', '内容规范', '真实可靠']) await review.getByLabel(each).check()
  await review.getByLabel('意见').fill('材料齐全')
  await review.getByRole('button', { name: '提交审查结论' }).click()
  await review.waitFor({ state: 'detached' })
  await ask(exchange, '出具评估论证意见', (dialog) => dialog.getByLabel('评估论证意见').last().fill('符合要求'), '报送')

  const bureau = await visitor.open('desk', 'bureau')
  await heading(bureau, '待办')
  await bureau.getByRole('link', { name: /^入驻申请 / }).click()
  await ask(bureau, '备案', () => undefined, '备案')

  await shop.reload()
  await ask(shop, '登记合作协议', async (dialog) => {
    await dialog.getByLabel('协议文件').setInputFiles(Object.values(given.documents)[0])
    await dialog.getByLabel('签订时间').fill('2026-03-01T10:00')
  }, '登记')
  await ask(shop, '系统对接', async (dialog) => {
    await dialog.getByLabel('接收地址').fill(given.system.callback_url)
    await dialog.getByLabel('公钥').fill(given.system.public_key)
  }, '开始对接')
  await shop.getByRole('link', { name: '首页' }).click()
  await shop.getByText('分平台').first().waitFor()
  await shop.getByRole('link', { name: '权益商品' }).click()
  await ask(shop, '新增权益商品', async (dialog) => {
    await dialog.getByLabel('名称').fill('法棍')
    await dialog.getByLabel('说明').fill('一根')
    await dialog.getByLabel('权益品类').selectOption('food')
    await dialog.getByLabel('所需碳积分').fill('500')
    await dialog.getByLabel('库存').fill('120')
  }, '上架')
  await shop.getByText('法棍').waitFor()
  await visitor.look(shop, 'portal: offers')
  return { refusal }
})
