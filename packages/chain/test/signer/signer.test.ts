import { inspect } from 'node:util'
import type { Amount } from '@ctrip/domain/amount'
import { HDNodeWallet, Transaction, Wallet } from 'ethers'
import { depositAddress } from '../../src/addresses'
import { openDepositWallet } from '../../src/signer/deposit-wallet'
import { openGasWallet } from '../../src/signer/gas-wallet'
import type { UnsignedTransaction } from '../../src/transactions/unsigned-transaction'
import { addressOf, newAddress } from '../helpers/known'

const PHRASE = 'test test test test test test test test test test test junk'
const KEY = `0x${'a1'.repeat(32)}`

const unsigned: UnsignedTransaction = {
  chainId: 31_337,
  nonce: 3,
  to: newAddress(),
  value: 5n as Amount,
  data: '0x1234',
  gasLimit: 21_000n,
  fees: { kind: 'eip1559', maxFeePerGas: 9n, maxPriorityFeePerGas: 2n },
}

function opened<Opened>(value: Opened | null): Opened {
  if (value === null) throw new Error('it should have opened')
  return value
}

const gasWallet = opened(openGasWallet(KEY))

describe('the deposit wallet', () => {
  const wallet = opened(openDepositWallet(PHRASE))

  it('has the xpub from which the API issues addresses, and signs for each of them', () => {
    expect(wallet.xpub).toBe(HDNodeWallet.fromPhrase(PHRASE, undefined, "m/44'/60'/0'").neuter().extendedKey)
    for (const index of [0, 1, 500, 2 ** 31 - 1, 2 ** 31, 2 ** 40 + 7])
      expect(wallet.signer(index).address).toBe(depositAddress(wallet.xpub, index))
  })

  it('does not open with a phrase that is none', () => {
    expect(openDepositWallet('test test test')).toBeNull()
    expect(openDepositWallet(PHRASE.replace('junk', 'test'))).toBeNull()
  })
})

describe('the gas wallet', () => {
  it('is the account of its key, with 0x or without', () => {
    expect(gasWallet.address).toBe(addressOf(new Wallet(KEY).address))
    expect(openGasWallet(KEY.slice(2))?.address).toBe(gasWallet.address)
  })

  it.each(['', '0x12', 'not a key', `0x${'0'.repeat(64)}`, `0x${'f'.repeat(64)}`])('does not open with %j', (text) => {
    expect(openGasWallet(text)).toBeNull()
  })
})

describe('a signed transaction', () => {
  it('is what was asked for, signed by the account, under the hash it will have', async () => {
    const { raw, hash } = await gasWallet.signTransaction(unsigned)
    const parsed = Transaction.from(raw)
    expect(parsed).toMatchObject({
      type: 2,
      nonce: 3,
      value: 5n,
      data: '0x1234',
      gasLimit: 21_000n,
      maxFeePerGas: 9n,
      maxPriorityFeePerGas: 2n,
    })
    expect([parsed.chainId, parsed.to?.toLowerCase(), parsed.hash]).toEqual([31_337n, unsigned.to, hash])
    expect(addressOf(parsed.from ?? '')).toBe(gasWallet.address)
  })

  it('is the same each time: a crash between signing and saving cannot make two', async () => {
    expect(await gasWallet.signTransaction(unsigned)).toEqual(await gasWallet.signTransaction(unsigned))
  })

  it('is a legacy one (with EIP-155) where the chain has no EIP-1559', async () => {
    const { raw } = await gasWallet.signTransaction({ ...unsigned, fees: { kind: 'legacy', gasPrice: 7n } })
    expect(Transaction.from(raw)).toMatchObject({ type: 0, gasPrice: 7n, chainId: 31_337n })
  })

  it('creates a contract where it goes nowhere', async () => {
    const { raw } = await gasWallet.signTransaction({ ...unsigned, to: null })
    expect(Transaction.from(raw).to).toBeNull()
  })

  it('carries authorizations, which need EIP-1559 fees', async () => {
    const authority = opened(openDepositWallet(PHRASE)).signer(4)
    const authorization = await authority.signAuthorization({ chainId: 31_337, address: newAddress(), nonce: 0 })
    const { raw } = await gasWallet.signTransaction({ ...unsigned, authorizations: [authorization] })
    const [carried] = Transaction.from(raw).authorizationList ?? []
    expect(carried).toMatchObject({ chainId: 31_337n, nonce: 0n })
    expect(addressOf(carried?.address ?? '')).toBe(authorization.address)
    const legacy = { ...unsigned, fees: { kind: 'legacy', gasPrice: 7n }, authorizations: [authorization] } as const
    await expect(gasWallet.signTransaction(legacy)).rejects.toThrow('authorizations need EIP-1559 fees')
  })

  it('never authorizes on all chains at once', async () => {
    await expect(gasWallet.signAuthorization({ chainId: 0, address: newAddress(), nonce: 0 })).rejects.toThrow(
      'valid everywhere',
    )
  })
})

describe('secrets', () => {
  it('stay inside, however a signer or wallet is printed', () => {
    const wallet = opened(openDepositWallet(PHRASE))
    const printed = inspect([gasWallet, wallet.signer(0), { ...wallet, xpub: '' }], { depth: 10, showHidden: true })
    expect(printed).not.toContain(KEY.slice(2))
    expect(printed).not.toContain('junk')
    expect(JSON.stringify(gasWallet)).toBe(JSON.stringify({ address: gasWallet.address }))
  })
})
