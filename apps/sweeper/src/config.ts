import { chainsFile } from '@ctrip/chain/chains-setting'
import { integer, path, secret, url } from '@ctrip/settings/settings'
import { z } from 'zod'

/** A key that belongs to the signer alone. Here it would be in reach of whoever takes over the sweeper. */
function movedToSigner() {
  return z
    .string()
    .optional()
    .refine((value) => value === undefined, 'belongs to the signer alone: remove it here, and give it to the signer')
    .describe('nothing')
}

export const configSchema = z.object({
  DATABASE_URL: url('postgresql', 'postgres'),
  NATS_URL: url('nats', 'tls'),
  CHAINS_FILE: chainsFile(),
  SIGNER_SOCKET: path().optional().describe("the path of the signer's Unix socket"),
  SIGNER_URL: url('https').optional(),
  SIGNER_TLS_CERT: z.string().optional().describe('the certificate of this side, PEM'),
  SIGNER_TLS_KEY: secret().optional().describe('the private key of this side, PEM'),
  SIGNER_TLS_CA: z.string().optional().describe('the certificate authority of the other side, PEM'),
  DEPOSIT_MNEMONIC: movedToSigner(),
  GAS_WALLET_PRIVATE_KEY: movedToSigner(),
  DATABASE_POOL_SIZE: integer({ min: 2, max: 200 }).default(10),
  SLOW_QUERY_MS: integer({ min: 1, max: 60_000 }).default(500),
})

export type SweeperConfig = z.infer<typeof configSchema>
