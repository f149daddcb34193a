import { customerNetwork, type Ip, siteNetwork } from '@ctrip/domain/networks'

export interface Seats {
  /** Takes a seat and returns how to leave it, once; null if the address' customer, its site or everyone together has all of theirs. */
  take(address: Ip): (() => void) | null
}

interface SeatLimits {
  /** Of an IPv4 address or an IPv6 /64. */
  readonly perCustomer: number
  /** Of an IPv4 /24 or an IPv6 /48: one site has 65,536 networks of customers, and must not take the seats of all others. */
  readonly perSite: number
  readonly total: number
}

/** Limits what is held open: by customer, by site and in all. */
export function seats(limits: SeatLimits): Seats {
  const customers = counts(limits.perCustomer)
  const sites = counts(limits.perSite)
  const everyone = counts(limits.total)
  return {
    take(address) {
      const taken: (() => void)[] = []
      const leave = (): void => {
        for (const giveBack of taken.splice(0)) giveBack()
      }
      for (const [holders, name] of [
        [customers, customerNetwork(address)],
        [sites, siteNetwork(address)],
        [everyone, 'everyone'],
      ] as const) {
        const giveBack = holders.take(name)
        if (giveBack === null) {
          leave()
          return null
        }
        taken.push(giveBack)
      }
      return leave
    },
  }
}

function counts(max: number) {
  const taken = new Map<string, number>()
  return {
    take(name: string): (() => void) | null {
      const theirs = taken.get(name) ?? 0
      if (theirs >= max) return null
      taken.set(name, theirs + 1)
      return () => {
        const left = (taken.get(name) ?? 0) - 1
        if (left <= 0) taken.delete(name)
        else taken.set(name, left)
      }
    },
  }
}
