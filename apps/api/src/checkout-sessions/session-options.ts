import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { Executor } from '@ctrip/db/database/database'
import { currentRates } from '@ctrip/db/rates/rates'
import type { AcceptedAsset, CheckoutSession } from '@ctrip/domain/checkout-session/session'
import { amountDue } from '@ctrip/domain/checkout-session/value'
import type { OptionRefusal, SessionOption } from '@ctrip/domain/checkout-session/view'
import type { Asset } from '@ctrip/domain/payment/payment'
import { quoteAmount } from '@ctrip/domain/rates'
import { currencyDigits } from '@ctrip/domain/rates/currencies'
import { describeRefusal } from '@ctrip/domain/rates/judge-round'
import type { AssetRate, RateBook } from '@ctrip/domain/rates/rate-book'
import type { AssetGate, AssetStanding } from '../asset-gate'
import { findAsset, findChain } from '../chains'

export interface OptionDeps {
  readonly chains: readonly ChainConfig[]
  readonly rateBook: RateBook
  readonly assetGate: AssetGate
}

/** The assets that a payer may choose from now, each with the amount that is due in it or the reason why it cannot be chosen. */
export type OffersOf = (session: CheckoutSession) => SessionOption[]

/** Reads the rates once, for as many sessions as are shown together. A session that is not open offers nothing. */
export async function readOffers(
  deps: OptionDeps,
  db: Executor,
  sessions: readonly CheckoutSession[],
): Promise<OffersOf> {
  const isAnyOpen = sessions.some(({ status }) => status === 'open')
  const rates = isAnyOpen ? await currentRates(db, deps.rateBook) : []
  const standings = isAnyOpen ? await readStandings(deps) : new Map<string, AssetStanding>()
  return (session) =>
    session.status !== 'open'
      ? []
      : offeredAssets(deps, session.accept).map(({ chain, asset }) => ({
          ...{ chain: chain.name, chainId: chain.chainId, asset },
          choice: choiceOf(session, asset, {
            rate: rates.find((one) => isRateOf(one, session, chain.chainId, asset)) ?? null,
            standing: standings.get(keyOf(chain.chainId, asset)) ?? { kind: 'unchecked' },
          }),
        }))
}

export interface OfferedAsset {
  readonly chain: ChainConfig
  readonly asset: Asset
}

/** The accepted assets that are configured; without a list, those that have a price in chains.yaml. */
export function offeredAssets(
  { chains, rateBook }: Pick<OptionDeps, 'chains' | 'rateBook'>,
  accept: readonly AcceptedAsset[] | null,
): OfferedAsset[] {
  const named = accept ?? rateBook.assets.map(({ chain, symbol }) => ({ chain, asset: symbol }))
  return named.flatMap(({ chain: name, asset: symbol }) => {
    const chain = findChain(chains, name)
    const asset = chain === null ? null : findAsset(chain, symbol)
    return chain === null || asset === null ? [] : [{ chain, asset }]
  })
}

type Choice = SessionOption['choice']

function choiceOf(
  session: CheckoutSession,
  asset: Asset,
  { rate, standing }: { readonly rate: AssetRate | null; readonly standing: AssetStanding },
): Choice {
  const due = amountDue(session)
  if (due === 0n) return refused('nothing_due', 'nothing is due')
  if (standing.kind === 'refused') return refused('untrusted', `its contract is not to be trusted: ${standing.reason}`)
  if (standing.kind === 'unchecked') return refused('unchecked', 'its contract is being checked')
  if (rate === null) return refused('unpriced', 'it has no price')
  if (rate.rate === null)
    return rate.reason === null
      ? refused('unpriced', 'it has no price')
      : refused('rate_unusable', describeRefusal(rate.reason))
  const terms = {
    rate: rate.rate,
    assetDecimals: asset.decimals,
    currencyDigits: currencyDigits(session.price.currency),
  }
  return { available: true, rate: rate.rate, amount: quoteAmount({ ...terms, price: due }) }
}

function refused(cause: OptionRefusal, reason: string): Choice {
  return { available: false, cause, reason }
}

function isRateOf(
  { asset, currency }: AssetRate,
  session: CheckoutSession,
  chainId: number,
  { contract }: Asset,
): boolean {
  return currency === session.price.currency && asset.chainId === chainId && asset.contract === contract
}

async function readStandings({ rateBook, assetGate }: OptionDeps): Promise<Map<string, AssetStanding>> {
  const standings = rateBook.assets.map(
    async (asset) => [keyOf(asset.chainId, asset), await assetGate.standingNow(asset.chainId, asset)] as const,
  )
  return new Map(await Promise.all(standings))
}

function keyOf(chainId: number, { contract }: Pick<Asset, 'contract'>): string {
  return `${chainId}/${contract ?? 'native'}`
}
