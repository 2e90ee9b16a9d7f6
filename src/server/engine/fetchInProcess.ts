import { Readable } from 'node:stream'
import type { Identity } from '../auth/authenticate.ts'
import type { Engine } from './engine.ts'

/**
 * A `fetch` that sends to the engine of this process as a caller who was authenticated already: with the same limits, masking and
 * metrics as over HTTP. The address and the `Authorization` header of a request are not looked at.
 */
export function fetchInProcess(engine: Engine, identity: Identity): typeof globalThis.fetch {
  return async (input, init = {}) => {
    const { signal, ...rest } = init
    signal?.throwIfAborted()
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    const answer = await engine.fetch(
      new URL(pathname, 'http://in-process').href,
      {
        method: rest.method ?? 'GET',
        headers: rest.headers as Record<string, string>,
        body: rest.body as string,
      },
      { identity, transport: 'http' },
    )
    const { status } = answer
    const headers = Object.fromEntries(answer.headers)
    if (!headers['content-type']?.startsWith('text/event-stream') || !answer.body)
      return new Response(await answer.text(), { status, headers })
    return new Response(abortable(answer.body, signal ?? undefined), { status, headers })
  }
}

/** A stream that ends its source when its reader is gone, or the signal aborts. */
function abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const body = Readable.from(source, { objectMode: false })
  const end = () => body.destroy(signal?.reason as Error)
  signal?.addEventListener('abort', end, { once: true })
  body.once('close', () => signal?.removeEventListener('abort', end))
  if (signal?.aborted) end()
  return Readable.toWeb(body) as ReadableStream<Uint8Array>
}
