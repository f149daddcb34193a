/** Something that must never be, found from outside. */
export interface Violation {
  readonly rule: string
  readonly subject: string
  readonly detail: string
}
