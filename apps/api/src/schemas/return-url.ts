import { z } from 'zod'
import { text } from './text'

const URL_CHARACTERS_MAX = 2_048
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** A page of the merchant's that the payer's page links to: `https:`, or `http:` to this machine. */
export const returnUrl = () =>
  text(URL_CHARACTERS_MAX).refine(isReturnUrl, 'Must be an https:// URL, or http:// to localhost.').nullish()

export const returnUrlView = () => z.string().nullable()

function isReturnUrl(value: string): boolean {
  const url = URL.parse(value)
  if (url === null || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))
}
