import { startDrain } from './lab/trace-drain'
import { apiCost } from './telemetry/api-cost'
import { deliveryCost } from './telemetry/delivery-cost'
import { scanCost } from './telemetry/scan-cost'

/**
 * The cost of telemetry: CPU per API request, per webhook delivery and per scanned block, with every payment sampled and
 * exported and every line written, beside the same without, in turns in one run.
 */
export async function run(): Promise<object> {
  const drain = await startDrain()
  try {
    return {
      api_request: await apiCost(drain.url),
      webhook_delivery: await deliveryCost(drain.url),
      scanned_block: await scanCost(drain.url),
    }
  } finally {
    await drain.stop()
  }
}
