import { flag, integer, list, logLevel, path, port, secret } from '@ctrip/settings/settings'
import { z } from 'zod'
import { parseChecksummed } from './ethereum/bytes'
import { chainsFile } from './policy/chain-rules'

const PER_CHAIN = /^(\d{1,15})=(\S+)$/
const WEI = /^[1-9]\d{0,77}$/

/** `chain_id=value`, for settings that differ between chains. */
function perChain<Value>(read: (text: string) => Value | null, expected: string) {
  return z.string().transform((text, context): { readonly chainId: number; readonly value: Value } => {
    const [, chainId, rest = ''] = PER_CHAIN.exec(text) ?? []
    const value = read(rest)
    if (chainId !== undefined && value !== null) return { chainId: Number(chainId), value }
    context.addIssue({ code: 'custom', message: `not chain_id=${expected}` })
    return z.NEVER
  })
}

export const configSchema = z.object({
  CHAINS_FILE: chainsFile(),
  DEPOSIT_MNEMONIC: secret(),
  GAS_WALLET_PRIVATE_KEY: secret(),
  SIGNER_LOG_PATH: path().describe('the path of the log of signatures'),
  SIGNER_SOCKET: path().optional().describe('the path of the Unix socket that the sweeper connects to'),
  SIGNER_PORT: port().optional().describe('the TCP port for mutual TLS, in place of SIGNER_SOCKET'),
  SIGNER_TLS_CERT: z.string().optional().describe('the certificate of this side, PEM'),
  SIGNER_TLS_KEY: secret().optional().describe('the private key of this side, PEM'),
  SIGNER_TLS_CA: z.string().optional().describe('the certificate authority of the other side, PEM'),
  SIGNER_ALLOW_RESCUE: flag().default(false),
  SIGNER_TRANSACTIONS_PER_HOUR: integer({ min: 1, max: 1_000_000 }).default(2_000),
  SIGNER_SPEND_PER_HOUR: list(perChain((text) => (WEI.test(text) ? BigInt(text) : null), 'wei')).default([]),
  SIGNER_KNOWN_BATCHERS: list(perChain(parseChecksummed, 'address')).default([]),
  OPS_PORT: port(),
  HOST: z.string().optional().describe('the address to listen on; all addresses unless set'),
  LOG_LEVEL: logLevel().default('info'),
  BUILD_VERSION: z.string().default('development'),
  BUILD_COMMIT: z.string().default('unknown'),
})

export type SignerConfig = z.infer<typeof configSchema>
