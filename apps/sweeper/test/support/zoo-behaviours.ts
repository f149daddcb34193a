import type { OddMode, OddTokenContract } from './odd-token'

/** The payment to each address of the zoo. */
export const ZOO_VALUE = 1_000_000n

/** One row of the table in docs/tokens.md: how a token behaves from the confirmation of the payment on, and what comes of it. */
export interface Behaviour {
  readonly name: string
  /** Real tokens that do so. */
  readonly like: string
  readonly mode: OddMode
  readonly decimals?: number
  /** More than a mode: done once the payment is confirmed. */
  readonly alter?: (
    token: OddTokenContract,
    place: { readonly treasury: string; readonly addresses: readonly string[] },
  ) => Promise<void>
  readonly payment: 'settled' | 'confirmed'
  /** Per address: `amount_collected`, `token_fee`, and what stays there. */
  readonly collected: bigint
  readonly fee: bigint
  readonly stays: bigint
  /** Why the money waits. */
  readonly waits: string | null
  /** The ledger differs from the balance by so much, because no transfer explains it. */
  readonly unexplained?: bigint
}

const swept = { payment: 'settled', collected: ZOO_VALUE, fee: 0n, stays: 0n, waits: null } as const
const stays = (waits: string) => ({ payment: 'confirmed', collected: 0n, fee: 0n, stays: ZOO_VALUE, waits }) as const
const FEE = ZOO_VALUE / 50n
const HALF = ZOO_VALUE / 2n
const SCALE = 10n ** 18n

export const ZOO: readonly Behaviour[] = [
  { name: 'behaves', like: 'most', mode: 'plain', ...swept },
  { name: 'returns nothing', like: 'USDT, BNB', mode: 'returnsNothing', ...swept },
  { name: 'returns `false` and moves nothing', like: 'ZRX', mode: 'returnsFalse', ...stays('transfer_refused') },
  { name: 'returns `false` though it moved', like: 'Tether Gold', mode: 'returnsFalseThoughItMoved', ...swept },
  {
    name: 'returns `true` and moves nothing',
    like: 'broken upgrades',
    mode: 'returnsTrueThoughItDidNot',
    ...stays('transfer_refused'),
  },
  { name: 'returns 100 kB', like: 'return bombs', mode: 'returnsMuch', ...swept },
  {
    name: 'takes a fee, with an event of its own',
    like: 'PAXG',
    mode: 'takesFee',
    ...swept,
    collected: ZOO_VALUE - FEE,
    fee: FEE,
  },
  {
    name: 'takes a fee that its event hides',
    like: 'STA',
    mode: 'takesFeeSilently',
    ...swept,
    collected: ZOO_VALUE - FEE,
    fee: FEE,
  },
  { name: 'lets nothing arrive', like: 'honeypots', mode: 'takesAll', ...stays('transfer_refused') },
  {
    name: 'announces a transfer twice',
    like: 'proxies that emit beside their storage',
    mode: 'announcesTwice',
    ...swept,
  },
  { name: 'announces nothing', like: 'pre-standard tokens', mode: 'announcesNothing', ...swept },
  {
    name: 'moves half and announces all',
    like: 'daily limits',
    mode: 'movesHalf',
    payment: 'confirmed',
    collected: HALF,
    fee: 0n,
    stays: HALF,
    waits: 'partly_moved',
  },
  { name: 'is paused', like: 'BNB, ZIL', mode: 'reverts', ...stays('transfer_refused') },
  { name: 'burns all gas', like: 'broken loops', mode: 'burnsGas', ...stays('transfer_refused') },
  { name: 'takes two million gas', like: 'on-transfer swaps', mode: 'gasGuzzler', ...stays('gas_too_high') },
  { name: 'calls the sender', like: 'ERC-777', mode: 'callsSender', ...swept },
  { name: 'calls the recipient', like: 'ERC-223, ERC-777', mode: 'callsRecipient', ...swept },
  { name: 'reenters the sender', like: 'hostile hooks', mode: 'reenters', ...swept },
  { name: 'has balances of 96 bits', like: 'UNI, COMP', mode: 'small', ...swept },
  { name: 'reverts on transfers of 0', like: 'LEND', mode: 'revertsOnZero', ...swept },
  { name: 'refuses senders with code', like: 'anti-bot tokens', mode: 'refusesCode', ...swept },
  {
    name: 'has a `balanceOf` that reverts',
    like: 'broken upgrades',
    mode: 'balanceReverts',
    ...stays('balance_unreadable'),
  },
  {
    name: 'has a `balanceOf` that burns all gas',
    like: 'broken loops',
    mode: 'balanceBurnsGas',
    ...stays('balance_unreadable'),
  },
  {
    name: 'has a `balanceOf` that returns a megabyte',
    like: 'return bombs',
    mode: 'balanceIsBomb',
    ...stays('balance_unreadable'),
  },
  {
    name: 'counts in shares and leaves a unit behind',
    like: 'stETH',
    mode: 'sharesRound',
    ...swept,
    collected: ZOO_VALUE - 1n,
    stays: 1n,
  },
  {
    name: 'blocks the deposit address',
    like: 'USDC, USDT',
    mode: 'plain',
    alter: (token, { addresses }) => block(token, addresses),
    ...stays('transfer_refused'),
  },
  {
    name: 'blocks the treasury',
    like: 'USDC, USDT',
    mode: 'plain',
    alter: (token, { treasury }) => block(token, [treasury]),
    ...stays('transfer_refused'),
  },
  {
    name: 'has shrunk by a tenth',
    like: 'AMPL',
    mode: 'plain',
    alter: (token) => rescale(token, 9n),
    ...swept,
    collected: (ZOO_VALUE * 9n) / 10n,
    unexplained: -ZOO_VALUE / 10n,
  },
  {
    name: 'has grown by a tenth',
    like: 'stETH, aTokens',
    mode: 'plain',
    alter: (token) => rescale(token, 11n),
    ...swept,
    collected: (ZOO_VALUE * 11n) / 10n,
    unexplained: ZOO_VALUE / 10n,
  },
  {
    name: 'tells neither symbol nor decimals',
    like: 'MKR before its last draft',
    mode: 'plain',
    alter: async (token) => void (await (await token.setHasNoFacts(true)).wait()),
    ...swept,
  },
  {
    name: 'is minted and burnt around a payment',
    like: 'DAI flash mints',
    mode: 'plain',
    alter: (token, { treasury }) => flash(token, treasury),
    ...swept,
  },
  { name: 'has 0 decimals', like: 'GUSD has 2', mode: 'plain', decimals: 0, ...swept },
  { name: 'has 36 decimals', like: 'YAM-V2 has 24', mode: 'plain', decimals: 36, ...swept },
]

async function block(token: OddTokenContract, holders: readonly string[]): Promise<void> {
  for (const holder of holders) await (await token.setBlocked(holder, true)).wait()
}

async function rescale(token: OddTokenContract, tenths: bigint): Promise<void> {
  await (await token.setScale((SCALE * tenths) / 10n)).wait()
}

async function flash(token: OddTokenContract, holder: string): Promise<void> {
  await (await token.flashMint(holder, 10n ** 30n)).wait()
}

/** docs/tokens.md holds exactly this. */
export function renderZoo(): string {
  const rows = ZOO.map(({ name, like, payment, collected, fee, stays: left, waits, unexplained }) => {
    const audit = unexplained === undefined ? '' : unexplained > 0n ? '`unrecorded`' : '`missing`'
    return `| ${name} | ${like} | ${payment} | ${collected} | ${fee} | ${left} | ${waits === null ? '' : `\`${waits}\``} | ${audit} |`
  })
  return [
    '| a token that … | like | payment | `amount_collected` | `token_fee` | stays | waits for | audit |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
