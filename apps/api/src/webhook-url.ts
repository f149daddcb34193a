import { Resolver } from 'node:dns/promises'
import { destinationPolicy, knownAddresses } from '@ctrip/domain/destination-policy'
import { queryDns } from '@ctrip/service/query-dns'

/** The URL as it is stored and sent to, or why no webhook can be sent there. */
export type WebhookUrlPolicy = (
  url: string,
) => Promise<{ readonly ok: true; readonly url: string } | { readonly ok: false; readonly refusal: string }>

/** The addresses of a name; none where there are none, or nobody says in time. */
type ResolveName = (hostname: string) => Promise<readonly string[]>

// A transaction waits for it. One try: a private name that is not found is let pass, and judged by the dispatcher at each connection.
const RESOLVE_TIMEOUT_MS = 1_000
/** The parser would drop CR, LF and tabs, and trim: what is stored would not be what was typed. */
const UNPRINTABLE = /[\s\p{Cc}]/u
const URL_CHARACTERS_MAX = 4_096
const HTTPS_ONLY = 'Must be an https:// URL.'
/** Names that no public name server answers for: one label, RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`. */
const PRIVATE_NAME = /^[^.]+$|\.(?:internal|local|test|home\.arpa)$/

/**
 * `https:` to public addresses; anything to the networks allowed, so also plain `http:` to a name that leads there. What this
 * says is for whoever types the URL: names move, and the dispatcher decides anew, by the same policy, on the address that it
 * connects to.
 */
export function webhookUrlPolicy(
  allowedCidrs: readonly string[],
  resolve: ResolveName = resolveByDns,
): WebhookUrlPolicy {
  const policy = destinationPolicy(allowedCidrs)
  const someAllowed = (addresses: readonly string[], protocol: string): boolean =>
    addresses.some((address) => policy.refusal(address, protocol) === null)

  async function refusalOfName({ protocol, hostname }: URL): Promise<string | null> {
    if (protocol === 'https:') return null
    if (allowedCidrs.length === 0) return HTTPS_ONLY
    const addresses = await resolve(hostname)
    const leadsIn =
      addresses.length > 0 ? someAllowed(addresses, protocol) : PRIVATE_NAME.test(hostname.replace(/\.$/, '')) // nobody knows it: who has it in /etc/hosts, or is not up yet
    return leadsIn ? null : HTTPS_ONLY
  }

  async function refusalOf(url: URL | null): Promise<string | null> {
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return HTTPS_ONLY
    if (url.username !== '' || url.password !== '') return 'Must not carry a user name or password.'
    if (url.hash !== '') return 'Must not carry a fragment.'
    const addresses = knownAddresses(url.hostname)
    if (addresses === null) return refusalOfName(url)
    if (someAllowed(addresses, url.protocol)) return null
    return url.protocol === 'http:' ? HTTPS_ONLY : 'Must be a public address.'
  }

  return async (text) => {
    if (UNPRINTABLE.test(text)) return { ok: false, refusal: 'Must not contain spaces or control characters.' }
    const url = URL.parse(text)
    const refusal = await refusalOf(url)
    if (refusal !== null || url === null) return { ok: false, refusal: refusal ?? HTTPS_ONLY }
    if (url.href.length > URL_CHARACTERS_MAX)
      return { ok: false, refusal: `Must have at most ${URL_CHARACTERS_MAX} characters once encoded.` }
    // As the WHATWG has it: names of other alphabets in punycode, so that a merchant sees which one it is.
    return { ok: true, url: url.href }
  }
}

/** In time whatever the number of servers. */
async function resolveByDns(hostname: string): Promise<readonly string[]> {
  const resolver = new Resolver({ tries: 1 })
  const tooLate = setTimeout(() => resolver.cancel(), RESOLVE_TIMEOUT_MS)
  const records = await queryDns(resolver, hostname).catch(() => [])
  clearTimeout(tooLate)
  return records.map(({ address }) => address)
}
