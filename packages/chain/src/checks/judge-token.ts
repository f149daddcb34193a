import type { TokenConfig } from '../chain-config'
import type { TokenFacts } from '../token-facts'
import { fault, type Judgement, ok, warning } from './judgement'

/**
 * Whether the configured token is the contract's. `facts` is null where there is no contract. Decimals decide what an amount is worth: where
 * they differ, 1.5 is sold for 0.0000000000015. A symbol is only a name, and old tokens tell neither.
 */
export function judgeToken(
  token: Pick<TokenConfig, 'symbol' | 'decimals' | 'contract'>,
  facts: TokenFacts | null,
): Judgement {
  const { symbol, decimals, contract } = token
  if (facts === null) return fault(`there is no contract at ${contract}`, 'correct the contract in chains.yaml')
  if (facts.decimals !== null && facts.decimals !== decimals)
    return fault(
      `the contract has ${facts.decimals} decimals, but chains.yaml says ${decimals}`,
      `write decimals: ${facts.decimals} in chains.yaml, or correct the contract`,
    )
  const compare = `hold symbol and decimals against a block explorer: ${contract}`
  if (facts.decimals === null)
    return warning('its decimals could not be compared: the contract does not tell them', compare)
  if (facts.symbol === null) return warning('its symbol could not be compared: the contract does not tell it', compare)
  if (facts.symbol.toLowerCase() !== symbol.toLowerCase())
    return warning(`the contract calls itself ${facts.symbol}, but chains.yaml says ${symbol}`, compare)
  return ok(`${facts.symbol}, ${facts.decimals} decimals`)
}
