import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Payment } from './support/api'
import { accessibilityProblems, keepScreenshot, openOnPhone, PHONE, readQrCode, startBrowser } from './support/browser'
import { installWallet } from './support/fake-wallet'
import { type Gateway, startGateway } from './support/gateway'
import { killService } from './support/outage'

const USDC = 1_000_000n

let gateway: Gateway
let browser: Browser

beforeAll(async () => {
  ;[gateway, browser] = await Promise.all([startGateway(), startBrowser()])
}, 120_000)

afterAll(async () => {
  await browser.close()
  await gateway.stop()
}, 60_000)

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
})

function open(payment: Payment, options: BrowserContextOptions = {}): Promise<Page> {
  return openOnPhone(browser, pageOf(payment), options)
}

function pageOf({ id }: Payment): string {
  return `${gateway.descriptor().api.url}/checkout/${id}`
}

/** Waits for the headline. Fails if the page was reloaded meanwhile. */
async function untilShown(page: Page, headline: string): Promise<void> {
  await page.getByRole('heading', { name: headline }).waitFor({ timeout: 60_000 })
}

/** A mark that a reload would remove. */
async function mark(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => document.documentElement.setAttribute('data-mark', 'here'))
  return () => page.evaluate(() => document.documentElement.getAttribute('data-mark') === 'here')
}

describe('the checkout page', () => {
  it.each(['ETH', 'USDC'] as const)(
    'a camera reads the wallet link and the address of a payment in %s',
    async (asset) => {
      const payment = await gateway.create(asset, 12n * 10n ** 5n)
      const page = await open(payment)
      expect(await readQrCode(page.locator('#panel-wallet .qr'))).toBe(payment.payment_uri)
      await page.getByText('Address only').click()
      expect(await readQrCode(page.locator('#panel-address .qr'))).toBe(payment.address)
    },
    60_000,
  )

  it('works without JavaScript', async () => {
    const payment = await gateway.create('USDC', 5n * USDC)
    const page = await open(payment, { javaScriptEnabled: false })
    await keepScreenshot(page, 'waiting-no-javascript')
    await page.getByText('Address only').click()
    expect(await readQrCode(page.locator('#panel-address .qr'))).toBe(payment.address)
    await gateway.send('USDC', payment.address, 5n * USDC)
    await gateway.untilStatus(payment.id, 'confirmed')
    await page.getByRole('link', { name: 'Check again' }).click()
    await untilShown(page, 'Paid')
  }, 90_000)

  it('copies the exact address and amount', async () => {
    const payment = await gateway.create('USDC', 1_234_567n)
    const page = await open(payment, { permissions: ['clipboard-read', 'clipboard-write'] })
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await page.getByRole('button', { name: 'Copy address' }).click()
    expect(await copied()).toBe(payment.address)
    await page.getByRole('button', { name: 'Copy amount' }).click()
    expect(await copied()).toBe('1.234567')
  }, 30_000)

  it("counts down by the server's clock, not by the customer's", async () => {
    const context = await browser.newContext(PHONE)
    const page = await context.newPage()
    await page.clock.install({ time: new Date(Date.now() - 5 * 3_600_000) })
    await page.goto(pageOf(await gateway.create('ETH', 10n ** 15n)))
    expect(await page.locator('#countdown').textContent()).toMatch(/^(30:00|29:5\d)$/)
  }, 30_000)

  it.each([
    ['waiting-light', { colorScheme: 'light' }],
    ['waiting-dark', { colorScheme: 'dark' }],
    ['waiting-wide', { viewport: { width: 1200, height: 900 } }],
    ['waiting-german', { locale: 'de-DE' }],
  ] satisfies [string, BrowserContextOptions][])(
    'has nothing that axe-core objects to: %s',
    async (name, options) => {
      const page = await open(await gateway.create('USDC', 42n * USDC), options)
      await keepScreenshot(page, name)
      expect(await accessibilityProblems(page)).toEqual([])
    },
    60_000,
  )

  it('has touch targets of 44 pixels', async () => {
    const page = await open(await gateway.create('USDC', 42n * USDC))
    const small = await page.locator('a, button, label').evaluateAll((targets) =>
      targets
        .map((target) => ({ name: target.textContent, box: target.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && Math.min(box.width, box.height) < 44)
        .map(({ name }) => name),
    )
    expect(small).toEqual([])
  }, 30_000)
})

describe('paying with a wallet in the browser', () => {
  async function openWithWallet(asset: 'ETH' | 'USDC', amount: bigint) {
    const payment = await gateway.create(asset, amount)
    const context = await browser.newContext(PHONE)
    const wallet = await installWallet(context, gateway.provider)
    await gateway.send('ETH', wallet.address, 10n ** 18n)
    if (asset === 'USDC') await gateway.send('USDC', wallet.address, amount)
    const page = await context.newPage()
    await page.goto(pageOf(payment))
    return { payment, wallet, page, button: page.getByRole('button', { name: 'Pay with Test Wallet' }) }
  }

  it.each([
    ['ETH', 3n * 10n ** 15n],
    ['USDC', 7n * USDC],
  ] as const)(
    'pays in %s on a chain the wallet did not know, and the page goes to paid by itself',
    async (asset, amount) => {
      const { payment, wallet, page, button } = await openWithWallet(asset, amount)
      const isSamePage = await mark(page)
      await button.click()
      await untilShown(page, 'Payment received')
      await keepScreenshot(page, `detected-${asset}`)
      await page.getByRole('heading', { name: /^Paid/ }).waitFor({ timeout: 60_000 })
      expect(await isSamePage()).toBe(true)
      expect(wallet.calls).toContain('wallet_addEthereumChain')
      expect((await gateway.api.payment(payment.id)).amount_received).toBe(amount.toString())
      await keepScreenshot(page, `paid-${asset}`)
      expect(await accessibilityProblems(page)).toEqual([])
    },
    120_000,
  )

  it('shows that the customer declined, and allows another try', async () => {
    const { wallet, page, button } = await openWithWallet('ETH', 10n ** 15n)
    wallet.declines()
    await button.click()
    await page.getByText('You declined in your wallet.').waitFor()
    expect(await button.isEnabled()).toBe(true)
  }, 60_000)
})

describe('staying up to date', () => {
  it('asks for the rest with a new code after a part payment', async () => {
    const payment = await gateway.create('USDC', 10n * USDC)
    const page = await open(payment)
    await page.getByText('Address only').click()
    await gateway.send('USDC', payment.address, 4n * USDC)
    await untilShown(page, 'Part of it has arrived')
    expect(await page.locator('#qr-address').isChecked()).toBe(true)
    await page.getByText('Wallet link').click()
    const rest = payment.payment_uri.replace('uint256=10000000', 'uint256=6000000')
    expect(await readQrCode(page.locator('#panel-wallet .qr'))).toBe(rest)
    await keepScreenshot(page, 'partly-paid')
    expect(await accessibilityProblems(page)).toEqual([])
  }, 60_000)

  it('reconnects by itself after the API behind its stream was killed', async () => {
    const payment = await gateway.create('USDC', 3n * USDC)
    const page = await open(payment)
    const isSamePage = await mark(page)
    await killService(gateway, 'api')
    await gateway.send('USDC', payment.address, 3n * USDC)
    await page.getByRole('heading', { name: /^Paid/ }).waitFor({ timeout: 60_000 })
    expect(await isSamePage()).toBe(true)
  }, 120_000)

  it('polls if it gets no stream', async () => {
    const payment = await gateway.create('USDC', 3n * USDC)
    const context = await browser.newContext(PHONE)
    await context.route('**/events?*', (route) => route.fulfill({ status: 429 }))
    const page = await context.newPage()
    await page.goto(pageOf(payment))
    await gateway.send('USDC', payment.address, 3n * USDC)
    await page.getByRole('heading', { name: /^Paid/ }).waitFor({ timeout: 60_000 })
  }, 90_000)

  it.each([
    ['overpaid', 'You sent 1 USDC more than asked', (to: string) => gateway.send('USDC', to, 3n * USDC)],
    ['wrong-asset', 'You sent something other than USDC', (to: string) => gateway.send('ETH', to, 10n ** 15n)],
  ])(
    'tells of money that is %s',
    async (name, notice, send) => {
      const payment = await gateway.create('USDC', 2n * USDC)
      const page = await open(payment)
      await send(payment.address)
      await page.getByText(notice).waitFor({ timeout: 60_000 })
      await keepScreenshot(page, name)
      expect(await accessibilityProblems(page)).toEqual([])
    },
    90_000,
  )

  it('shows a reorg, and no longer counts the money', async () => {
    const payment = await gateway.create('USDC', 2n * USDC)
    const page = await open(payment)
    const block = await gateway.send('USDC', payment.address, 2n * USDC)
    await untilShown(page, 'Payment received')
    await gateway.reorgFrom(block)
    await page.getByText('The network took back a block').waitFor({ timeout: 60_000 })
    await keepScreenshot(page, 'reorged')
  }, 90_000)

  it('hides the address once the payment is canceled', async () => {
    const payment = await gateway.create('USDC', 2n * USDC)
    const page = await open(payment)
    await gateway.api.request('POST', `/payments/${payment.id}/cancel`, {})
    await untilShown(page, 'This payment was canceled')
    expect(await page.getByText(payment.address).count()).toBe(0)
    await keepScreenshot(page, 'canceled')
    expect(await accessibilityProblems(page)).toEqual([])
  }, 60_000)
})
