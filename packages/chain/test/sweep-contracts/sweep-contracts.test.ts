import { type Address, parseAddress } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { type Anvil, startAnvil } from '@ctrip/local-stack/anvil'
import { OddToken } from '@ctrip/local-stack/generated/contracts'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { deployToken, testToken } from '@ctrip/local-stack/test-token'
import {
  ContractFactory,
  concat,
  hexlify,
  type JsonRpcProvider,
  NonceManager,
  parseEther,
  randomBytes,
  Wallet,
} from 'ethers'
import fc from 'fast-check'
import {
  batcherCode,
  contractsAt,
  delegateCode,
  delegationTo,
  deploymentCode,
  encodeCollection,
  type SweepContracts,
} from '../../src/sweep-contracts/sweep-contracts'

const FUZZED_CALLS = 120
/** Of the contract's enum. */
const ODD_MODE = { returnsMuch: 5, burnsGas: 13, callsRecipient: 16, reenters: 17 } as const
const VALUE = 1_500_000n

describe('the contracts that collect in batches', () => {
  let anvil: Anvil
  let provider: JsonRpcProvider
  let owner: NonceManager
  let ownerAddress: Address
  let token: Address
  let contracts: SweepContracts
  const treasury = addressOf(Wallet.createRandom().address)
  const deposit = new Wallet(Wallet.createRandom().privateKey)
  const depositAddress = addressOf(deposit.address)

  beforeAll(async () => {
    anvil = await startAnvil()
    provider = localProvider(anvil.url)
    token = addressOf(await deployToken({ rpcUrl: anvil.url, privateKey: anvil.fundedPrivateKey }))
    owner = new NonceManager(new Wallet(anvil.fundedPrivateKey, provider))
    ownerAddress = addressOf(anvil.fundedAddress)
    contracts = contractsAt(ownerAddress, await owner.getNonce())
    await (await owner.sendTransaction({ data: deploymentCode(treasury) })).wait()
    await pay()
    const authorization = deposit.authorizeSync({ address: contracts.delegate, nonce: 0, chainId: 31337 })
    const call = { to: contracts.batcher, data: collection(VALUE), gasLimit: 500_000n }
    await (await owner.sendTransaction({ ...call, type: 4, authorizationList: [authorization] })).wait()
  })

  afterAll(async () => {
    provider.destroy()
    await anvil.stop()
  })

  it('stand where they are expected, with the code that is expected', async () => {
    const terms = { owner: ownerAddress, treasury }
    expect(await provider.getCode(contracts.batcher)).toBe(batcherCode(terms))
    expect(await provider.getCode(contracts.delegate)).toBe(delegateCode(contracts, terms))
    expect(await provider.getCode(deposit.address)).toBe(delegationTo(contracts.delegate))
  })

  it('delegate and collect in one transaction', async () => {
    expect(await tokens(treasury)).toBe(VALUE)
    expect(await tokens(depositAddress)).toBe(0n)
  })

  it('let a delegated address receive native coin, for 2,300 gas inside and 21,100 in all', async () => {
    expect(await provider.estimateGas({ from: ownerAddress, to: deposit.address, value: 1n })).toBeLessThan(21_100n)
    await (await owner.sendTransaction({ to: deposit.address, value: 1n, gasLimit: 21_100n })).wait()
    expect(await provider.getBalance(deposit.address)).toBe(1n)
  })

  it('do nothing for a stranger', async () => {
    await pay()
    const stranger = await newStranger()
    const sent = await stranger.sendTransaction({ to: contracts.batcher, data: collection(VALUE), gasLimit: 500_000n })
    expect((await provider.waitForTransaction(sent.hash).catch(() => null))?.status).not.toBe(1)
    expect(await tokens(depositAddress)).toBe(VALUE)
  })

  it('let money go to the treasury only, whoever calls them with whatever', async () => {
    await (await owner.sendTransaction({ to: deposit.address, value: parseEther('1') })).wait()
    const strangers = [await newStranger(), await newStranger(), owner]
    const held = { coins: await provider.getBalance(deposit.address), treasury: await tokens(treasury) }
    const total = held.treasury + (await tokens(depositAddress))
    const calls = fc.record({
      by: fc.integer({ min: 0, max: strangers.length - 1 }),
      to: fc.constantFrom(deposit.address, contracts.batcher, contracts.delegate),
      data: fc.oneof(
        fc.uint8Array({ maxLength: 120 }).map((bytes) => hexlify(bytes)),
        fc.bigInt({ min: 0n, max: VALUE * 2n }).map(collection),
        fc.bigInt({ min: 0n, max: VALUE }).map((value) => concat([token, `0x${value.toString(16).padStart(64, '0')}`])),
      ),
      value: fc.constantFrom(0n, 0n, 1n),
    })
    await fc.assert(
      fc.asyncProperty(calls, async ({ by, to, data, value }) => {
        const caller = strangers[by]
        await (await caller?.sendTransaction({ to, data, value, gasLimit: 500_000n }))?.wait().catch(() => null)
        expect(await provider.getBalance(deposit.address)).toBeGreaterThanOrEqual(held.coins)
        expect((await tokens(treasury)) + (await tokens(depositAddress))).toBe(total)
      }),
      { numRuns: FUZZED_CALLS },
    )
  }, 60_000)

  it('collect though an observer of the mempool has sent the authorization before', async () => {
    const other = new Wallet(Wallet.createRandom().privateKey)
    await (await testToken(token, owner).transfer(other.address, VALUE)).wait()
    const authorization = other.authorizeSync({ address: contracts.delegate, nonce: 0, chainId: 31337 })
    const observer = await newStranger()
    await (
      await observer.sendTransaction({ to: observer, type: 4, authorizationList: [authorization], gasLimit: 100_000n })
    ).wait()
    expect(await provider.getCode(other.address)).toBe(delegationTo(contracts.delegate))
    const data = encodeCollection(token, [{ address: addressOf(other.address), amount: amount(VALUE) }])
    const call = { to: contracts.batcher, data, gasLimit: 500_000n }
    await (await owner.sendTransaction({ ...call, type: 4, authorizationList: [authorization] })).wait()
    expect(await tokens(addressOf(other.address))).toBe(0n)
  })

  it('leave an address that delegates anew to the new ones alone', async () => {
    const newTreasury = addressOf(Wallet.createRandom().address)
    const newOwner = await newStranger()
    const next = contractsAt(addressOf(await newOwner.getAddress()), 0)
    await (await newOwner.sendTransaction({ data: deploymentCode(newTreasury) })).wait()
    const other = new Wallet(Wallet.createRandom().privateKey)
    const item = { address: addressOf(other.address), amount: amount(VALUE) }
    await (await testToken(token, owner).transfer(other.address, VALUE)).wait()
    const delegate = (to: Address, nonce: number) => other.authorizeSync({ address: to, nonce, chainId: 31337 })
    const authorizationList = [delegate(contracts.delegate, 0), delegate(next.delegate, 1)]
    const call = { type: 4, data: encodeCollection(token, [item]), authorizationList, gasLimit: 500_000n }
    await (await owner.sendTransaction({ ...call, to: contracts.batcher })).wait()
    expect(await tokens(item.address)).toBe(VALUE)
    await (await newOwner.sendTransaction({ to: next.batcher, data: call.data, gasLimit: 500_000n })).wait()
    expect(await tokens(newTreasury)).toBe(VALUE)
  })

  it('let the other items through where a token calls back, burns gas or returns a megabyte', async () => {
    const modes = ['reenters', 'burnsGas', 'returnsMuch'] as const
    for (const mode of modes) {
      const odd = await new ContractFactory(OddToken.abi, OddToken.bytecode, owner).deploy(6)
      const at = addressOf(await odd.getAddress())
      await (await odd.getFunction('mint').send(depositAddress, VALUE)).wait()
      await (await odd.getFunction('setMode').send(ODD_MODE[mode])).wait()
      const items = [depositAddress, ownerAddress, depositAddress].map((address) => ({ address, amount: amount(1n) }))
      const sent = await owner.sendTransaction({
        to: contracts.batcher,
        data: encodeCollection(at, items),
        gasLimit: 1_000_000n,
      })
      expect((await sent.wait())?.status).toBe(1)
      expect(await odd.getFunction('trueBalanceOf').staticCall(treasury)).toBe(mode === 'burnsGas' ? 0n : 2n)
    }
  })

  it('turn away a token that asks its recipient: the payer keeps it', async () => {
    const odd = await new ContractFactory(OddToken.abi, OddToken.bytecode, owner).deploy(6)
    await (await odd.getFunction('mint').send(ownerAddress, VALUE)).wait()
    await (await odd.getFunction('setMode').send(ODD_MODE.callsRecipient)).wait()
    await expect(odd.getFunction('transfer').staticCall(depositAddress, VALUE)).rejects.toThrow('does not take tokens')
    await expect(odd.getFunction('transfer').staticCall(Wallet.createRandom().address, VALUE)).resolves.toBe(true)
    expect(await odd.getFunction('trueBalanceOf').staticCall(ownerAddress)).toBe(VALUE)
  })

  it('cannot be used where they are not delegated to', async () => {
    const data = concat([token, `0x${VALUE.toString(16).padStart(64, '0')}`])
    await expect(provider.call({ from: contracts.batcher, to: contracts.delegate, data })).rejects.toThrow('revert')
  })

  function collection(value: bigint): string {
    return encodeCollection(token, [{ address: depositAddress, amount: amount(value) }])
  }

  async function pay(): Promise<void> {
    await (await testToken(token, owner).transfer(deposit.address, VALUE)).wait()
  }

  async function tokens(of: Address): Promise<bigint> {
    return testToken(token, owner).balanceOf(of)
  }

  async function newStranger(): Promise<NonceManager> {
    const wallet = new Wallet(hexlify(randomBytes(32)), provider)
    await (await owner.sendTransaction({ to: wallet.address, value: parseEther('10') })).wait()
    return new NonceManager(wallet)
  }
})

function addressOf(text: string): Address {
  const address = parseAddress(text)
  if (address === null) throw new Error(`no address: ${text}`)
  return address
}
