import { z } from 'zod'
import { text } from './text'

/** A chain in a request's body, by name or by chain id. */
export function chainName() {
  return z.union([text(32, 1), z.number().int().min(1)]).transform(String)
}
