import type { Connection } from './connection.ts'
import type { TypedDocument } from '../kit/document.ts'
import { PawlConnectionError } from '../kit/errors.ts'
import { ACCEPT, encodeOperation, post, readAnswers, readResult } from './http.ts'
import type { GraphqlResponse } from './http.ts'

/** Sends an operation once. Throws as `postOperation`. */
export type Send = <R, V>(document: TypedDocument<R, V>, variables: V, signal: AbortSignal) => Promise<R>

/** Most operations of one request; servers take as many. */
const MAX_OPERATIONS = 10
/** Most characters of a request with several operations: a longer operation is sent alone. */
const MAX_LENGTH = 256 * 1024

interface Waiting {
  /** The operation as JSON. */
  readonly body: string
  /** True once nobody waits for it. */
  readonly isGone: () => boolean
  readonly answer: (response: GraphqlResponse<never>) => void
  readonly fail: (error: unknown) => void
}

/** Runs the work after everything else of this turn of the event loop. */
const afterThisTurn: (work: () => void) => void = globalThis.setImmediate ?? ((work) => setTimeout(work))

/**
 * Returns a way to send operations that makes one HTTP request of those of one turn of the event loop. Each has its own answer, refusal or
 * error; what befalls the request befalls all of them.
 */
export function createBatch(connection: Connection): Send {
  let waiting: Waiting[] = []

  function sendAll(): void {
    const all = waiting.filter(({ isGone }) => !isGone())
    waiting = []
    for (const some of split(all)) void sendTogether(connection, some)
  }

  return (document, variables, signal) =>
    new Promise((resolve, reject) => {
      const body = encodeOperation(document, variables)
      const leave = () => reject(new PawlConnectionError('The call was ended', { cause: signal.reason }))
      const stay = () => signal.removeEventListener('abort', leave)
      if (signal.aborted) return leave()
      signal.addEventListener('abort', leave)
      const one: Waiting = {
        body,
        isGone: () => signal.aborted,
        answer(response) {
          stay()
          try {
            resolve(readResult(response))
          } catch (error) {
            reject(error)
          }
        },
        fail(error) {
          stay()
          reject(error)
        },
      }
      if (waiting.push(one) === 1) afterThisTurn(sendAll)
    })
}

/** Splits them into those of one request each. */
function split(all: readonly Waiting[]): Waiting[][] {
  const requests: Waiting[][] = []
  let last: Waiting[] = []
  let length = 0
  for (const one of all) {
    length += one.body.length
    if (last.length === 0 || last.length === MAX_OPERATIONS || length > MAX_LENGTH) {
      requests.push((last = []))
      length = one.body.length
    }
    last.push(one)
  }
  return requests
}

async function sendTogether(connection: Connection, all: readonly Waiting[]): Promise<void> {
  try {
    const bodies = all.map(({ body }) => body)
    // each call has its own deadline, at which it stops to wait
    const { signal } = new AbortController()
    const response = await post(connection, `[${bodies.join(',')}]`, ACCEPT, signal)
    const answers = await readAnswers(response, all.length)
    for (const [place, { answer }] of all.entries()) answer(answers[place] ?? {})
  } catch (error) {
    for (const { fail } of all) fail(error)
  }
}
