import { NeededTip } from '../src/context/needed-tip'

const GWEI = 10n ** 9n
const ASKED = 25n * GWEI

/** Sends one transaction a block to nodes that ask this tip; returns how many were refused, and the tip offered at last. */
function send(tip: NeededTip, asked: bigint, from: number, blocks: number): { refused: number; offered: bigint } {
  let refused = 0
  let offered = 0n
  for (let block = from; block < from + blocks; block++) {
    offered = tip.at(block)
    if (offered >= asked) tip.noteTaken(offered)
    else {
      refused++
      tip.noteNeeded(asked, block)
    }
  }
  return { refused, offered }
}

describe('a tip that nodes turned out to need', () => {
  it('is kept while nodes need it, at one refused signature in 256 blocks at last', () => {
    const tip = new NeededTip()
    tip.noteNeeded(ASKED, 0)
    const first = send(tip, ASKED, 1, 1_000)
    expect(first.refused).toBeLessThanOrEqual(8)
    const later = send(tip, ASKED, 1_001, 2_560)
    expect(later.refused).toBeLessThanOrEqual(10)
    expect(tip.at(3_562)).toBeGreaterThanOrEqual(ASKED / 2n)
  })

  it('is gone within a hundred blocks when nodes ask for it no more', () => {
    const tip = new NeededTip()
    tip.noteNeeded(ASKED, 0)
    send(tip, ASKED, 1, 40)
    const { refused, offered } = send(tip, 0n, 41, 200)
    expect(refused).toBe(0)
    expect(offered).toBeLessThan(GWEI / 10n)
  })

  it('is halved by age alone where nothing was sent with it, and not before 256 blocks', () => {
    const tip = new NeededTip()
    tip.noteNeeded(ASKED, 0)
    expect(tip.at(256)).toBe(ASKED)
    expect(tip.at(16 + 256)).toBe(ASKED / 2n)
    expect(tip.at(16 + 257)).toBe(ASKED / 2n)
  })

  it('follows what nodes ask for next, and does not take a higher tip for a proof', () => {
    const tip = new NeededTip()
    tip.noteNeeded(ASKED, 0)
    tip.noteTaken(ASKED * 10n)
    expect(tip.at(17)).toBe(ASKED)
    tip.noteNeeded(2n * ASKED, 18)
    expect(tip.at(19)).toBe(2n * ASKED)
  })
})
