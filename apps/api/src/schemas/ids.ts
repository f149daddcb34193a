import { ID_PREFIXES, type Id, type IdKind, parseId } from '@ctrip/domain/ids'
import { z } from 'zod'

/** An id in an answer. */
export function idOf(kind: IdKind) {
  return z.string().regex(patternOf(kind))
}

/** An id in a request, parsed. */
export function idParam<Kind extends IdKind>(kind: Kind) {
  return idOf(kind).transform((text, context): Id<Kind> => {
    const id = parseId(kind, text)
    if (id !== null) return id
    context.addIssue({ code: 'custom', message: `Must be an id that starts with ${ID_PREFIXES[kind]}_.` })
    return z.NEVER
  })
}

/** https://github.com/jetify-com/typeid/tree/main/spec: 26 digits of Crockford's base 32, the first at most 7. */
function patternOf(kind: IdKind): RegExp {
  return new RegExp(`^${ID_PREFIXES[kind]}_[0-7][0-9a-hjkmnp-tv-z]{25}$`)
}
