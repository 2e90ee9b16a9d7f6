import { DatabaseError } from 'pg'
import { describe, expect, it } from 'vitest'
import { gather, type GatherOptions } from '../../../src/store/sql/gather.ts'

interface Sent {
  readonly items: readonly string[]
  answer(): void
  fail(error: Error): void
}

/** A gatherer whose batches are answered by the test; the answer to an item is the item in capitals. */
function open(options: Partial<GatherOptions<string, string>> = {}) {
  const sent: Sent[] = []
  const add = gather<string, string>({
    maxUnderWay: 2,
    maxWeight: 100,
    perform: (items) =>
      new Promise((resolve, reject) =>
        sent.push({ items, answer: () => resolve(items.map((item) => item.toUpperCase())), fail: reject }),
      ),
    ...options,
  })
  return { sent, add, items: () => sent.map(({ items }) => items.join('')) }
}

/** A batch that is answered is followed by the next one in the turn after that. */
async function turn(): Promise<void> {
  for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setImmediate(resolve))
}

function violation(code: string): DatabaseError {
  return Object.assign(new DatabaseError('refused', 0, 'error'), { code })
}

describe('a batch', () => {
  it('is what was asked for in one turn of the event loop, and each item gets its own answer', async () => {
    const { sent, add, items } = open()
    const answers = Promise.all(['a', 'b', 'c'].map((item) => add(item)))
    await turn()
    expect(items()).toEqual(['abc'])
    sent[0]?.answer()
    expect(await answers).toEqual(['A', 'B', 'C'])
  })

  it('is what was gathered while as many as may be are under way', async () => {
    const { sent, add, items } = open()
    for (const item of ['a', 'b', 'c', 'd']) {
      void add(item)
      await turn()
    }
    expect(items()).toEqual(['a', 'b'])
    sent[1]?.answer()
    await turn()
    expect(items()).toEqual(['a', 'b', 'cd'])
  })

  it('has a maximum weight; what does not fit follows', async () => {
    const { add, items } = open({ maxWeight: 4, weigh: (item) => Number(item) })
    for (const item of ['2', '2', '9', '1']) void add(item)
    await turn()
    expect(items()).toEqual(['22', '9'])
  })

  it('takes from each group in turn', async () => {
    const { add, items } = open({ maxWeight: 4, maxUnderWay: 1, groupOf: (item) => item.toLowerCase() })
    for (const item of ['a', 'a', 'A', 'A', 'A', 'b', 'c']) void add(item)
    await turn()
    expect(items()).toEqual(['abca'])
  })

  it('never has what another one under way has, and keeps the order of what has the same', async () => {
    const { sent, add, items } = open({ claimsOf: (item) => [item.toLowerCase()] })
    for (const item of ['a', 'A', 'b', 'B']) void add(item)
    await turn()
    expect(items()).toEqual(['ab'])
    sent[0]?.answer()
    await turn()
    expect(items()).toEqual(['ab', 'AB'])
  })
})

describe('a batch that fails', () => {
  it.each(['23505', '22P05', '40P01', 'P0001', '54000'])(
    'by %s of one item is split until that one fails alone',
    async (code) => {
      const sizes: number[] = []
      const { add } = open({
        perform: async (items) => {
          sizes.push(items.length)
          if (items.includes('x')) throw violation(code)
          return items.map((item) => item.toUpperCase())
        },
      })
      const answers = await Promise.allSettled(['a', 'b', 'x', 'c', 'd'].map((item) => add(item)))
      expect(answers.map((each) => (each.status === 'fulfilled' ? each.value : 'refused'))).toEqual([
        'A',
        'B',
        'refused',
        'C',
        'D',
      ])
      expect(sizes).toEqual([5, 3, 2, 1, 2])
    },
  )

  it.each([
    new Error('Connection terminated unexpectedly'),
    violation('57P01'),
    violation('57014'),
    violation('53100'),
  ])('by anything else (%s) is not tried again, because its outcome may be unknown', async (fault) => {
    const { sent, add, items } = open()
    const both = [add('a'), add('b')]
    await turn()
    sent[0]?.fail(fault)
    expect(await Promise.allSettled(both)).toEqual([
      { status: 'rejected', reason: fault },
      { status: 'rejected', reason: fault },
    ])
    expect(items()).toEqual(['ab'])
  })

  it('leaves room for the next', async () => {
    const { sent, add, items } = open({ maxUnderWay: 1, claimsOf: (item) => [item] })
    const lost = add('a')
    void add('a')
    await turn()
    sent[0]?.fail(new Error('lost'))
    await expect(lost).rejects.toThrow('lost')
    await turn()
    expect(items()).toEqual(['a', 'a'])
  })
})
