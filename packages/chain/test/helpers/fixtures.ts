import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type BlockCodec, codecOf } from '../../src/blocks/block-codec'
import type { ChainFamily } from '../../src/blocks/chain-family'
import type { RawBlock } from '../../src/blocks/read-block'
import { type RawObject, rawObject, rawObjects } from '../../src/hex'

const FOLDER = join(__dirname, '../fixtures')

/** A real block or transaction, and the parts of its chain's encoding that it shows. */
export interface Fixture {
  readonly name: string
  readonly family: ChainFamily
  readonly shows: 'block' | 'header and transactions' | 'header' | 'transaction' | 'not provable'
}

/** Public blocks and transactions: test/fixtures/README.md says from where. */
export const FIXTURES = [
  { name: 'ethereum-4369999', family: 'ethereum', shows: 'block' },
  { name: 'ethereum-18000000', family: 'ethereum', shows: 'block' },
  { name: 'ethereum-hoodi-411443', family: 'ethereum', shows: 'block' },
  { name: 'zora-49513698', family: 'op-stack', shows: 'block' },
  { name: 'arbitrum-150000000', family: 'arbitrum', shows: 'block' },
  { name: 'polygon-50000000', family: 'polygon', shows: 'block' },
  { name: 'avalanche-fuji-58119344', family: 'avalanche', shows: 'header and transactions' },
  { name: 'sonic-18701401', family: 'ethereum', shows: 'header' },
  { name: 'gnosis-28067555', family: 'ethereum', shows: 'header' },
  { name: 'hive-blob', family: 'ethereum', shows: 'transaction' },
  { name: 'devnet-delegation', family: 'ethereum', shows: 'transaction' },
  { name: 'scroll-l1-message', family: 'scroll', shows: 'transaction' },
  { name: 'celo-cip64', family: 'celo', shows: 'transaction' },
  { name: 'arbitrum-retryable', family: 'arbitrum', shows: 'transaction' },
  { name: 'cronos-11446765', family: 'ethereum', shows: 'not provable' },
] as const satisfies readonly Fixture[]

export type FixtureName = (typeof FIXTURES)[number]['name']

export function fixturesThatShow(...shows: readonly Fixture['shows'][]): readonly Fixture[] {
  return FIXTURES.filter((fixture) => shows.includes(fixture.shows))
}

export interface LoadedFixture {
  readonly raw: RawBlock
  readonly codec: BlockCodec
}

export function loadBlock({ name, family }: Fixture): LoadedFixture {
  const { block, receipts } = rawObject(read(join(FOLDER, 'blocks', name)), 'fixture')
  const raw = { block: rawObject(block, 'block'), receipts: rawObjects(receipts ?? [], 'receipts') }
  return { raw, codec: codecOf(family) }
}

export function loadTransaction({ name }: Fixture): RawObject {
  return rawObject(read(join(FOLDER, 'transactions', name)), 'transaction')
}

function read(path: string): unknown {
  const text = existsSync(`${path}.json`)
    ? readFileSync(`${path}.json`, 'utf8')
    : gunzipSync(readFileSync(`${path}.json.gz`)).toString()
  return JSON.parse(text)
}
