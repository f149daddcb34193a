import { parseAddress } from '@ctrip/domain/address'
import { assert } from '@ctrip/domain/assert'
import { parseChains } from '../../src/chains-config'
import { gasWalletProblems, uselessTreasury } from '../../src/checks/judge-treasury'
import { newAddress } from '../helpers/known'

describe('a treasury', () => {
  it.each([
    ['the zero address', '0x0000000000000000000000000000000000000000', /zero address/],
    ['a precompiled contract', '0x0000000000000000000000000000000000000100', /precompiled/],
    ['the usual burn address', '0x000000000000000000000000000000000000dead', /burn address/],
    ['a placeholder', '0x1111111111111111111111111111111111111111', /placeholder/],
  ])('is not %s', (_, text, why) => {
    const address = parseAddress(text)
    assert(address !== null, 'an address')
    expect(uselessTreasury(address)).toMatch(why)
  })

  it('may be any other address', () => {
    expect(uselessTreasury(newAddress())).toBeNull()
  })

  it('of 0x…dEaD is refused by chains.yaml', () => {
    const chain = {
      ...{ name: 'anvil', chain_id: 1, providers: [{ name: 'local', http: 'http://127.0.0.1:1' }] },
      ...{ native: { symbol: 'ETH' }, treasury: '0x000000000000000000000000000000000000dEaD' },
    }
    const parsed = parseChains(JSON.stringify({ chains: [chain] }), {})
    expect(parsed.ok ? [] : parsed.problems).toEqual([expect.stringMatching(/treasury: is a burn address/)])
  })

  it('is not the gas wallet', () => {
    const treasury = newAddress()
    const chains = [
      { name: 'anvil', treasury },
      { name: 'other', treasury: newAddress() },
    ]
    expect(gasWalletProblems(chains, treasury)).toEqual([
      expect.stringMatching(/^the treasury of anvil is the gas wallet/),
    ])
  })
})
