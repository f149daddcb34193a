import { type IdKind, idFromUuid } from '@ctrip/domain/ids'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** An id as the API has it. A UUID, which is what Postgres shows to who follows a runbook, gets the prefix of its kind. */
export function publicId(kind: IdKind, text: string): string {
  return UUID.test(text) ? idFromUuid(kind, text) : text
}
