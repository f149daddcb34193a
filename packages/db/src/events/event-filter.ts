import { Prisma } from '../generated/prisma/client'

/**
 * Whether `endpoint` wants an event, given `type` and `body` as they are named in the statement: a type as it is, or what it begins
 * with before a `*`; and, where the endpoint asks for it, only of a payment with these values in its metadata.
 */
export const WANTED = Prisma.sql`
  EXISTS (SELECT 1 FROM unnest(endpoint.events) wanted WHERE wanted = type
    OR (right(wanted, 1) = '*' AND starts_with(type, left(wanted, -1))))
  AND (endpoint.metadata_equals IS NULL
    OR coalesce(body::jsonb #> '{data,payment,metadata}', '{}') @> endpoint.metadata_equals)`
