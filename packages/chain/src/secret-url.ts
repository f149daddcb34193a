import { inspect } from 'node:util'

const REDACTED = '[redacted]'

/** A provider's URL. It carries the account's key, so only `reveal()` gives it out: logs, errors and JSON show nothing of it. */
export class SecretUrl {
  readonly #url: URL

  constructor(url: URL) {
    this.#url = url
  }

  reveal(): URL {
    return new URL(this.#url)
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
