import { Prisma } from '../generated/prisma/client'

/** Whether `endpoint` wants an event, given `type` and `body` as they are named in the statement (function is_wanted). */
export const WANTED = Prisma.sql`is_wanted(endpoint.events, endpoint.metadata_equals, type, body)`
