import ipaddr from 'ipaddr.js'

export interface Seats {
  /** Takes a seat and returns how to leave it, once; null if this address, or everyone together, has all of theirs. */
  take(address: string): (() => void) | null
}

/** Limits what is held open, by address and in all. An IPv6 customer has a whole /64: it counts as one address. */
export function seats(limits: { readonly perAddress: number; readonly total: number }): Seats {
  const taken = new Map<string, number>()
  let total = 0
  return {
    take(address) {
      const who = networkOf(address)
      const theirs = taken.get(who) ?? 0
      if (theirs >= limits.perAddress || total >= limits.total) return null
      taken.set(who, theirs + 1)
      total++
      return once(() => {
        const left = (taken.get(who) ?? 0) - 1
        total--
        if (left <= 0) taken.delete(who)
        else taken.set(who, left)
      })
    },
  }
}

function networkOf(text: string): string {
  if (!ipaddr.isValid(text)) return text
  const address = ipaddr.process(text) // an IPv4 address in IPv6 clothing is the IPv4 address
  return address instanceof ipaddr.IPv6 ? address.toByteArray().slice(0, 8).join(':') : address.toString()
}

function once(action: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    action()
  }
}
