import { isPortFree } from '@ctrip/local-stack/free-port'

const PORTS_NEEDED = 24

/** The first of a run of free ports. */
export async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const base = 20_000 + Math.floor(Math.random() * 300) * PORTS_NEEDED
    const free = await Promise.all(Array.from({ length: PORTS_NEEDED }, (_, n) => isPortFree(base + n)))
    if (free.every(Boolean)) return base
  }
  throw new Error('no run of free ports')
}
