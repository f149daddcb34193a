import { unreachable } from '@ctrip/domain/assert'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { StrategyName } from '@ctrip/domain/sweep/sweep'
import { nativeStrategy } from './native'
import type { Strategy } from './strategy'
import { tokenTopUpStrategy } from './token-top-up'

export function strategyFor(asset: Asset): Strategy {
  return asset.contract === null ? nativeStrategy : tokenTopUpStrategy
}

/** The strategy that a sweep was planned with. */
export function strategyNamed(name: StrategyName): Strategy {
  switch (name) {
    case 'native':
      return nativeStrategy
    case 'token_top_up':
      return tokenTopUpStrategy
    case 'delegated_batch':
      throw new Error('not yet')
    default:
      return unreachable(name)
  }
}
