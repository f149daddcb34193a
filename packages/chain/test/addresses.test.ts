import { HDNodeWallet, Mnemonic } from 'ethers'
import fc from 'fast-check'
import { depositAddress, parseAccountXpub, walletFingerprint } from '../src/addresses'
import { addressOf } from './helpers/known'

const PHRASE = 'test test test test test test test test test test test junk'
const account = HDNodeWallet.fromPhrase(PHRASE, undefined, "m/44'/60'/0'")
const xpubText = account.neuter().extendedKey

function xpubOf(text: string) {
  const parsed = parseAccountXpub(text)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.xpub
}

describe('depositAddress', () => {
  it("is what every wallet derives at m/44'/60'/0'/branch/index", () => {
    const xpub = xpubOf(xpubText)
    // Published with the phrase, by Hardhat and Foundry.
    expect(depositAddress(xpub, 0)).toBe(addressOf('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'))
    expect(depositAddress(xpub, 1)).toBe(addressOf('0x70997970C51812dc3A010C7d01b50e0d17dc79C8'))
    for (const [number, path] of [
      [2, '0/2'],
      [1_000, '0/1000'],
      [2 ** 31 - 1, '0/2147483647'],
      [2 ** 31, '1/0'],
      [2 ** 31 + 5, '1/5'],
      [2 ** 51 - 1, '1048575/2147483647'],
    ] as const) {
      const expected = HDNodeWallet.fromPhrase(PHRASE, undefined, `m/44'/60'/0'/${path}`).address
      expect(depositAddress(xpub, number)).toBe(addressOf(expected))
    }
  })

  it('is what ethers derives, of any account at any index', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        (entropy, index) => {
          const { phrase } = Mnemonic.fromEntropy(entropy)
          const xpub = HDNodeWallet.fromPhrase(phrase, undefined, "m/44'/60'/0'").neuter().extendedKey
          const expected = HDNodeWallet.fromExtendedKey(xpub).deriveChild(0).deriveChild(index)
          expect(depositAddress(xpubOf(xpub), index)).toBe(addressOf(expected.address))
        },
      ),
      { numRuns: 50 },
    )
  })

  it.each([-1, 0.5, 2 ** 51, Number.NaN])('does not exist at number %p', (number) => {
    expect(() => depositAddress(xpubOf(xpubText), number)).toThrow('no address number')
  })

  it('keeps wallets apart, however many have been used', () => {
    const xpubs = [0, 1, 2, 3, 4, 5].map((at) => {
      const phrase = Mnemonic.fromEntropy(`0x${at.toString(16).padStart(32, '0')}`).phrase
      return xpubOf(HDNodeWallet.fromPhrase(phrase, undefined, "m/44'/60'/0'").neuter().extendedKey)
    })
    const first = xpubs.map((xpub) => depositAddress(xpub, 7))
    expect(new Set(first).size).toBe(6)
    expect(xpubs.map((xpub) => depositAddress(xpub, 7))).toEqual(first)
  })
})

describe('parseAccountXpub', () => {
  it.each([
    ['a private key', account.extendedKey, 'is a private key (xprv)'],
    ['the master key', HDNodeWallet.fromPhrase(PHRASE, undefined, 'm').neuter().extendedKey, 'is at depth 0'],
    ['a deeper key', account.neuter().deriveChild(0).extendedKey, 'is at depth 4'],
    [
      'another account',
      HDNodeWallet.fromPhrase(PHRASE, undefined, "m/44'/60'/1'").neuter().extendedKey,
      'is account 1',
    ],
    ['a typing error', xpubText.slice(0, -1), 'is not an extended public key'],
    ['a mnemonic', PHRASE, 'is not an extended public key'],
    ['nothing', '', 'is not an extended public key'],
  ])('refuses %s, and never repeats it', (_, text, problem) => {
    const parsed = parseAccountXpub(text)
    expect(parsed).toEqual({ ok: false, problem: expect.stringContaining(problem) as unknown })
    if (text !== '') expect(JSON.stringify(parsed)).not.toContain(text)
  })
})

describe('walletFingerprint', () => {
  it('names the wallet, and is always the same', () => {
    expect(walletFingerprint(xpubOf(xpubText))).toMatch(/^[0-9a-f]{16}$/)
    expect(walletFingerprint(xpubOf(xpubText))).toBe(walletFingerprint(xpubOf(xpubText)))
  })

  it('differs between wallets', () => {
    const phrase = Mnemonic.fromEntropy(`0x${'01'.repeat(16)}`).phrase
    const other = xpubOf(HDNodeWallet.fromPhrase(phrase, undefined, "m/44'/60'/0'").neuter().extendedKey)
    expect(walletFingerprint(other)).not.toBe(walletFingerprint(xpubOf(xpubText)))
  })
})
