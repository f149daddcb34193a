/** `fault`: money would go wrong, or nothing would work. `warning`: works, and the operator is told. */
export type Verdict = 'ok' | 'warning' | 'fault'

/** What a check found, in one sentence, and what to do about it. */
export interface Judgement {
  readonly verdict: Verdict
  readonly detail: string
  /** Empty where nothing is wrong. */
  readonly remedy: string
}

export const ok = (detail: string): Judgement => ({ verdict: 'ok', detail, remedy: '' })
export const warning = (detail: string, remedy: string): Judgement => ({ verdict: 'warning', detail, remedy })
export const fault = (detail: string, remedy: string): Judgement => ({ verdict: 'fault', detail, remedy })
