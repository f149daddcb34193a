import { resolve } from 'node:path'
import { readDescriptor, type StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import type { Command } from 'commander'
import { z } from 'zod'
import { type Api, openApi } from './api-client'
import { readEnvironment } from './environment'
import { readSecret, withSecretOption } from './secret-option'

const optionsSchema = z.object({
  data: z.string(),
  apiUrl: z.string().optional(),
  apiKey: z.string().optional(),
  apiKeyFile: z.string().optional(),
  adminKey: z.string().optional(),
  adminKeyFile: z.string().optional(),
})

/** Options that say which gateway is meant. */
export function withConnection(command: Command): Command {
  command
    .option('--data <dir>', 'data folder of the local stack to talk to', '.ctrip')
    .option('--api-url <url>', "the API's address, instead of the local stack's (or CTRIP_API_URL)")
  withSecretOption(command, { flag: '--api-key', description: "the merchant's key", variable: 'CTRIP_API_KEY' })
  return withSecretOption(command, { flag: '--admin-key', description: "an operator's key", variable: 'ADMIN_API_KEY' })
}

/** The keys that options and environment give, options first; `merchantAsked`: the merchant's is an option. */
export function connectionOf(options: unknown) {
  const { apiUrl, data, ...given } = optionsSchema.parse(options)
  const apiKey = readSecret('--api-key', given.apiKey, given.apiKeyFile)
  const adminKey = readSecret('--admin-key', given.adminKey, given.adminKeyFile)
  const env = readEnvironment()
  return {
    data,
    apiUrl: apiUrl ?? env.apiUrl,
    merchantKey: apiKey ?? env.apiKey,
    adminKey: adminKey ?? env.adminApiKey,
    merchantAsked: apiKey !== undefined,
  }
}

/** The API as the merchant: options first, then the environment, then the local stack's `stack.json`. */
export function merchantApi(options: unknown): Api {
  const { apiUrl, merchantKey, data } = connectionOf(options)
  return openApi(apiUrl ?? localStack({ data }).api.url, merchantKey ?? localStack({ data }).merchant.api_key)
}

/** The API as the operator. */
export function adminApi(options: unknown): Api {
  const { apiUrl, adminKey, data } = connectionOf(options)
  return openApi(apiUrl ?? localStack({ data }).api.url, adminKey ?? localStack({ data }).admin_api_key)
}

export function localStack(options: unknown): StackDescriptor {
  return readDescriptor(resolve(z.object({ data: z.string() }).parse(options).data))
}
