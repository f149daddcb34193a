import { startTracing } from '@ctrip/telemetry/tracing'

startTracing('ctrip-webhook-dispatcher')
