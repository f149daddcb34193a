import { z } from 'zod'
import { PROBLEM_CODES } from '../http/problem-codes'

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(PROBLEM_CODES)).meta({ description: 'Stable, for programs.' }),
    param: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string(), code: z.string() })).optional(),
    request_id: z.string(),
    trace_id: z.string().nullable(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' })
