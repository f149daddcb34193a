import { tracesTo } from '../lab/trace-drain'
import type { Round } from './compare'

/** On: as deployed, every payment sampled, its spans exported, its lines written. Off: neither spans nor lines. */
export function telemetrySettings(drainUrl: string): Readonly<Record<keyof Round, Record<string, string>>> {
  return {
    on: { LOG_LEVEL: 'info', ...tracesTo(drainUrl) },
    off: { LOG_LEVEL: 'fatal', OTEL_SDK_DISABLED: 'true' },
  }
}
