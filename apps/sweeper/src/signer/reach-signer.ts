import { setTimeout as sleep } from 'node:timers/promises'
import type { HealthCheck } from '@ctrip/service/health'
import { StartupError } from '@ctrip/service/startup-error'
import type { Description } from '@ctrip/signer-protocol/messages'
import type { Logger } from '@ctrip/telemetry/logger'
import type { SweeperConfig } from '../config'
import { type SignerAddress, type SignerClient, SignerUnavailableError } from './signer-client'

const BACKOFF_FIRST_MS = 250
const BACKOFF_MAX_MS = 5_000

/** The signer's address in the configuration. */
export function signerAddress(config: SweeperConfig): SignerAddress {
  const { SIGNER_SOCKET: path, SIGNER_URL: url, SIGNER_TLS_CERT: cert, SIGNER_TLS_KEY: key, SIGNER_TLS_CA: ca } = config
  if (path !== undefined && url === undefined) return { kind: 'socket', path }
  if (path === undefined && url !== undefined && cert !== undefined && key !== undefined && ca !== undefined)
    return { kind: 'tls', url, cert, key, ca }
  throw new StartupError(['set SIGNER_SOCKET, or SIGNER_URL with SIGNER_TLS_CERT, SIGNER_TLS_KEY and SIGNER_TLS_CA'])
}

/** The wallets behind the signer. Waits for it as long as it is away; rejects at once when the signal aborts. */
export async function awaitSigner(client: SignerClient, log: Logger, signal: AbortSignal): Promise<Description> {
  for (let waitMs = BACKOFF_FIRST_MS; ; waitMs = Math.min(2 * waitMs, BACKOFF_MAX_MS)) {
    try {
      return await client.describe(signal)
    } catch (err) {
      if (!(err instanceof SignerUnavailableError)) throw err
      signal.throwIfAborted()
      log.warn({ err, wait_ms: waitMs }, 'sweeper.signer_awaited')
      await sleep(waitMs, undefined, { signal })
    }
  }
}

/** Up while the signer answers, with the same wallets as at the start. */
export function signerCheck(client: SignerClient, atStart: Description): HealthCheck {
  return {
    name: 'signer',
    required: true,
    async probe() {
      const { wallet_fingerprint, gas_wallet } = await client.describe()
      if (wallet_fingerprint !== atStart.wallet_fingerprint || gas_wallet !== atStart.gas_wallet)
        throw new Error('the signer has other wallets than when this process started: restart the sweeper')
    },
  }
}
