import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe, { type AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { decodeQR } from 'qr/decode.js'

const ARTIFACTS = join(__dirname, '..', '..', '..', '..', 'artifacts', 'checkout')
const FLAGS = [
  '--no-sandbox', // root has none
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS })
}

export const PHONE = { viewport: { width: 390, height: 844 } }

/** A page in a context of its own, by default with the size of a phone. */
export async function openOnPhone(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ ...PHONE, ...options })
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** Saves a screenshot for people: artifacts/checkout/NAME.png. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true })
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true })
}

/** Reads the QR code as a camera would: from the pixels on screen. */
export async function readQrCode(code: Locator): Promise<string> {
  const png = (await code.screenshot()).toString('base64')
  // In another page, because this page's policy forbids it.
  const darkroom = await code.page().context().newPage()
  const image = await darkroom.evaluate(async (base64) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob())
    const canvas = new OffscreenCanvas(picture.width, picture.height)
    const drawing = canvas.getContext('2d')
    drawing?.drawImage(picture, 0, 0)
    const { width, height, data } = drawing?.getImageData(0, 0, picture.width, picture.height) ?? new ImageData(1, 1)
    // As text: Playwright takes seconds over an array of this length.
    return { width, height, data: Array.from(data, (byte) => String.fromCharCode(byte)).join('') }
  }, png)
  await darkroom.close()
  return decodeQR({ ...image, data: Buffer.from(image.data, 'latin1') })
}

/** The violations that axe-core finds, with all of its rules. It is injected past the page's content policy. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
}
