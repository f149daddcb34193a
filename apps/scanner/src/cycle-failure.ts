import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { ConflictError, DatabaseUnavailableError, LeaseLostError } from '@ctrip/db/database/errors'
import { isError } from '@ctrip/telemetry/errors'

const REASON_CHARS_MAX = 400

/** The branch vanished, or too few providers have it, while it was walked. The next cycle reads what is there then. */
export class BranchGoneError extends Error {
  override readonly name = 'BranchGoneError'
}

/**
 * Why a step of a cycle failed, in a sentence that merchants may read: it names what was done and whose answer failed it, and
 * holds no URL and no secret. An error of an unknown class is named by its class alone: its text may hold anything.
 */
export function describeFailure(step: string, error: unknown): string {
  return `${step}: ${causeOf(error)}`
    .replace(/\b\w+:\/\/\S+/g, '[url]')
    .replace(/\s+/g, ' ')
    .slice(0, REASON_CHARS_MAX)
}

function causeOf(error: unknown): string {
  // Their texts are ours, and the nodes' words in them are scrubbed of what URLs hold (packages/chain, scrub.ts).
  if (error instanceof RetryableRpcError || error instanceof PermanentRpcError) return error.message
  if (error instanceof BranchGoneError) return error.message
  if (error instanceof DatabaseUnavailableError) return 'the database did not answer in time'
  if (error instanceof LeaseLostError) return 'the right to write this chain ended before the commit did'
  if (error instanceof ConflictError) return 'another scanner has moved the cursor'
  return `an unexpected error (${isError(error) ? error.name : 'unknown'}); the scanner's log has it`
}
