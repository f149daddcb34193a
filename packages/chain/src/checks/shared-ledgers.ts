import type { Amount } from '@ctrip/domain/amount'
import { Interface } from 'ethers'
import { readAgreedBalances } from '../agreed-balances'
import type { ChainConfig, TokenConfig } from '../chain-config'
import { callContract } from '../contract-text'
import { decodeUint256 } from '../erc20'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'
import type { Check } from './judge-provider'
import { fault, type Judgement, warning } from './judgement'

const TOTAL_SUPPLY = new Interface(['function totalSupply() view returns (uint256)']).encodeFunctionData('totalSupply')

/** The figures of a token that two entries to one ledger have in common; null where its contract does not return them. */
export interface LedgerFigures {
  readonly token: Pick<TokenConfig, 'symbol' | 'decimals' | 'contract'>
  readonly supply: bigint | null
  readonly atTreasury: Amount | null
}

/**
 * Two contracts of one ledger (TUSD and SNX had two each): a payment could be credited twice, and a sweep of one empties the other. They have
 * the same supply and decimals; where the treasury holds the same of both, and something, no doubt is left.
 */
export function judgeLedgers(chain: string, figures: readonly LedgerFigures[]): Check[] {
  return figures.flatMap(({ token }): Check[] => {
    const judgement = judgeLedger(token, figures)
    return judgement === null ? [] : [{ subject: `${chain}/${token.symbol}`, check: 'ledger', ...judgement }]
  })
}

/** The judgement of one token beside those that are configured before it: the first keeps the ledger. Null where they differ. */
export function judgeLedger(
  { symbol }: Pick<TokenConfig, 'symbol'>,
  figures: readonly LedgerFigures[],
): Judgement | null {
  const at = figures.findIndex(({ token }) => token.symbol === symbol)
  const one = figures[at]
  const alike = one === undefined ? [] : figures.slice(0, at).filter((other) => isAlike(one, other))
  const same = alike.find(({ atTreasury }) => atTreasury !== null && atTreasury > 0n && atTreasury === one?.atTreasury)
  if (same !== undefined) {
    return fault(
      `${symbol} and ${same.token.symbol} are two contracts of one ledger: the same supply and balances`,
      'take one of them out of chains.yaml',
    )
  }
  const [first] = alike
  return first === undefined
    ? null
    : warning(
        `${symbol} and ${first.token.symbol} have the same supply to the last unit`,
        'make sure that they are not two contracts of one ledger: a payment would be credited twice',
      )
}

function isAlike(one: LedgerFigures, other: LedgerFigures): boolean {
  return (
    one.supply !== null && one.supply > 0n && one.supply === other.supply && one.token.decimals === other.token.decimals
  )
}

/** Reads the figures of a chain's tokens. */
export function readLedgers(
  pool: RpcPool,
  { tokens, treasury, quorum }: ChainConfig,
  options: CallOptions = {},
): Promise<LedgerFigures[]> {
  return Promise.all(
    tokens.map(async (token) => {
      const { contract } = token
      const [atTreasury = null] = await readAgreedBalances(
        pool,
        quorum,
        'latest',
        [{ address: treasury, contract }],
        options,
      )
      return { token, supply: await readSupply(pool, contract, quorum, options), atTreasury }
    }),
  )
}

async function readSupply(
  pool: RpcPool,
  contract: TokenConfig['contract'],
  quorum: number,
  options: CallOptions,
): Promise<bigint | null> {
  return decodeUint256(await callContract(pool, contract, quorum, TOTAL_SUPPLY, options))
}
