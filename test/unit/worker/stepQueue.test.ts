import { PawlProblem } from '@pawl/sdk'
import type { DriveRunResult, RunStep } from '@pawl/sdk'
import { describe, expect, test } from 'vitest'
import { StepQueue } from '../../../src/worker/run/stepQueue.ts'

/** A request that is under way. */
interface Request {
  readonly steps: readonly RunStep[]
  readonly ifRevision: number | undefined
  /** Takes this many of its steps; refuses the next one, if a refusal is given. */
  answer(taken: number, refusal?: object): void
  /** Refuses all of it. */
  refuse(refusal: object): void
  fail(error: Error): void
}

/** A queue, and the requests that it sends. */
function open() {
  const requests: Request[] = []
  const queue = new StepQueue(
    (steps, { ifRevision }) =>
      new Promise((resolve, reject) => {
        const settle = (result: object) => resolve(result as DriveRunResult)
        requests.push({
          steps,
          ifRevision,
          answer(taken, refusal) {
            const told = { steps: steps.slice(0, taken).map((step) => ({ command: keyOf(step) })) }
            if (!refusal) return settle({ __typename: 'DriveRunSuccess', ...told })
            settle({ __typename: 'StepRefused', ...told, step: taken, refusal })
          },
          refuse: settle,
          fail: reject,
        })
      }),
  )
  return { queue, requests }
}

const step = (phase: string): RunStep => ({ startPhase: { phase } })
const keyOf = (each: RunStep) => each.startPhase?.phase
const keys = ({ steps }: Request) => steps.map(keyOf).join(' ')
const at = (requests: readonly Request[], place: number) => {
  const found = requests[place]
  if (!found) throw new Error(`there is no request ${place}`)
  return found
}
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
const LOST = { __typename: 'IllegalTransition', message: 'no' }

describe('steps of one owner', () => {
  test('that are given in one turn of the event loop go in one request', async () => {
    const { queue, requests } = open()
    const answers = [...queue.take([step('a'), step('b')]), ...queue.take([step('c')])]
    await turn()
    expect(requests.map(keys)).toEqual(['a b c'])
    at(requests, 0).answer(3)
    expect(await Promise.all(answers)).toEqual([{ command: 'a' }, { command: 'b' }, { command: 'c' }])
  })

  test('that are given while a request is under way go together in the next', async () => {
    const { queue, requests } = open()
    void queue.take([step('a')])
    await turn()
    void queue.take([step('b')])
    await turn()
    void queue.take([step('c')])
    await turn()
    expect(requests.map(keys)).toEqual(['a'])
    at(requests, 0).answer(1)
    await turn()
    expect(requests.map(keys)).toEqual(['a', 'b c'])
  })

  test('that are patient wait for others, before which they are sent', async () => {
    const { queue, requests } = open()
    void queue.take([step('a')], { isPatient: true })
    await turn()
    expect(requests).toEqual([])
    void queue.take([step('b')])
    await turn()
    expect(requests.map(keys)).toEqual(['a b'])
  })

  test('that are patient are sent without others in the end', async () => {
    const { queue, requests } = open()
    void queue.take([step('a')], { isPatient: true })
    await expect.poll(() => requests.map(keys), { timeout: 10_000 }).toEqual(['a'])
  })

  test('are refused by themselves: those before were taken, those of others are sent again', async () => {
    const { queue, requests } = open()
    const [a] = queue.take([step('a')])
    const [b, c] = queue.take([step('b'), step('c')])
    const [d] = queue.take([step('d')])
    await turn()
    at(requests, 0).answer(1, LOST)
    await turn()
    expect(await a).toEqual({ command: 'a' })
    await expect(b).rejects.toThrow(PawlProblem)
    await expect(c).rejects.toThrow(PawlProblem)
    expect(keys(at(requests, 1))).toBe('d')
    at(requests, 1).answer(1)
    expect(await d).toEqual({ command: 'd' })
  })

  test('that were decided on a revision are refused at another, without what was sent with them', async () => {
    const { queue, requests } = open()
    const [a] = queue.take([step('a')])
    const [b] = queue.take([step('b')], { ifRevision: 7 })
    const [c] = queue.take([step('c')], { ifRevision: 8 })
    await turn()
    expect(keys(at(requests, 0))).toBe('a b')
    expect(at(requests, 0).ifRevision).toBe(7)
    at(requests, 0).refuse({ __typename: 'RevisionConflict', message: 'it has another' })
    await expect(b).rejects.toMatchObject({ problem: { __typename: 'RevisionConflict' } })
    await turn()
    expect(keys(at(requests, 1))).toBe('a c')
    expect(at(requests, 1).ifRevision).toBe(8)
    at(requests, 1).answer(2)
    expect(await a).toEqual({ command: 'a' })
    expect(await c).toEqual({ command: 'c' })
  })

  test('fail with their request, and those after them are sent', async () => {
    const { queue, requests } = open()
    const [a] = queue.take([step('a')])
    await turn()
    const [b] = queue.take([step('b')])
    at(requests, 0).fail(new Error('no connection'))
    await expect(a).rejects.toThrow('no connection')
    await turn()
    at(requests, 1).answer(1)
    expect(await b).toEqual({ command: 'b' })
  })

  test('are sent in as many requests as a server takes them in', async () => {
    const { queue, requests } = open()
    for (let place = 0; place < 25; place += 1) void queue.take([step(String(place))])
    await turn()
    expect(at(requests, 0).steps).toHaveLength(20)
    at(requests, 0).answer(20)
    await turn()
    expect(at(requests, 1).steps).toHaveLength(5)
  })
})
