/** A guard of the money, and what its absence looks like in the source. */
export interface Guard {
  readonly name: string
  readonly file: string
  readonly present: string
  readonly absent: string
  /** The test file that notices it, without `.test.ts`, in `test` of its package. */
  readonly test: string
  /** The package of that test; default: the scanner. */
  readonly in?: string
}

const CHAIN = 'packages/chain/src'
const DB = 'packages/db/src'
const SCANNER = 'apps/scanner/src'
const DOMAIN = 'packages/domain/src'
const SWEEPER = 'apps/sweeper/src'

export const GUARDS: readonly Guard[] = [
  {
    name: 'lease epoch',
    file: `${DB}/leases/leases.ts`,
    present: 'if (rows.length === 0) throw new LeaseLostError',
    absent: 'if (rows.length < 0) throw new LeaseLostError',
    test: 'fencing',
  },
  {
    name: 'parent link',
    file: `${SCANNER}/scan-blocks.ts`,
    present: 'if (block.parentHash === state.cursor.hash) {',
    absent: 'if (block.number > state.cursor.number) {',
    test: 'reorgs',
  },
  {
    name: 'cursor compare',
    file: `${DB}/chains/chain-state.ts`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
    present: 'AND cursor_hash = ${hashToBytes(from)} AND halted_reason IS NULL',
    absent: 'AND halted_reason IS NULL',
    test: 'fencing',
  },
  {
    name: 'cursor inside the transaction',
    file: `${SCANNER}/record-block.ts`,
    present: 'await moveCursor(tx, chain.chainId, scanned.parentHash',
    absent: 'await moveCursor(db.prisma, chain.chainId, scanned.parentHash',
    test: 'simulation',
  },
  {
    name: 'receipt status',
    file: `${CHAIN}/transfers.ts`,
    present: "status === 'succeeded' && to !== null",
    absent: "status !== 'unknown' && to !== null",
    test: 'what-counts',
  },
  {
    name: 'receiptsRoot',
    file: `${CHAIN}/blocks/prove-block.ts`,
    present: "checkRoot('receipts_root', hashField(raw.block, 'receiptsRoot'), receipts, keccak256)",
    absent: '',
    test: 'simulation',
  },
  {
    name: 'transactionsRoot',
    file: `${CHAIN}/blocks/prove-block.ts`,
    present: "checkRoot('transactions_root', hashField(raw.block, 'transactionsRoot'), transactions, keccak256)",
    absent: '',
    test: 'simulation',
  },
  {
    name: 'quorum',
    file: `${SCANNER}/cursor-quorum.ts`,
    present: 'if (agreeing >= chain.quorum) return true',
    absent: 'if (agreeing >= 0) return true',
    test: 'providers',
  },
  {
    name: 'equal contents',
    file: `${CHAIN}/blocks/judge-copies.ts`,
    present: 'filter(({ length }) => length >= copiesToAgree(quorum))',
    absent: 'filter(({ length }) => length >= 1)',
    test: 'trust',
  },
  {
    name: 'nothing by one word above quorum one',
    file: `${CHAIN}/blocks/judge-copies.ts`,
    present: 'if (quorum > 1 || word === undefined || words.length > 1)',
    absent: 'if (word === undefined)',
    test: 'trust',
  },
  {
    name: 'contents in the digest',
    file: `${CHAIN}/blocks/contents-digest.ts`,
    present: 'one.value.toString(), ',
    absent: '',
    test: 'trust',
  },
  {
    name: 'sender by signature',
    file: `${CHAIN}/blocks/recover-sender.ts`,
    present: 'if (!proven || signed === undefined) return from',
    absent: 'return from',
    test: 'trust',
  },
  {
    name: 'transfer to oneself',
    file: `${CHAIN}/transfers.ts`,
    present: 'return sender === transfer.to ? [] : [{ ...transfer, from: sender }]',
    absent: 'return [{ ...transfer, from: sender }]',
    test: 'trust',
  },
  {
    name: 'debt in the commit of its block',
    file: `${SCANNER}/record-block.ts`,
    present: 'if (found.owed !== null) await insertTraceDebt(tx, chain.chainId, block, found.owed)',
    absent: '',
    test: 'tracing',
  },
  {
    name: 'debt gone with its block',
    file: `${DB}/chains/scanned-blocks.ts`,
    present: 'DELETE FROM trace_debts WHERE chain_id',
    absent: 'DELETE FROM trace_debts WHERE -chain_id',
    test: 'tracing',
  },
  {
    name: 'second trace',
    file: `${SCANNER}/trace-block.ts`,
    present: 'filter(({ length }) => length >= needed)',
    absent: 'filter(({ length }) => length > 0)',
    test: 'tracing',
  },
  {
    name: 'balances behind a lone trace',
    file: `${SCANNER}/trace-block.ts`,
    present: 'if (denial !== null) return',
    absent: "if (denial === '') return",
    test: 'tracing',
  },
  {
    name: 'no balance of who spends',
    file: `${SCANNER}/witness-credits.ts`,
    present: 'if (spendsAny(block, told))',
    absent: 'if (spendsAny(block, told)) return null\n  if (told.providers.length === 0)',
    test: 'tracing',
  },
  {
    name: 'token allow-list',
    file: `${CHAIN}/transfers.ts`,
    present: 'if (!contracts.has(log.address)) return',
    absent: '',
    test: 'what-counts',
  },
  {
    name: 'topic count',
    file: `${CHAIN}/transfers.ts`,
    present: 'log.topics.length !== 3 || ',
    absent: '',
    test: 'what-counts',
  },
  {
    name: 'zero value',
    file: `${CHAIN}/transfers.ts`,
    present: 'transfer.amount > ZERO && ',
    absent: '',
    test: 'what-counts',
  },
  {
    name: 'funding exclusion',
    file: `${DB}/chains/scanned-blocks.ts`,
    present: "CASE WHEN sweep_attempts.hash IS NULL THEN given.kind ELSE 'funding' END",
    absent: 'given.kind',
    test: 'what-counts',
  },
  {
    name: 'orphan recompute',
    file: `${SCANNER}/handle-reorg.ts`,
    present: 'const results = await changePayments(tx, ids,',
    absent: 'const results = await changePayments(tx, [],',
    test: 'handle-reorg',
  },
  {
    name: 'expiry by block time',
    file: 'packages/domain/src/payment/stages.ts',
    present: 'chain.headTime.getTime() > payment.expiresAt.getTime()',
    absent: 'Date.now() > payment.expiresAt.getTime()',
    test: 'simulation',
  },
  {
    name: 'in-time after re-inclusion',
    file: `${DB}/chains/scanned-blocks.ts`,
    present: ' OR coalesce(earlier.in_time, false)',
    absent: '',
    test: 'reorgs',
  },
  {
    name: 'in-time of a block that comes back',
    file: `${DB}/chains/scanned-blocks.ts`,
    present: ', in_time = excluded.in_time',
    absent: '',
    test: 'handle-reorg',
  },
  {
    name: 'chain id of a provider',
    file: `${CHAIN}/checks/identity.ts`,
    present: 'if (identity.chainId !== expected.chainId)',
    absent: 'if (identity.chainId < 0)',
    test: 'outside',
  },
  {
    name: 'first block of a chain',
    file: `${CHAIN}/checks/identity.ts`,
    present: 'expected.genesis === null || expected.genesis === identity.genesis',
    absent: 'identity.chainId === expected.chainId',
    test: 'outside',
  },
  {
    name: 'check before the first answer',
    file: `${CHAIN}/rpc/rpc-pool.ts`,
    present: 'await this.#admission.admit(provider, signal, timeoutMs)',
    absent: '',
    test: 'outside',
  },
  {
    name: 'decimals of a token',
    file: `${CHAIN}/checks/judge-token.ts`,
    present: 'facts.decimals !== null && facts.decimals !== decimals',
    absent: 'facts.decimals !== null && facts.decimals < 0',
    test: 'outside',
  },
  {
    name: 'gas ceiling',
    file: `${DOMAIN}/sweep/policy.ts`,
    present: "{ wei: rules.maxGasPriceWei, reason: 'gas_price_too_high' },",
    absent: "{ wei: 2n ** 255n, reason: 'gas_price_too_high' },",
    test: 'sweep/policy',
    in: 'packages/domain',
  },
  {
    name: 'fees spent before count',
    file: `${DOMAIN}/sweep/policy.ts`,
    present: '(feeMaxWei - cost.otherWei - cost.dataFeeWei)',
    absent: '(feeMaxWei - cost.dataFeeWei)',
    test: 'sweep/policy',
    in: 'packages/domain',
  },
  {
    name: 'want of coin is not a low price',
    file: `${DOMAIN}/sweep/replacement.ts`,
    present: "return isFirst && mayAnswer ? 'recost' : 'leave'",
    absent: "return isFirst && mayAnswer ? 'raise' : 'leave'",
    test: 'sweep/policy',
    in: 'packages/domain',
  },
  {
    name: 'absurd prices',
    file: `${CHAIN}/transactions/fee-market.ts`,
    present: 'price === null || price < 0n || price >= ABSURD_WEI',
    absent: 'price === null',
    test: 'transactions/fee-market',
    in: 'packages/chain',
  },
  {
    name: 'minimum tip',
    file: `${CHAIN}/transactions/fee-market.ts`,
    present: 'tip: larger(tip, limits.minTipWei) }',
    absent: 'tip }',
    test: 'transactions/fee-market',
    in: 'packages/chain',
  },
  {
    name: 'operator fee of a rollup',
    file: `${CHAIN}/transactions/rollup-fee.ts`,
    present: ", await zeroIfUnknown(ask('getOperatorFee', gasLimit))",
    absent: '',
    test: 'rollup',
    in: 'apps/sweeper',
  },
  {
    name: 'ceiling at each signature',
    file: `${SWEEPER}/context/limit-fees.ts`,
    present: 'const limited = within(limit.wei, fees, await knownMarket(round))',
    absent: 'const limited = within(2n ** 255n, fees, await knownMarket(round))',
    test: 'signing-limits',
    in: 'apps/sweeper',
  },
  {
    name: 'no dearer for want of coin',
    file: `${SWEEPER}/sign/replacement-fees.ts`,
    present: "if (reaction === 'recost') {",
    absent: "if (reaction === 'leave') {",
    test: 'refusals',
    in: 'apps/sweeper',
  },
]
