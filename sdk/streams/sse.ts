import type { Connection } from '../request/connection.ts'
import type { TypedDocument } from '../kit/document.ts'
import { PawlConnectionError } from '../kit/errors.ts'
import { encodeOperation, parseResponse, post, readAnswer, readResult } from '../request/http.ts'
import type { Delivery } from './delivery.ts'

/** How long a stream may be silent before it counts as lost, in milliseconds. Servers send a comment every 12 s. */
const SILENCE_MS = 30_000

/**
 * A subscription as server-sent events: one HTTP response for each ("distinct connections" of the GraphQL over SSE
 * protocol). It reads only on demand, so that a slow reader applies backpressure to the server instead of filling
 * memory.
 */
export async function* streamOverHttp<R, V>(
  connection: Connection,
  document: TypedDocument<R, V>,
  variables: V,
  { signal, onOpen }: Delivery,
): AsyncGenerator<R, undefined> {
  if (signal.aborted) return
  const controller = new AbortController()
  const stop = () => controller.abort(signal.reason)
  const watchdog = createWatchdog(() =>
    controller.abort(new PawlConnectionError('The stream delivered nothing for too long')),
  )
  signal.addEventListener('abort', stop)
  try {
    const body = encodeOperation(document, variables)
    const response = await watchdog(post(connection, body, 'text/event-stream', controller.signal))
    if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      yield await readAnswer<R>(response)
      return
    }
    onOpen()
    for await (const { event, data } of readEvents(response.body, watchdog)) {
      if (event === 'complete') return
      if (event === 'next') yield readResult(parseResponse<R>(data))
    }
    throw new PawlConnectionError('The stream broke off')
  } finally {
    signal.removeEventListener('abort', stop)
    controller.abort()
  }
}

/** Waits for a promise, and calls `onSilence` if that takes too long. */
type Watchdog = <T>(promise: Promise<T>) => Promise<T>

function createWatchdog(onSilence: () => void): Watchdog {
  return async (promise) => {
    const timer = setTimeout(onSilence, SILENCE_MS)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }
}

interface ServerSentEvent {
  readonly event: string
  readonly data: string
}

/** The events of a body; comments and unused fields are skipped. */
async function* readEvents(
  body: ReadableStream<Uint8Array>,
  watchdog: Watchdog,
): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await watchdog(reader.read()).catch((cause: unknown) => {
      throw new PawlConnectionError('The stream broke off', { cause })
    })
    if (done) return
    text += decoder.decode(value, { stream: true })
    // A trailing carriage return may be the first half of a CRLF.
    const blocks = text.replaceAll(/\r\n|\r(?!$)/g, '\n').split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) yield parseEvent(block)
  }
}

function parseEvent(block: string): ServerSentEvent {
  let event = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(\w+):? ?(.*)$/.exec(line) ?? []
    if (field === 'event') event = value
    if (field === 'data') data.push(value)
  }
  return { event, data: data.join('\n') }
}
