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
    ["the beacon chain's deposit contract", '0x00000000219ab540356cBB839Cbe05303d7705Fa', /deposit contract/],
    ['a contract of the OP stack', '0x4200000000000000000000000000000000000016', /OP stack/],
    ['what wraps native coin on the OP stack', '0x4200000000000000000000000000000000000006', /OP stack/],
    ['what wraps native coin', '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2', /wraps native coin/],
    ['Multicall3', '0xcA11bde05977b3631167028862bE2a173976CA11', /anybody may use/],
    ['the system caller', '0xfffffffffffffffffffffffffffffffffffffffe', /system address/],
    ['an account whose key everybody has', '0x70997970C51812dc3A010C7d01b50e0d17dc79C8', /everybody has its key/],
  ])('is not %s', (_, text, why) => {
    const address = parseAddress(text)
    assert(address !== null, 'an address')
    expect(uselessTreasury(address, 1)).toMatch(why)
  })

  it('may be any other address', () => {
    expect(uselessTreasury(newAddress(), 1)).toBeNull()
  })

  it("may be one of Anvil's accounts on a chain of a developer's machine", () => {
    const address = parseAddress('0x70997970C51812dc3A010C7d01b50e0d17dc79C8')
    assert(address !== null, 'an address')
    expect([31337, 1337].map((chainId) => uselessTreasury(address, chainId))).toEqual([null, null])
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
