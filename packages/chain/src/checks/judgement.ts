/** `fault`: money would go wrong, or nothing would work. `warning`: works, but the operator should look. */
export type Verdict = 'ok' | 'warning' | 'fault'

/** The finding of a check in one sentence, and the remedy. */
export interface Judgement {
  readonly verdict: Verdict
  readonly detail: string
  /** Empty where nothing is wrong. */
  readonly remedy: string
}

export const ok = (detail: string): Judgement => ({ verdict: 'ok', detail, remedy: '' })
export const warning = (detail: string, remedy: string): Judgement => ({ verdict: 'warning', detail, remedy })
export const fault = (detail: string, remedy: string): Judgement => ({ verdict: 'fault', detail, remedy })
