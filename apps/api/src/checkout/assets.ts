import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Asset {
  readonly type: string
  readonly content: Buffer
  /** In the page's links, so that a new version is never mistaken for the one a browser keeps. */
  readonly version: string
}

const CSS = 'text/css; charset=utf-8'
const FOLDER = join(__dirname, '..', '..', 'assets')

/** What the page loads, all of it from here. Read once; nothing else of the disk can be asked for. */
export const ASSETS = {
  'checkout.js': asset('checkout.js', 'text/javascript; charset=utf-8'),
  'session.js': asset('session.js', 'text/javascript; charset=utf-8'),
  'theme.css': asset('theme.css', CSS),
  'layout.css': asset('layout.css', CSS),
  'story.css': asset('story.css', CSS),
  'pay.css': asset('pay.css', CSS),
  'session.css': asset('session.css', CSS),
  'icon.svg': asset('icon.svg', 'image/svg+xml'),
} as const satisfies Record<string, Asset>

export type AssetName = keyof typeof ASSETS

/** In the order in which the page links them. */
export const STYLESHEETS = [
  'theme.css',
  'layout.css',
  'story.css',
  'pay.css',
  'session.css',
] as const satisfies readonly AssetName[]

export function findAsset(name: string): Asset | null {
  return Object.hasOwn(ASSETS, name) ? ASSETS[name as AssetName] : null
}

function asset(name: string, type: string): Asset {
  const content = readFileSync(join(FOLDER, name))
  return { type, content, version: createHash('sha256').update(content).digest('base64url').slice(0, 12) }
}
