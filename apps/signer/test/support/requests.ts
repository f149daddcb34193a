import { encodeTransferCall } from '@ctrip/chain/erc20'
import { SweepBatcher } from '@ctrip/chain/generated/sweep-contracts'
import { encodeCollection } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { type Address, parseAddress, toChecksum } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import type { TransactionRequest } from '@ctrip/signer-protocol/messages'
import { createdAddress } from '../../src/ethereum/transaction'
import { openDepositWallet } from '../../src/keys/deposit-wallet'
import { openGasWallet } from '../../src/keys/digest-signer'
import { opened, PHRASE } from './wallets'

export const CHAIN = 31_337
export const GAS_KEY = `0x${'b2'.repeat(32)}`
export const TREASURY = addressOf('0x00000000000000000000000000000000000000aa')
export const TOKEN = addressOf('0x00000000000000000000000000000000000000bb')
export const STRANGER = addressOf('0x00000000000000000000000000000000000000cc')
export const GWEI = 10n ** 9n
export const ETHER = 10n ** 18n

const deposits = opened(openDepositWallet(PHRASE))
export const gasWallet = opened(openGasWallet(GAS_KEY)).address
export const depositAt = (index: number): string => deposits.signer(index).address
/** The address of the deployment below. */
export const BATCHER = createdAddress(gasWallet, 0)
export const DELEGATE = createdAddress(BATCHER, 1)

type Terms = Partial<TransactionRequest['transaction']>

const NOTHING: TransactionRequest['transaction'] = {
  chain_id: CHAIN,
  nonce: 0,
  to: TREASURY,
  value: 0n,
  data: '0x',
  gas_limit: 21_000n,
  fees: { max_fee_per_gas: 2n * GWEI, max_priority_fee_per_gas: GWEI },
  authorizations: [],
}

/** A transaction of a deposit address; by default its coin goes to the treasury. */
export function fromDeposit(terms: Terms = {}, index = 3): TransactionRequest {
  const account = { kind: 'deposit', index, address: depositAt(index) } as const
  return { account, recipient_index: null, transaction: { ...NOTHING, value: ETHER, ...terms } }
}

/** A transaction of the gas wallet; by default a top-up of the deposit address /0/3. */
export function fromGasWallet(terms: Terms = {}, recipientIndex: number | null = 3): TransactionRequest {
  const account = { kind: 'gas_wallet', address: gasWallet } as const
  const transaction = { ...NOTHING, to: depositAt(3), value: GWEI, gas_limit: 30_000n, ...terms }
  return { account, recipient_index: recipientIndex, transaction }
}

export function tokenTransfer(to: Address, token: Address = TOKEN): Terms {
  return { to: token, value: 0n, data: encodeTransferCall(to, amount(5n)), gas_limit: 60_000n }
}

export function deployment(treasury: Address = TREASURY): Terms {
  const word = `${'0'.repeat(24)}${treasury.slice(2)}`
  return { to: null, value: 0n, data: `${SweepBatcher.creation}${word}`, gas_limit: 400_000n }
}

export function collection(token: Address = TOKEN, items = 2): Terms {
  const list = Array.from({ length: items }, (_, index) => ({
    address: addressOf(depositAt(index)),
    amount: amount(7n),
  }))
  return { to: BATCHER, value: 0n, data: encodeCollection(token, list), gas_limit: 400_000n }
}

export function authorizationFor(address: string, chainId = CHAIN) {
  const half = `0x${'11'.repeat(32)}`
  return { chain_id: chainId, address, nonce: 0, y_parity: 0, r: half, s: half } as const
}

/** chains.yaml of one chain with this treasury and one token. */
export function chainsYaml(
  treasury: Address = TREASURY,
  sweep = '{max_gas_price_gwei: 200, max_fee_bps: 100}',
): string {
  return `chains:
  - name: anvil
    chain_id: ${CHAIN}
    providers: [{name: local, http: "\${RPC_URL}"}]
    native: {symbol: ETH, decimals: 18, min_sweep: "0"}
    tokens: [{symbol: USDC, contract: "${toChecksum(TOKEN)}", decimals: 6}]
    treasury: "${toChecksum(treasury)}"
    sweep: ${sweep}
`
}

function addressOf(text: string): Address {
  return opened(parseAddress(text))
}
