import type { CycleReport } from '../../src/observe-chain'

/** For cycles whose observation is not looked at. */
export const noReport: CycleReport = {
  heads: () => undefined,
  step: () => undefined,
  succeeded: () => undefined,
  waited: () => undefined,
  failed: () => undefined,
}
