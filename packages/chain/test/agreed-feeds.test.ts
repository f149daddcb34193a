import { agreedAnswer } from '../src/rates/read-agreed-feeds'
import type { FeedAnswer } from '../src/rates/read-feeds'

const round = (answer: number): FeedAnswer => ({
  decimals: 8n,
  roundId: 1n,
  answer: BigInt(answer),
  startedAt: 5n,
  updatedAt: 5n,
})
const [HONEST, LIE] = [round(100), round(200)]

describe('a reading of a feed', () => {
  it.each<[string, number, FeedAnswer[], FeedAnswer | undefined]>([
    ['two of two with a quorum of two', 2, [HONEST, HONEST], HONEST],
    ['one alone with a quorum of one', 1, [HONEST], HONEST],
    ['two against one', 2, [LIE, HONEST, HONEST], HONEST],
    ['two that say that there is no feed', 2, [null, null], null],
  ])('is agreed by %s', (_who, quorum, answers, expected) => {
    expect(agreedAnswer(answers, quorum).agreed?.answer).toBe(expected)
  })

  it.each<[string, number, FeedAnswer[]]>([
    ['one with a quorum of two', 2, [HONEST]],
    ['two that differ with a quorum of one', 1, [HONEST, LIE]],
    ['two against two', 2, [HONEST, LIE, HONEST, LIE]],
    ['one with a round against one without', 1, [HONEST, null]],
    ['nobody', 1, []],
  ])('is not agreed by %s', (_who, quorum, answers) => {
    expect(agreedAnswer(answers, quorum)).toEqual({ agreed: null, asked: answers.length })
  })
})
