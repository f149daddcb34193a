import type { Browser, Page } from 'playwright-core'
import type { Payment } from './support/api'
import { accessibilityProblems, keepScreenshot, openOnPhone, startBrowser } from './support/browser'
import { startTwoChains, type TwoChains } from './support/two-chains'

const EXPIRES_IN_SECONDS = 120
const SHOWN_TIMEOUT_MS = 60_000

let gateway: TwoChains
let browser: Browser

beforeAll(async () => {
  ;[gateway, browser] = await Promise.all([startTwoChains(), startBrowser()])
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
}, 60_000)

async function openNew(terms: object): Promise<{ payment: Payment; page: Page }> {
  const amount = (10n ** 18n).toString()
  const payment = await gateway.api.createPayment({ chain: 'main', asset: 'ETH', amount, ...terms })
  return { payment, page: await openOnPhone(browser, `${gateway.url}/checkout/${payment.id}`) }
}

async function expectShown(page: Page, name: string, text: string): Promise<void> {
  await page.getByText(text).waitFor({ timeout: SHOWN_TIMEOUT_MS })
  await keepScreenshot(page, name)
  expect(await accessibilityProblems(page)).toEqual([])
}

it('shows money on another network, and still asks for payment on the right one', async () => {
  const { payment, page } = await openNew({})
  await gateway.send('other', payment.address, '1')
  await expectShown(page, 'wrong-chain', 'You sent on another network than main')
  expect(await page.getByRole('heading', { name: 'Waiting for your payment' }).count()).toBe(1)
  expect((await gateway.api.payment(payment.id)).flags).toEqual(['wrong_chain'])
}, 120_000)

it('shows that the payment expired once the chain has passed its expiry, and hides the address', async () => {
  const { payment, page } = await openNew({ expires_in: EXPIRES_IN_SECONDS })
  await gateway.passTime('main', EXPIRES_IN_SECONDS)
  await expectShown(page, 'expired', 'This payment has expired')
  expect(await page.getByText(payment.address).count()).toBe(0)
}, 120_000)

it('shows that late money waits for the merchant, and confirms it once it is accepted', async () => {
  const { payment, page } = await openNew({ expires_in: EXPIRES_IN_SECONDS, late_policy: 'review' })
  await gateway.passTime('main', EXPIRES_IN_SECONDS)
  await page.getByText('This payment has expired').waitFor({ timeout: SHOWN_TIMEOUT_MS })
  await gateway.send('main', payment.address, '1')
  await expectShown(page, 'late-review', 'Your payment came late')
  const seen = { amount: (await gateway.api.payment(payment.id)).amount_received }
  expect((await gateway.api.request('POST', `/payments/${payment.id}/accept`, seen)).status).toBe(200)
  await page.getByRole('heading', { name: /^Paid/ }).waitFor({ timeout: SHOWN_TIMEOUT_MS })
  await expectShown(page, 'paid-late', 'Money arrived after the time was up')
}, 120_000)
