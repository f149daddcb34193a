const REDACTED = '[redacted]'

// Names, in JSON, whose values are secrets, also with a prefix: DEPOSIT_MNEMONIC, x-api-key, secretsKey.
const SECRET_NAME = [
  'authorization',
  'cookie',
  'password',
  'passwd',
  'passphrase',
  'secret',
  'secrets?[_-]?key',
  'api[_-]?key',
  'private[_-]?key',
  'encryption[_-]?key',
  'access[_-]?token',
  'auth[_-]?token',
  'refresh[_-]?token',
  'mnemonic',
  'seed[_-]?phrase',
  'xpub',
  'xprv',
].join('|')

// The quotes may be escaped: a JSON body quoted in an error message is logged inside a JSON string. Five times at most, or a long
// run of backslashes would cost the square of its length.
// A value is a string, a list or flat object (a Buffer is one), or a number.
const NAMED_VALUE = new RegExp(
  String.raw`((\\{0,31}")[\w-]*(?:${SECRET_NAME})\2\s*:\s*)(?:\2(?:(?!\2)(?:\\.|[^\\]))*\2|\[[^\]]*\]|\{[^{}]*\}|-?\d[\d.eE+-]*)`,
  'gi',
)

// A text that every match contains. Searching for it costs a quarter, and most lines do not have it.
const NAME_BEFORE_QUOTE = new RegExp(String.raw`(?:${SECRET_NAME})\\*"`, 'i')

interface Rule {
  readonly pattern: RegExp
  /** A text that every match contains, so that most lines are not searched further. */
  readonly needs?: string
  readonly replacement: string
}

// Secrets known by their own shape, wherever they stand.
const SHAPES: readonly Rule[] = [
  { pattern: /\b(sk|opk|whsec)_[A-Za-z0-9+/=_-]{8,}/g, replacement: `$1_${REDACTED}` },
  { pattern: /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, replacement: `$1 ${REDACTED}` },
  // BIP-32 extended keys: one xpub and one child key together yield every key.
  { pattern: /\b[xyzt](pub|prv)[1-9A-HJ-NP-Za-km-z]{50,}/g, replacement: REDACTED },
  // BIP-39: 12 to 24 words of three to eight letters.
  { pattern: /\b[a-z]{3,8}(?: [a-z]{3,8}){11,23}\b/g, needs: ' ', replacement: REDACTED },
  { pattern: /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/"'@?#]*@/gi, needs: '://', replacement: `$1${REDACTED}@` },
  // RPC providers put their keys into the path: /v3/<key>.
  { pattern: /(\/v\d+\/)[A-Za-z0-9_-]{20,}/g, needs: '/v', replacement: `$1${REDACTED}` },
  {
    pattern: /([?&;\s](?:[\w-]*(?:key|token|secret|password|signature))=)[^\s&"'\\]+/gi,
    replacement: `$1${REDACTED}`,
  },
]

/**
 * Removes secrets from a text or a serialised JSON line: values under secret names, keys, mnemonics, credentials and
 * keys in URLs. One pass over the finished line, because a list of paths misses what nests deeper or hides in a message.
 * A bare private key looks like a transaction hash: it is recognised by its name only.
 */
export function redact(text: string): string {
  let clean = NAME_BEFORE_QUOTE.test(text) ? text.replace(NAMED_VALUE, `$1$2${REDACTED}$2`) : text
  for (const { pattern, needs, replacement } of SHAPES)
    if (needs === undefined || clean.includes(needs)) clean = clean.replace(pattern, replacement)
  return clean
}
