import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseChecksummed } from '../ethereum/bytes'

/** The part of a chain's configuration that the policy uses. */
export interface ChainRules {
  readonly name: string
  readonly chainId: number
  readonly treasury: string
  readonly tokens: ReadonlySet<string>
  /** In wei per unit of gas. */
  readonly gasPriceMax: bigint
  /** The share of a native transfer that its fee may take, in basis points. */
  readonly feeBpsMax: number
  /** In wei; null = no limit beside the others. */
  readonly feePerTransactionMax: bigint | null
}

type Environment = Readonly<Record<string, string | undefined>>

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g
const GWEI = /^(\d{1,9})(?:\.(\d{1,9}))?$/

const address = z.string().transform((text, context): string => {
  const parsed = parseChecksummed(text)
  if (parsed !== null) return parsed
  context.addIssue({ code: 'custom', message: 'is not an address with its EIP-55 checksum' })
  return z.NEVER
})

const gwei = z.union([z.number(), z.string()]).transform((value, context): bigint => {
  const [, whole, fraction = ''] = GWEI.exec(String(value)) ?? []
  if (whole !== undefined) return BigInt(whole + fraction.padEnd(9, '0'))
  context.addIssue({ code: 'custom', message: 'is not a number of gwei' })
  return z.NEVER
})

// The sweeper refuses what it does not know in chains.yaml; the signer reads its own part only. Defaults are the sweeper's.
const chain = z
  .object({
    name: z.string(),
    chain_id: z.int().min(1),
    treasury: address,
    tokens: z.array(z.object({ contract: address })).default([]),
    sweep: z
      .object({
        max_gas_price_gwei: gwei.prefault(200),
        max_fee_bps: z.int().min(0).max(10_000).default(100),
        max_fee_per_transaction: z
          .string()
          .regex(/^\d{1,78}$/)
          .transform(BigInt)
          .nullable()
          .default(null),
      })
      .prefault({}),
  })
  .transform(
    ({ name, chain_id, treasury, tokens, sweep }): ChainRules => ({
      name,
      chainId: chain_id,
      treasury,
      tokens: new Set(tokens.map(({ contract }) => contract)),
      gasPriceMax: sweep.max_gas_price_gwei,
      feeBpsMax: sweep.max_fee_bps,
      feePerTransactionMax: sweep.max_fee_per_transaction,
    }),
  )

const file = z.object({ chains: z.array(chain).min(1) })

/** CHAINS_FILE in the schema of the environment: the chains that the policy knows. */
export function chainsFile() {
  return z
    .string()
    .transform((path, context): readonly ChainRules[] => {
      const read = readChains(path, process.env)
      if (read.ok) return read.chains
      for (const message of read.problems) context.addIssue({ code: 'custom', message, path: ['chains.yaml'] })
      return z.NEVER
    })
    .describe('the path of chains.yaml')
}

type ReadChains =
  | { readonly ok: true; readonly chains: readonly ChainRules[] }
  | { readonly ok: false; readonly problems: readonly string[] }

function readChains(path: string, env: Environment): ReadChains {
  let value: unknown
  try {
    value = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    return {
      ok: false,
      problems: [`${path} cannot be read as YAML: ${error instanceof Error ? error.name : 'unknown'}`],
    }
  }
  const parsed = file.safeParse(fill(value, env))
  if (!parsed.success)
    return { ok: false, problems: parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`) }
  const { chains } = parsed.data
  const ids = new Set(chains.map(({ chainId }) => chainId))
  return ids.size === chains.length
    ? { ok: true, chains }
    : { ok: false, problems: ['two chains have the same chain_id'] }
}

/** `${NAME}` in a string stands for the variable, after parsing, so that a variable never becomes YAML. An unset one stays as it is: the signer has no RPC URLs. */
function fill(value: unknown, env: Environment): unknown {
  if (typeof value === 'string') return value.replace(VARIABLE, (text, name: string) => env[name] || text)
  if (Array.isArray(value)) return value.map((item: unknown) => fill(item, env))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, env)]))
}
