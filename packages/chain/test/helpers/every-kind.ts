import { type Contract, keccak256, Wallet } from 'ethers'
import { z } from 'zod'
import type { RawBlock } from '../../src/blocks/read-block'
import { compilePlayground } from './contracts'
import type { Lab } from './lab'

/**
 * Mines a block of every transaction type but blobs (Anvil's root is over their sidecars, against EIP-4844), with a creation, a
 * failure and many logs. Returns it as the node tells it.
 */
export async function mineEveryKind(lab: Lab): Promise<RawBlock> {
  const { Announcer, ContractWallet } = compilePlayground()
  const announcer = await lab.deploy(Announcer)
  const to = Wallet.createRandom().address
  const target = await announcer.getAddress()
  await lab.send({ type: 0, to, value: 1n })
  await lab.send({
    type: 1,
    to: target,
    data: callData(announcer, 'announce', to, to, 5),
    accessList: accessList(target),
  })
  await lab.send({
    type: 2,
    to: target,
    data: callData(announcer, 'announceMany', 40, to),
    accessList: accessList(target),
  })
  await lab.send({ type: 2, to: target, data: callData(announcer, 'fail') })
  await lab.send({ type: 2, data: ContractWallet.bytecode, value: 3n })
  await lab.send({ type: 2, to: target, data: callData(announcer, 'announceNft', to, 77) })
  await sendDelegation(lab, target)
  for (let i = 0; i < 12; i++) await lab.send({ to, value: BigInt(i), gasLimit: 21_000n })
  return readRaw(lab, await lab.mine())
}

/** A block and its receipts, as the node tells them. */
export async function readRaw(lab: Lab, number: number): Promise<RawBlock> {
  const block = z
    .looseObject({ hash: z.string() })
    .parse(await lab.provider.send('eth_getBlockByNumber', [`0x${number.toString(16)}`, true]))
  const receipts = z.array(z.looseObject({})).parse(await lab.provider.send('eth_getBlockReceipts', [block.hash]))
  return { block, receipts }
}

export function callData(contract: Contract, name: string, ...args: unknown[]): string {
  return contract.interface.encodeFunctionData(name, args)
}

function accessList(address: string) {
  return [{ address, storageKeys: [keccak256('0x01'), `0x${'0'.repeat(64)}`] }]
}

/** EIP-7702: somebody else's account delegates, and we pay. */
async function sendDelegation(lab: Lab, code: string): Promise<void> {
  const authority = Wallet.createRandom()
  const authorization = await authority.authorize({ address: code, chainId: 31_337, nonce: 0 })
  await lab.send({ type: 4, to: authority.address, value: 11n, authorizationList: [authorization] })
}
