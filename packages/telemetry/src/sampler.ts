import { type Context, createContextKey } from '@opentelemetry/api'
import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'

const POLL = createContextKey('ctrip: this trace is a poll')

/**
 * Decides at the head, once per trace: polls by ratio (0…1), everything else always; children follow their parent.
 * At the head because a payment's trace may last a day, longer than any collector can hold its tail.
 */
export function headSampler(pollRatio: number): Sampler {
  return new ParentBasedSampler({ root: new RootSampler(pollRatio) })
}

/** The context in which a poll's root span starts. */
export function markPoll(parent: Context): Context {
  return parent.setValue(POLL, true)
}

class RootSampler implements Sampler {
  private readonly always = new AlwaysOnSampler()
  private readonly byRatio: TraceIdRatioBasedSampler

  constructor(pollRatio: number) {
    this.byRatio = new TraceIdRatioBasedSampler(pollRatio)
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    return context.getValue(POLL) === true ? this.byRatio.shouldSample(context, traceId) : this.always.shouldSample()
  }

  toString(): string {
    return `PollsByRatio{${this.byRatio.toString()}}`
  }
}
