import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { orAborted } from '../../../src/adapters/kit/waiting.ts'
import { timeLimit } from '../../../src/processes/timeLimit.ts'

const NEVER = new Promise<never>(() => undefined)

it('comes though nobody but who waits refers to it', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const waiting = orAborted(NEVER, timeLimit(50, new AbortController().signal)).catch((error: Error) => error)
  collect()
  const late = sleep(5_000, 'it never came', { ref: false })
  expect(await Promise.race([waiting, late])).toMatchObject({ name: 'TimeoutError' })
})

it('comes with the other signal', () => {
  const other = new AbortController()
  const signal = timeLimit(60_000, other.signal)
  other.abort(new Error('over'))
  expect(signal.reason).toMatchObject({ message: 'over' })
})
