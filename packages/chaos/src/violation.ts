/** A violated rule, observed from outside. */
export interface Violation {
  readonly rule: string
  readonly subject: string
  readonly detail: string
}
