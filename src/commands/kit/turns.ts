import { ContendedError } from './context.ts'

/** How many commands may wait, and for how long. */
export interface TurnLimits {
  /** Maximum number of commands about one subject, the one under way included; default: 100. */
  readonly maxPerSubject?: number
  /** Maximum number of commands in all; default: 2,000. */
  readonly maxInAll?: number
  /** How long a command waits for its turn, in milliseconds; default: 10,000. */
  readonly maxWaitMs?: number
}

/** Executes the work of a subject once all earlier work of that subject has ended. */
export type TakeTurn = <T>(subject: string, work: () => Promise<T>) => Promise<T>

/**
 * Lets the commands about one run pass one after the other within this server: each is decided on what the one before has left, instead of
 * finding out that it lost. Commands about different runs do not wait for each other.
 *
 * The function throws ContendedError at once if too many wait already, and after `maxWaitMs` if the turn has not come.
 */
export function createTurns({
  maxPerSubject = 100,
  maxInAll = 2_000,
  maxWaitMs = 10_000,
}: TurnLimits = {}): TakeTurn {
  /** Those who wait, by subject; an entry without anyone is a subject whose turn is taken. */
  const queues = new Map<string, (() => void)[]>()
  let inAll = 0

  function wait(subject: string, queue: (() => void)[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(enter), 1)
        reject(new ContendedError(subject))
      }, maxWaitMs)
      queue.push(enter)
    })
  }

  function leave(subject: string, queue: (() => void)[]): void {
    const next = queue.shift()
    if (next) next()
    else queues.delete(subject)
  }

  return async (subject, work) => {
    const queue = queues.get(subject)
    if (inAll >= maxInAll || (queue && queue.length + 1 >= maxPerSubject)) throw new ContendedError(subject)
    inAll++
    try {
      if (queue) await wait(subject, queue)
      else queues.set(subject, [])
      try {
        return await work()
      } finally {
        leave(subject, queues.get(subject) ?? [])
      }
    } finally {
      inAll--
    }
  }
}
