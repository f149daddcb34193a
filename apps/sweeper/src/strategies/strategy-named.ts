import { unreachable } from '@ctrip/domain/assert'
import type { StrategyName } from '@ctrip/domain/sweep/sweep'
import { delegatedBatchStrategy } from './delegated-batch'
import { nativeStrategy } from './native'
import type { Strategy } from './strategy'
import { tokenTopUpStrategy } from './token-top-up'

/** The strategy that a sweep was planned with. */
export function strategyNamed(name: StrategyName): Strategy {
  switch (name) {
    case 'native':
      return nativeStrategy
    case 'token_top_up':
      return tokenTopUpStrategy
    case 'delegated_batch':
      return delegatedBatchStrategy
    default:
      return unreachable(name)
  }
}
