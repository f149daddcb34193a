import type { StartOptions } from '@ctrip/local-stack/start-stack'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type Gateway, startGateway } from './gateway'
import { type Prometheus, startPrometheus } from './prometheus'

const ALERT_TIMEOUT_MS = 90_000

/** A gateway and a real Prometheus with the rules of deploy/, in which seconds replace minutes and hours. */
export interface WatchedGateway {
  readonly gateway: Gateway
  untilFiring(...alerts: string[]): Promise<void>
  untilResolved(...alerts: string[]): Promise<void>
  setGasWallet(wei: bigint): Promise<void>
  stop(): Promise<void>
}

export async function startWatchedGateway(options: Partial<StartOptions> = {}): Promise<WatchedGateway> {
  const gateway = await startGateway(options)
  const prometheus = await startPrometheus(gateway.descriptor().services, { edit: inSeconds })
  await untilFiring(prometheus, ['Watchdog'])
  return {
    gateway,
    untilFiring: (...alerts) => untilFiring(prometheus, alerts),
    untilResolved: (...alerts) =>
      waitUntil(`${alerts.join(', ')} resolved`, ALERT_TIMEOUT_MS, async () => {
        const firing = await prometheus.firing()
        expect(alerts.filter((alert) => firing.includes(alert))).toEqual([])
        return true
      }),
    setGasWallet: (wei) => gateway.setBalance(gateway.chain.gas_wallet, wei),
    async stop() {
      await prometheus.stop()
      await gateway.stop()
    },
  }
}

function untilFiring(prometheus: Prometheus, alerts: readonly string[]): Promise<void> {
  return waitUntil(`${alerts.join(', ')} firing`, ALERT_TIMEOUT_MS, async () => {
    expect(await prometheus.firing()).toEqual(expect.arrayContaining([...alerts]))
    return true
  })
}

/** Shortens each wait and window; the expressions stay unchanged. */
const SHORTENED: readonly (readonly [from: string, to: string])[] = [
  ['ctrip_scan_last_success_timestamp_seconds[1h])) > 120', 'ctrip_scan_last_success_timestamp_seconds[1h])) > 5'],
  ['ctrip_outbox_oldest_age_seconds) > 60', 'ctrip_outbox_oldest_age_seconds) > 3'],
  ['ctrip_db_pool_timeouts_total[5m]', 'ctrip_db_pool_timeouts_total[10s]'],
  ['ctrip_gas_wallet_balance[6h], 2 * 86400', 'ctrip_gas_wallet_balance[10s], 1'],
  ['ctrip_sweeps_total{outcome="confirmed"}[1h]', 'ctrip_sweeps_total{outcome="confirmed"}[5s]'],
  ['process_start_time_seconds{service=~"ctrip-.+"}[15m]', 'process_start_time_seconds{service=~"ctrip-.+"}[30s]'],
  ['changes(up{service=~"ctrip-.+"}[15m])', 'changes(up{service=~"ctrip-.+"}[30s])'],
  ['max_over_time(up{service=~"ctrip-.+"}[5m])', 'max_over_time(up{service=~"ctrip-.+"}[30s])'],
  ['count_over_time(up{service=~"ctrip-.+"}[5m])', 'count_over_time(up{service=~"ctrip-.+"}[30s])'],
]

function inSeconds(rules: string): string {
  const soon = rules.replaceAll(/for: \d+[smhd]/g, 'for: 1s')
  return SHORTENED.reduce((text, [from, to]) => text.replace(from, to), soon)
}
