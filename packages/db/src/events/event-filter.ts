import { Prisma } from '../generated/prisma/client'

/** Whether `endpoint` wants events of `type`, both as they are named in the statement: a type as it is, or what it begins with before a `*`. */
export const WANTED = Prisma.sql`
  EXISTS (SELECT 1 FROM unnest(endpoint.events) wanted WHERE wanted = type
    OR (right(wanted, 1) = '*' AND starts_with(type, left(wanted, -1))))`
