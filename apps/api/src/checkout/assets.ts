import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Asset {
  readonly type: string
  readonly content: Buffer
  /** In the page's links, so that a new version is never mistaken for the one a browser keeps. */
  readonly version: string
}

const FOLDER = join(__dirname, '..', '..', 'assets')

/** What the page loads, all of it from here. Read once; nothing else of the disk can be asked for. */
export const ASSETS = {
  'checkout.js': asset('checkout.js', 'text/javascript; charset=utf-8'),
  'checkout.css': asset('checkout.css', 'text/css; charset=utf-8'),
  'icon.svg': asset('icon.svg', 'image/svg+xml'),
} as const satisfies Record<string, Asset>

export function findAsset(name: string): Asset | null {
  return Object.hasOwn(ASSETS, name) ? ASSETS[name as keyof typeof ASSETS] : null
}

function asset(name: string, type: string): Asset {
  const content = readFileSync(join(FOLDER, name))
  return { type, content, version: createHash('sha256').update(content).digest('base64url').slice(0, 12) }
}
