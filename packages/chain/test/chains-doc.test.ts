import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toChecksum } from '@ctrip/domain/address'
import { codecOf } from '../src/blocks/block-codec'
import { familyOf } from '../src/blocks/chain-family'
import { parseChains } from '../src/chains-config'
import { NATIVE_FACES } from '../src/native-faces'
import { FIXTURES, type Fixture } from './helpers/fixtures'
import { KNOWN_CHAINS, type KnownChain } from './helpers/known-chains'

/** `UPDATE_DOCS=1 jest chains-doc` writes the parts again that are made from the tables. */
const FILE = join(__dirname, '../../../docs/chains.md')

function evidenceOf({ evidence }: KnownChain): readonly Fixture[] {
  return FIXTURES.filter(({ name }) => evidence.some((one) => one === name))
}

/** The parts of the chain's encoding that the evidence shows. */
function shownOf(chain: KnownChain): string {
  const shows = new Set(evidenceOf(chain).map((fixture) => fixture.shows))
  if (shows.has('block')) return 'header, transactions, receipts'
  if (shows.has('header and transactions')) return 'header, transactions'
  if (shows.has('header')) return 'header'
  return shows.has('transaction') ? 'transactions' : '–'
}

function evidenceText(chain: KnownChain): string {
  return chain.evidence.length === 0 ? 'none' : chain.evidence.map((name) => `\`${name}\``).join(', ')
}

const HOW: Readonly<Record<KnownChain['how'], string>> = {
  proof: 'proof',
  agreement: 'agreement; one word with `quorum: 1`',
}

function chainRow(chain: KnownChain): string {
  const cells = [
    `${chain.title} (${chain.chainId})`,
    chain.except === undefined ? HOW[chain.how] : `${HOW[chain.how]}; ${chain.except}`,
    shownOf(chain),
    evidenceText(chain),
    chain.finalityMeans,
    `${chain.blockTimeMs / 1_000} s`,
    chain.fees,
    chain.tracer ? 'yes' : 'no',
  ]
  return `| ${cells.join(' | ')} |`
}

function chainTable(): string {
  const head =
    '| chain | blocks are held by | evidence shows | evidence | finality | block time | fees | `callTracer` |'
  const notes = KNOWN_CHAINS.flatMap(({ title, note }) => (note === undefined ? [] : [`- **${title}.** ${note}`]))
  return [head, '|---|---|---|---|---|---|---|---|', ...KNOWN_CHAINS.map(chainRow), '', ...notes].join('\n')
}

function snippet({ name, chainId, native, how, blockTimeMs, confirmations, finality, tracer }: KnownChain): string {
  return [
    `  - name: ${name}`,
    `    chain_id: ${chainId}`,
    '    providers:',
    `      - {name: first, http: "\${RPC_URL_1}"}`,
    `      - {name: second, http: "\${RPC_URL_2}"}`,
    '    quorum: 2',
    `    block_time_ms: ${blockTimeMs}`,
    `    confirmations: ${confirmations}`,
    `    finality: ${finality}`,
    `    verify: ${how === 'proof' ? 'proof' : 'structural'}`,
    `    internal_transfers: ${tracer ? 'trace' : 'none'}`,
    `    native: {symbol: ${native}}`,
    `    treasury: "\${TREASURY_ADDRESS}"`,
  ].join('\n')
}

function snippets(): string {
  return ['```yaml', 'chains:', ...KNOWN_CHAINS.map(snippet), '```'].join('\n')
}

function faceTable(): string {
  const rows = NATIVE_FACES.map(({ address, where, chainIds, source }) => {
    const chains = chainIds === null ? where : `${where} (${chainIds.join(', ')})`
    return `| \`${toChecksum(address)}\` | ${chains} | ${source} |`
  })
  return ['| contract | where | source |', '|---|---|---|', ...rows].join('\n')
}

/** The document with its made parts as they should be. Between the marks nothing is written by hand. */
function made(text: string): string {
  const parts: Readonly<Record<string, string>> = { chains: chainTable(), snippets: snippets(), faces: faceTable() }
  return Object.entries(parts).reduce((document, [name, part]) => {
    const [begin, end] = [`<!-- made: ${name} -->`, `<!-- end: ${name} -->`]
    const [from, to] = [document.indexOf(begin), document.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`docs/chains.md has no part ${name}`)
    return `${document.slice(0, from)}${begin}\n${part}\n${document.slice(to)}`
  }, text)
}

describe('docs/chains.md', () => {
  it('says what the tables and the fixtures say', () => {
    const text = readFileSync(FILE, 'utf8')
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, made(text))
    expect(readFileSync(FILE, 'utf8')).toBe(made(text))
  })

  it('has a chains.yaml of all chains that is accepted', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(snippets())?.[1] ?? ''
    const loaded = parseChains(yaml, {
      RPC_URL_1: 'https://one.example',
      RPC_URL_2: 'https://two.example',
      TREASURY_ADDRESS: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    })
    expect(loaded.ok ? loaded.chains.map(({ chainId }) => chainId) : loaded.problems).toEqual(
      KNOWN_CHAINS.map(({ chainId }) => chainId),
    )
  })
})

describe.each(KNOWN_CHAINS.map((chain) => [chain.title, chain] as const))('%s', (_, chain) => {
  const family = familyOf(chain.chainId)

  it('is held by proof only where its blocks can be encoded', () => {
    const isForeign = codecOf(family).header === null
    const isRefuted = evidenceOf(chain).some(({ shows }) => shows === 'not provable')
    if (chain.how === 'proof') expect({ isForeign, isRefuted }).toEqual({ isForeign: false, isRefuted: false })
    else expect(chain.note).toBeDefined()
  })

  it('has evidence of an encoding that is its own', () => {
    const codec = codecOf(family)
    for (const fixture of evidenceOf(chain).filter(({ shows }) => shows !== 'not provable')) {
      const theirs = codecOf(fixture.family)
      expect(theirs.header).toEqual(codec.header)
      // A later family has the types of the one it stems from.
      for (const [type, { fields }] of theirs.transactionTypes)
        expect(codec.transactionTypes.get(type)?.fields).toEqual(fields)
    }
  })
})
