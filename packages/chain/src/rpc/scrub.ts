const REASON_CHARS_MAX = 200
const SECRET_CHARS_MIN = 6

/** A foreign text that may stand in a log: without URLs, without any part of the provider's own URL, and short. */
export function scrub(text: string, url: URL): string {
  const parts = [
    url.username,
    url.password,
    ...url.pathname.split('/'),
    ...url.searchParams.values(),
    ...url.hostname.split('.'),
  ]
  const secrets = parts.filter((part) => part.length >= SECRET_CHARS_MIN)
  const clean = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
  return clean
    .replace(/\b(https?|wss?):\/\/\S+/g, '[url]')
    .replace(/\s+/g, ' ')
    .slice(0, REASON_CHARS_MAX)
}
