import { parseAddress } from '@ctrip/domain/address'
import { assert } from '@ctrip/domain/assert'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import { type BaseWallet, Signature, type TransactionLike, toBeHex } from 'ethers'
import type { Hex } from '../hex'
import { transactionHash } from '../transactions/broadcast'
import type { AuthorizationSigner } from '../transactions/transaction-signer'
import type {
  SignedAuthorization,
  UnsignedAuthorization,
  UnsignedTransaction,
} from '../transactions/unsigned-transaction'

/** A signer around an ethers wallet. The wallet stays in the closure: printed or serialised, a signer is its address. */
export function walletSigner(wallet: BaseWallet): AuthorizationSigner {
  const address = parseAddress(wallet.address)
  assert(address !== null, 'ethers spells addresses right')
  return {
    address,
    async signTransaction(transaction) {
      const raw = (await wallet.signTransaction(toEthers(transaction))) as Hex
      return { raw, hash: transactionHash(raw) }
    },
    async signAuthorization(authorization) {
      assert(authorization.chainId !== 0, 'an authorization for chain 0 is valid everywhere')
      return signed(authorization, wallet.authorizeSync(authorization).signature)
    },
  }
}

function toEthers({ gasLimit, fees, authorizations, ...rest }: UnsignedTransaction): TransactionLike<string> {
  const common = { ...rest, gasLimit }
  if (fees.kind === 'legacy') {
    assert(authorizations === undefined, 'authorizations need EIP-1559 fees')
    return { ...common, type: 0, gasPrice: fees.gasPrice }
  }
  const { maxFeePerGas, maxPriorityFeePerGas } = fees
  if (authorizations === undefined) return { ...common, type: 2, maxFeePerGas, maxPriorityFeePerGas }
  const authorizationList = authorizations.map(({ chainId, address, nonce, yParity, r, s }) => ({
    chainId: BigInt(chainId),
    address,
    nonce: BigInt(nonce),
    signature: Signature.from({ r, s, yParity }),
  }))
  return { ...common, type: 4, maxFeePerGas, maxPriorityFeePerGas, authorizationList }
}

function signed(
  authorization: UnsignedAuthorization,
  signature: { readonly r: string; readonly s: string; readonly yParity: 0 | 1 },
): SignedAuthorization {
  return { ...authorization, yParity: signature.yParity, r: word(signature.r), s: word(signature.s) }
}

function word(hex: string): Hash {
  const hash = parseHash(toBeHex(hex, 32))
  assert(hash !== null, 'half a signature has 32 bytes')
  return hash
}
