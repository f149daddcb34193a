import { parseAddress } from '@ctrip/domain/address'
import { uselessTreasury } from './checks/judge-treasury'
import { type ConfigPath, type ConfigProblem, pathName } from './config-problem'
import { nativeFace } from './native-faces'

type Raw = Readonly<Record<string, unknown>>

/**
 * What must hold between fields. It reads the raw document and skips what is malformed (the schema reports that),
 * so that a typing error in one field does not hide a duplicate in another.
 */
export function consistencyProblems(document: unknown): ConfigProblem[] {
  const chains = list(record(document)['chains'])
  return [
    ...duplicates(
      'chain name',
      chains.map((chain, at) => [chain['name'], ['chains', at, 'name']]),
    ),
    ...duplicates(
      'chain id',
      chains.map((chain, at) => [chain['chain_id'], ['chains', at, 'chain_id']]),
    ),
    ...chains.flatMap((chain, at) => chainProblems(chain, ['chains', at])),
    ...currencyProblems(list(record(document)['currencies']), chains),
  ]
}

/** A price in another currency needs dollars for both of them. */
function currencyProblems(currencies: readonly Raw[], chains: readonly Raw[]): ConfigProblem[] {
  const names = new Set(chains.map((chain) => chain['name']))
  const unknown = currencies.flatMap((currency, at): ConfigProblem[] => {
    const chain = currency['chain']
    if (typeof chain !== 'string' || names.has(chain)) return []
    return [{ path: ['currencies', at, 'chain'], message: 'is not the name of a chain in this file' }]
  })
  return [
    ...unknown,
    ...duplicates(
      'currency',
      currencies.map((currency, at) => [currency['code'], ['currencies', at, 'code']]),
    ),
  ]
}

function chainProblems(chain: Raw, path: ConfigPath): ConfigProblem[] {
  const providers = list(chain['providers'])
  const tokens = list(chain['tokens'])
  const symbols: [unknown, ConfigPath][] = [
    [record(chain['native'])['symbol'], [...path, 'native', 'symbol']],
    ...tokens.map((token, at): [unknown, ConfigPath] => [token['symbol'], [...path, 'tokens', at, 'symbol']]),
  ]
  return [
    ...duplicates(
      'provider name',
      providers.map((provider, at) => [provider['name'], [...path, 'providers', at, 'name']]),
    ),
    ...duplicates('symbol on this chain', symbols),
    ...duplicates(
      'contract',
      tokens.map((token, at) => [token['contract'], [...path, 'tokens', at, 'contract']]),
    ),
    ...quorumProblems(chain['quorum'], providers.length, [...path, 'quorum']),
    ...agreementProblems(chain, [...path, 'require_agreement']),
    ...treasuryProblems(chain, tokens, [...path, 'treasury']),
    ...tokens.flatMap((token, at) => faceProblems(chain, token, [...path, 'tokens', at, 'contract'])),
  ]
}

function quorumProblems(quorum: unknown, providers: number, path: ConfigPath): ConfigProblem[] {
  if (typeof quorum !== 'number' || providers === 0 || quorum <= providers) return []
  return [{ path, message: `${quorum} providers must agree, but only ${providers} are listed` }]
}

/** A quorum of one is one provider's word. */
function agreementProblems(chain: Raw, path: ConfigPath): ConfigProblem[] {
  const quorum = chain['quorum'] ?? 1
  if (chain['require_agreement'] !== true || typeof quorum !== 'number' || quorum >= 2) return []
  return [{ path, message: `needs a quorum of 2 or more: with ${quorum}, one provider's word is enough` }]
}

/** Tokens sent to their own contract are gone for good, and so is what is sent to an account that is nobody's or everybody's. */
function treasuryProblems(chain: Raw, tokens: readonly Raw[], path: ConfigPath): ConfigProblem[] {
  const { treasury, chain_id: chainId } = chain
  const address = typeof treasury === 'string' ? parseAddress(treasury) : null
  if (address === null) return []
  const useless = uselessTreasury(address, typeof chainId === 'number' ? chainId : 0)
  if (useless !== null) return [{ path, message: useless }]
  const taken = tokens.some((token) => spelling(token['contract']) === address)
  return taken ? [{ path, message: 'is the contract of a token' }] : []
}

/** One payment would be a native transfer and a token transfer, and credited twice. */
function faceProblems(chain: Raw, token: Raw, path: ConfigPath): ConfigProblem[] {
  const face = nativeFace(chain['chain_id'], token['contract'])
  if (face === null) return []
  const symbol = record(chain['native'])['symbol']
  const native = typeof symbol === 'string' ? `the native coin, ${symbol}` : 'the native coin'
  return [
    {
      path,
      message: `shows native coin as a token (${face.where}), so that it would be counted twice: take ${native}`,
    },
  ]
}

function duplicates(what: string, values: readonly (readonly [unknown, ConfigPath])[]): ConfigProblem[] {
  const seen = new Map<unknown, ConfigPath>()
  return values.flatMap(([value, path]) => {
    const key = spelling(value)
    const first = seen.get(key)
    if (key === undefined || first === undefined) {
      seen.set(key, path)
      return []
    }
    return [{ path, message: `the ${what} is already used at ${pathName(first)}` }]
  })
}

/** `USDC` and `usdc` would be told apart by nobody. */
function spelling(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}

function list(value: unknown): Raw[] {
  return Array.isArray(value) ? value.map(record) : []
}

function record(value: unknown): Raw {
  return typeof value === 'object' && value !== null ? (value as Raw) : {}
}
