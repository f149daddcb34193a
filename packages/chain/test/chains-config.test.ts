import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { stringify } from 'yaml'
import type { ChainConfig } from '../src/chain-config'
import { loadChains, parseChains } from '../src/chains-config'

const TREASURY = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const TOKEN = '0xdAC17F958D2ee523a2206206994597C13D831ec7'

const minimal = {
  name: 'anvil',
  chain_id: 31337,
  providers: [{ name: 'local', http: 'http://127.0.0.1:8545' }],
  native: { symbol: 'ETH' },
  treasury: TREASURY,
}

const token = { symbol: 'USDT', contract: TOKEN, decimals: 6 }

function parse(...chains: readonly object[]) {
  return parseChains(stringify({ chains }), {})
}

function parseOne(changes: object): ChainConfig {
  const loaded = parse({ ...minimal, ...changes })
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'))
  const [chain] = loaded.chains
  if (chain === undefined) throw new Error('no chain')
  return chain
}

function problemsOf(...chains: readonly object[]): readonly string[] {
  const loaded = parse(...chains)
  return loaded.ok ? [] : loaded.problems
}

describe('a good chains.yaml', () => {
  it('may name a chain for payers, and call it a test network', () => {
    const named = { display_name: ' Sepolia ', testnet: true }
    expect(parseOne(named)).toMatchObject({ name: 'anvil', displayName: 'Sepolia', testnet: true })
  })

  it('is filled up with the defaults of the contract', () => {
    expect(parseOne({})).toMatchObject({
      name: 'anvil',
      chainId: 31337,
      providers: [{ name: 'local', ws: null }],
      quorum: 1,
      requireAgreement: false,
      displayName: 'anvil',
      testnet: false,
      startBlock: 'latest',
      blockTimeMs: 1000,
      confirmations: { kind: 'depth', depth: 3 },
      finality: { kind: 'depth', depth: 64 },
      verify: 'proof',
      internalTransfers: 'trace',
      confirmationSloSeconds: 60,
      explorerUrl: null,
      publicRpcUrl: null,
      native: { symbol: 'ETH', decimals: 18, minSweep: 0n },
      tokens: [],
      treasury: TREASURY.toLowerCase(),
      sweep: {
        maxGasPriceWei: 200_000_000_000n,
        maxFeeBps: 100,
        maxFeePerDay: null,
        maxFeePerTransaction: null,
        batch: { maxItems: 100, maxWaitSeconds: 5 },
      },
    })
  })

  it('may name every setting of the contract', () => {
    const yaml = `
chains:
  - name: anvil                          # unique
    chain_id: 31337
    providers:
      - {name: local, http: "http://127.0.0.1:8545", ws: "ws://127.0.0.1:8545"}
    quorum: 1
    start_block: latest
    block_time_ms: 1000
    confirmations: {depth: 3}
    finality: {depth: 64}
    verify: proof
    internal_transfers: trace
    confirmation_slo_seconds: 60
    explorer_url: null
    public_rpc_url: null
    native: {symbol: ETH, decimals: 18, min_sweep: "0"}
    tokens: [{symbol: USDC, contract: "${TOKEN}", decimals: 6, min_sweep: "0", native_price: null}]
    treasury: "${TREASURY}"
    sweep: {max_gas_price_gwei: 200, max_fee_bps: 100, batch: {max_items: 100, max_wait_seconds: 5}}
`
    expect(parseChains(yaml, {})).toMatchObject({ ok: true })
  })

  it('reads confirmations as depth, tag or tiers', () => {
    const tiers = [{ below: '1000000000', depth: 3 }, { depth: 12 }]
    expect(parseOne({ confirmations: { tag: 'safe' } }).confirmations).toEqual({ kind: 'tag', tag: 'safe' })
    expect(parseOne({ confirmations: tiers }).confirmations).toEqual({
      kind: 'tiers',
      tiers: [
        { below: 1_000_000_000n, depth: 3 },
        { below: null, depth: 12 },
      ],
    })
    expect(parseOne({ finality: { tag: 'finalized' } }).finality).toEqual({ kind: 'tag', tag: 'finalized' })
  })

  it.each([
    ['0.00031', 6, 18],
    ['12', 18, 18],
    ['0.5', 0, 18],
  ])(
    'turns a price of %s native a token into an exact fraction of base units',
    (native_price, decimals, nativeDecimals) => {
      const price = parseOne({ tokens: [{ ...token, decimals, native_price }] }).tokens[0]?.nativePrice
      const wholeToken = 10n ** BigInt(decimals)
      const worth = (wholeToken * (price?.numerator ?? 0n)) / (price?.denominator ?? 1n)
      expect(Number(worth) / 10 ** nativeDecimals).toBeCloseTo(Number(native_price), 12)
    },
  )

  it.each([
    [200, 200_000_000_000n],
    [0.05, 50_000_000n],
    ['0.000000001', 1n],
  ])('reads a gas price of %s gwei to the wei', (gwei, wei) => {
    expect(parseOne({ sweep: { max_gas_price_gwei: gwei } }).sweep.maxGasPriceWei).toBe(wei)
  })

  it.each([0, 36, 77])('takes a token of %i decimals', (decimals) => {
    expect(parseOne({ tokens: [{ ...token, decimals }] }).tokens[0]?.decimals).toBe(decimals)
  })
})

describe('a bad chains.yaml', () => {
  it.each<[string, object, string]>([
    [
      'an unknown key',
      { confirmatons: { depth: 3 } },
      'chains[0].confirmatons: is not known here; there are name, display_name, ',
    ],
    ['a lower-case treasury', { treasury: TREASURY.toLowerCase() }, `if it is right, write ${TREASURY}`],
    [
      'a wrong checksum',
      { treasury: TREASURY.replace('F', 'f') },
      'chains[0].treasury: is not an address, or its EIP-55',
    ],
    ['the zero address', { treasury: `0x${'0'.repeat(40)}` }, 'chains[0].treasury: is the zero address'],
    ['a lower-case token', { tokens: [{ ...token, contract: TOKEN.toLowerCase() }] }, `write ${TOKEN}`],
    ['a token as treasury', { treasury: TOKEN, tokens: [token] }, 'chains[0].treasury: is the contract of a token'],
    ['a token named as the coin', { tokens: [{ ...token, symbol: 'eth' }] }, 'chains[0].tokens[0].symbol: the symbol'],
    [
      'two tokens of one contract',
      { tokens: [token, { ...token, symbol: 'B' }] },
      'tokens[1].contract: the contract is already',
    ],
    [
      '78 decimals',
      { tokens: [{ ...token, decimals: 78 }] },
      'tokens[0].decimals: must be a whole number from 0 to 77',
    ],
    ['an unquoted amount', { native: { symbol: 'ETH', min_sweep: 5 } }, 'native.min_sweep: must be a quoted integer'],
    ['a name for payers of two lines', { display_name: 'a\nb' }, 'display_name: must be the name that payers read'],
    ['a test network that is a text', { testnet: 'yes' }, 'testnet: must be true or false'],
    ['an unquoted price', { tokens: [{ ...token, native_price: 0.3 }] }, 'native_price: must be a quoted decimal'],
    ['no provider', { providers: [] }, 'providers: must be a list of providers, at least 1'],
    ['a quorum nobody can reach', { quorum: 2 }, 'chains[0].quorum: 2 providers must agree, but only 1 are listed'],
    [
      'an agreement of one',
      { require_agreement: true },
      "chains[0].require_agreement: needs a quorum of 2 or more: with 1, one provider's word is enough",
    ],
    [
      'tiers out of order',
      { confirmations: [{ below: '5', depth: 3 }, { below: '4', depth: 4 }, { depth: 5 }] },
      'tiers must ascend',
    ],
    ['tiers that get shallower', { confirmations: [{ below: '5', depth: 3 }, { depth: 2 }] }, 'tiers must ascend'],
    ['tiers without a last one', { confirmations: [{ below: '5', depth: 3 }] }, 'tiers must ascend'],
    ['depth 0', { confirmations: { depth: 0 } }, 'chains[0].confirmations'],
    ['finality by safe', { finality: { tag: 'safe' } }, 'finality: must be {depth: 64} or {tag: finalized}'],
    ['a name that is an id', { name: '137' }, 'chains[0].name: must be lower-case letters'],
    ['a gas price of 0', { sweep: { max_gas_price_gwei: 0 } }, 'max_gas_price_gwei: must be a number of gwei above 0'],
    ['a gas price with 10 decimals', { sweep: { max_gas_price_gwei: '0.0000000001' } }, 'max_gas_price_gwei'],
    ['a fractional chain id', { chain_id: 1.5 }, 'chains[0].chain_id: must be a whole number'],
    [
      'a URL of another scheme',
      { providers: [{ name: 'a', http: 'ftp://x' }] },
      'must be a URL that starts with http://',
    ],
  ])('is refused for %s', (_, changes, problem) => {
    expect(problemsOf({ ...minimal, ...changes })).toEqual([expect.stringContaining(problem)])
  })

  it('is refused for chains of the same name, id, or provider names', () => {
    const twice = { ...minimal, providers: [...minimal.providers, ...minimal.providers] }
    expect(problemsOf(twice, minimal)).toEqual([
      'line 12, chains[1].name: the chain name is already used at chains[0].name',
      'line 13, chains[1].chain_id: the chain id is already used at chains[0].chain_id',
      'line 8, chains[0].providers[1].name: the provider name is already used at chains[0].providers[0].name',
    ])
  })

  it('lists every problem at once, wherever it is', () => {
    const problems = problemsOf(
      { ...minimal, chain_id: 'x', treasury: 'x', tokens: [{ ...token, symbol: 'ETH' }], oops: 1 },
      { ...minimal, name: 'other' },
    )
    expect(problems).toHaveLength(4)
  })

  it('names the file that cannot be read', () => {
    expect(loadChains('/nonexistent/chains.yaml', {})).toEqual({
      ok: false,
      problems: ['/nonexistent/chains.yaml cannot be read: ENOENT'],
    })
  })

  it('reports YAML that does not parse, and keys given twice', () => {
    expect(parseChains('chains: [', {})).toMatchObject({ ok: false })
    expect(parseChains('chains: []\nchains: []', {})).toEqual({
      ok: false,
      problems: [expect.stringContaining('Map keys must be unique')],
    })
  })
})

describe('URLs with keys', () => {
  const variable = (name: string) => `\${${name}}`
  const withKey = {
    ...minimal,
    providers: [
      { name: 'a', http: `https://rpc.example/${variable('KEY')}`, ws: `wss://rpc.example/${variable('OTHER')}` },
    ],
  }

  it('are filled in from the environment', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'chains-')), 'chains.yaml')
    writeFileSync(file, stringify({ chains: [withKey] }))
    const loaded = loadChains(file, { KEY: 'k1', OTHER: 'k2' })
    expect(loaded.ok && loaded.chains[0]?.providers[0]?.http.reveal().href).toBe('https://rpc.example/k1')
  })

  it('are filled in from the files that hold them', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'chains-')), 'key')
    writeFileSync(file, 'k1\n')
    const loaded = parseChains(stringify({ chains: [withKey] }), { KEY_FILE: file, OTHER: 'k2' })
    expect(loaded.ok && loaded.chains[0]?.providers[0]?.http.reveal().href).toBe('https://rpc.example/k1')
  })

  it('name each file that cannot be read, and each variable that is set twice', () => {
    const env = { KEY_FILE: '/nowhere', OTHER: 'k2', OTHER_FILE: '/nowhere' }
    expect(parseChains(stringify({ chains: [withKey] }), env)).toEqual({
      ok: false,
      problems: [
        'line 6, chains[0].providers[0].http: the file that KEY_FILE names cannot be read (ENOENT)',
        'line 7, chains[0].providers[0].ws: OTHER and OTHER_FILE are both set',
      ],
    })
  })

  it('name each variable that is missing or empty, once', () => {
    const loaded = parseChains(stringify({ chains: [withKey] }), { OTHER: '' })
    expect(loaded).toEqual({
      ok: false,
      problems: [
        'line 6, chains[0].providers[0].http: the environment variable KEY is not set',
        'line 7, chains[0].providers[0].ws: the environment variable OTHER is not set',
      ],
    })
  })

  it('cannot smuggle YAML in', () => {
    const evil = 'x"}]\n    treasury: "0x0000000000000000000000000000000000000000"'
    const loaded = parseChains(stringify({ chains: [withKey] }), { KEY: evil, OTHER: 'k' })
    expect(loaded.ok && loaded.chains[0]?.treasury).toBe(TREASURY.toLowerCase())
  })

  it('show nothing when printed, logged or refused', () => {
    const chain = parseOne({ providers: [{ name: 'a', http: 'https://user:secretpass@rpc.example/secretkey' }] })
    expect(
      inspect(chain, { depth: 10 }) +
        JSON.stringify(chain, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v)) +
        String(chain.providers[0]?.http),
    ).not.toContain('secret')
    const refused = problemsOf({ ...minimal, providers: [{ name: 'a', http: 'secretkey' }] })
    expect(refused.join()).not.toContain('secretkey')
  })
})

describe('a token that is native coin in another form', () => {
  const taken = (chainId: number, contract: string) =>
    problemsOf({ ...minimal, chain_id: chainId, tokens: [{ symbol: 'WHAT', contract, decimals: 18 }] })

  it.each<[string, number, string]>([
    ['Celo', 42_220, '0x471EcE3750Da237f93B8E339c536989b8978a438'],
    ['zkSync', 324, '0x000000000000000000000000000000000000800A'],
    ['Metis', 1_088, '0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000'],
    ['Moonbeam', 1_284, '0x0000000000000000000000000000000000000802'],
    ['Polygon', 137, '0x0000000000000000000000000000000000001010'],
    ['Stable', 988, '0x779Ded0c9e1022225f8E0630b35a9b54bE713736'],
    ['every chain', 1, '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE'],
  ])('is refused by name on %s', (where, chainId, contract) => {
    expect(taken(chainId, contract)).toEqual([
      expect.stringMatching(
        new RegExp(
          `tokens\\[0\\]\\.contract: shows native coin as a token \\(.*${where}.*counted twice: take the native coin, ETH`,
        ),
      ),
    ])
  })

  it('is an ordinary token on other chains, where the same address is one', () => {
    expect(taken(80_094, '0x779Ded0c9e1022225f8E0630b35a9b54bE713736')).toEqual([])
  })
})
