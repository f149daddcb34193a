import { createHash } from 'node:crypto'
import type {
  AuthorizationAnswer,
  AuthorizationRequest,
  Description,
  TransactionAnswer,
  TransactionRequest,
} from '@ctrip/signer-protocol/messages'
import { toHex } from './ethereum/bytes'
import { authorizationDigest, type Signature, sealTransaction, transactionDigest } from './ethereum/transaction'
import type { DepositWallet } from './keys/deposit-wallet'
import type { DigestSigner } from './keys/digest-signer'
import type { Log } from './log'
import { logEntries, refusals, signatures } from './metrics'
import type { ChainRules } from './policy/chain-rules'
import type { HourlyLimits, Spending } from './policy/hourly-limits'
import { contractsPaying, feeMax, type Judgement, judgeTransaction, type Refusal, refuse } from './policy/judge'
import type { SweepContracts } from './policy/sweep-calls'
import type { SignatureFile } from './signature-file'
import type { SigningHistory } from './signing-history'

export interface SignerDeps {
  readonly chains: readonly ChainRules[]
  readonly allowsRescue: boolean
  readonly deposits: DepositWallet
  readonly gasWallet: DigestSigner
  readonly limits: HourlyLimits
  readonly history: SigningHistory
  readonly file: SignatureFile
  readonly log: Log
  readonly now: () => Date
}

export type Answer<Value> = { readonly ok: true; readonly value: Value } | Refusal

/** Signs what its policy allows, one request after the other, so that limits and log have one order. */
export interface Signer {
  describe(): Description
  depositAddress(index: number): string
  signTransaction(request: TransactionRequest): Promise<Answer<TransactionAnswer>>
  signAuthorization(request: AuthorizationRequest): Promise<Answer<AuthorizationAnswer>>
}

export function createSigner(deps: SignerDeps): Signer {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
  return {
    describe: () => describe(deps),
    depositAddress: (index) => deps.deposits.signer(index).address,
    signTransaction: (request) => inTurn(() => signTransaction(deps, request)),
    signAuthorization: (request) => inTurn(() => signAuthorization(deps, request)),
  }
}

function describe({ chains, deposits, gasWallet, history, file }: SignerDeps): Description {
  return {
    wallet_fingerprint: deposits.fingerprint,
    gas_wallet: gasWallet.address,
    chains: chains.map((rules) => ({
      chain_id: rules.chainId,
      treasury: rules.treasury,
      batchers: knownContracts(history, rules).map(({ batcher }) => batcher),
    })),
    log: file.state(),
  }
}

/**
 * The log has the signature before the caller has it: killed in between, the caller asks again and gets the same one. A refusal changes
 * nothing.
 */
async function signTransaction(deps: SignerDeps, request: TransactionRequest): Promise<Answer<TransactionAnswer>> {
  const { account, recipient_index, transaction } = request
  const rules = rulesOf(deps, transaction.chain_id)
  const key = signerOf(deps, account)
  if (rules === null) return refused(deps, request, unknownChain(transaction.chain_id))
  if (key === null) return refused(deps, request, mismatch(account.address))
  const recipient = recipient_index === null ? null : deps.deposits.signer(recipient_index).address
  const contracts = knownContracts(deps.history, rules)
  const judged = judgeTransaction(request, { rules, allowsRescue: deps.allowsRescue, contracts, recipient })
  if (!judged.ok) return refused(deps, request, judged)
  const digest = transactionDigest(transaction)
  const known = deps.history.signatureOf(account.address, toHex(digest))
  if (known !== null) return { ok: true, value: await repeat(deps, request, digest, known) }
  const at = deps.now()
  const spending = spendingOf(request, at.getTime())
  const exceeded = spending === null ? null : deps.limits.exceeded(spending)
  if (exceeded !== null) return refused(deps, request, refuse(exceeded.rule, exceeded.detail))
  const signature = await key.sign(digest)
  const sealed = sealTransaction(transaction, signature)
  const entry = entryOf(request, judged, { digest, signature, txHash: sealed.hash, at })
  await deps.file.append(entry)
  deps.history.note(entry)
  if (spending !== null) deps.limits.note(spending)
  signed(deps, rules.name, judged.shape, account.address, transaction.nonce)
  return { ok: true, value: sealed }
}

/** A deposit key delegates to our delegate only, and on one chain. */
async function signAuthorization(
  deps: SignerDeps,
  request: AuthorizationRequest,
): Promise<Answer<AuthorizationAnswer>> {
  const { account, authorization } = request
  const { chain_id, address, nonce } = authorization
  const rules = rulesOf(deps, chain_id)
  const key = signerOf(deps, account)
  if (rules === null) return refusedAuthorization(deps, request, unknownChain(chain_id))
  if (key === null) return refusedAuthorization(deps, request, mismatch(account.address))
  if (!knownContracts(deps.history, rules).some(({ delegate }) => delegate === address))
    return refusedAuthorization(deps, request, refuse('unknown_contract', `${address} is no delegate of ours`))
  const digest = authorizationDigest(authorization)
  const known = deps.history.signatureOf(account.address, toHex(digest))
  const signature = known ?? (await key.sign(digest))
  const common = commonOf(account.address, authorization, { digest, signature, at: deps.now() })
  const entry = {
    ...common,
    ...(known === null ? ({ kind: 'authorization', to: address } as const) : ({ kind: 'repeat' } as const)),
  }
  await deps.file.append(entry)
  deps.history.note(entry)
  signed(deps, rules.name, known === null ? 'authorization' : 'repeat', account.address, nonce)
  return { ok: true, value: { y_parity: signature.yParity, r: word(signature.r), s: word(signature.s) } }
}

async function repeat(
  deps: SignerDeps,
  { account, transaction }: TransactionRequest,
  digest: Uint8Array,
  signature: Signature,
): Promise<TransactionAnswer> {
  const at = deps.now()
  await deps.file.append({ ...commonOf(account.address, transaction, { digest, signature, at }), kind: 'repeat' })
  signed(deps, rulesOf(deps, transaction.chain_id)?.name ?? '', 'repeat', account.address, transaction.nonce)
  return sealTransaction(transaction, signature)
}

function rulesOf({ chains }: SignerDeps, chainId: number): ChainRules | null {
  return chains.find((rules) => rules.chainId === chainId) ?? null
}

/** The key of an account, where the address that the caller names is the one that is derived. */
function signerOf({ deposits, gasWallet }: SignerDeps, account: TransactionRequest['account']): DigestSigner | null {
  const key = account.kind === 'gas_wallet' ? gasWallet : deposits.signer(account.index)
  return key.address === account.address ? key : null
}

function knownContracts(history: SigningHistory, { chainId, treasury }: ChainRules): SweepContracts[] {
  return contractsPaying(treasury, history.deploymentsOn(chainId))
}

function spendingOf({ account, transaction }: TransactionRequest, atMs: number): Spending | null {
  if (account.kind !== 'gas_wallet') return null
  const { chain_id: chainId, nonce, value } = transaction
  return { chainId, nonce, wei: value + feeMax(transaction), atMs }
}

interface Signed {
  readonly digest: Uint8Array
  readonly signature: Signature
  readonly at: Date
}

function entryOf(
  { account, transaction }: TransactionRequest,
  { shape, deployment }: Extract<Judgement, { readonly ok: true }>,
  signature: Signed & { readonly txHash: string },
) {
  const { to, value, data, gas_limit, fees } = transaction
  return {
    kind: 'transaction',
    ...commonOf(account.address, transaction, signature),
    account_kind: account.kind,
    shape,
    to,
    value: value.toString(),
    data_sha256: createHash('sha256').update(data).digest('hex'),
    gas_limit: gas_limit.toString(),
    gas_price: ('gas_price' in fees ? fees.gas_price : fees.max_fee_per_gas).toString(),
    tx_hash: signature.txHash,
    contract: deployment?.batcher ?? null,
    treasury: deployment?.treasury ?? null,
  } as const
}

function commonOf(
  account: string,
  { chain_id, nonce }: { readonly chain_id: number; readonly nonce: number },
  { digest, signature, at }: Signed,
) {
  const { r, s, yParity } = signature
  const text = `${word(r)}${word(s).slice(2)}${yParity === 1 ? '01' : '00'}`
  return { at: at.toISOString(), chain_id, account, nonce, digest: toHex(digest), signature: text }
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`
}

function signed(deps: SignerDeps, chain: string, shape: string, account: string, nonce: number): void {
  signatures.inc({ chain, shape })
  logEntries.set({}, deps.file.state().entries)
  deps.log.info({ chain, shape, account, nonce }, 'signer.signed')
}

function refused(deps: SignerDeps, { account, transaction }: TransactionRequest, refusal: Refusal): Refusal {
  return noteRefusal(deps, account.address, transaction.chain_id, transaction.nonce, refusal)
}

function refusedAuthorization(deps: SignerDeps, request: AuthorizationRequest, refusal: Refusal): Refusal {
  const { chain_id, nonce } = request.authorization
  return noteRefusal(deps, request.account.address, chain_id, nonce, refusal)
}

function noteRefusal(deps: SignerDeps, account: string, chainId: number, nonce: number, refusal: Refusal): Refusal {
  const { rule, detail } = refusal
  refusals.inc({ rule })
  deps.log.warn({ rule, detail, chain_id: chainId, account, nonce }, 'signer.refused')
  return refusal
}

function unknownChain(chainId: number): Refusal {
  return refuse('unknown_chain', `chain ${chainId} is not in chains.yaml`)
}

function mismatch(address: string): Refusal {
  return refuse('account_mismatch', `${address} is not the address of that key`)
}
