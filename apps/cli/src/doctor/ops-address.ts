import { z } from 'zod'

/** Where a service answers operators: `/livez` and `/readyz` are below it. */
export interface OpsAddress {
  readonly name: string
  readonly opsUrl: string
}

const FORM = /^([a-z][a-z0-9-]*)=(https?:\/\/[^\s,@]+?)\/*$/

/** `scanner=http://127.0.0.1:9464`. The name is the operator's own: replicas are told apart by it. */
export const opsAddress = z
  .string()
  .transform((text, context): OpsAddress => {
    const [, name, opsUrl] = FORM.exec(text) ?? []
    if (name !== undefined && opsUrl !== undefined && URL.canParse(opsUrl)) return { name, opsUrl }
    context.addIssue({ code: 'custom', message: 'not NAME=URL' })
    return z.NEVER
  })
  .describe('NAME=URL, such as scanner=http://127.0.0.1:9464')
