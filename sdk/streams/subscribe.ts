import type { Connection, SocketConstructor } from '../request/connection.ts'
import { PawlConnectionError } from '../kit/errors.ts'
import { SocketRefused } from './delivery.ts'
import type { Delivery, Subscribe, Transport } from './delivery.ts'
import { answerOf } from '../kit/document.ts'
import type { TypedDocument } from '../kit/document.ts'

/**
 * Creates subscriptions over one shared WebSocket if the platform has one, otherwise over one HTTP response each. Where
 * no socket was ever accepted, but the same subscription can be opened over HTTP, sockets are not tried again. What
 * speaks either protocol is loaded with the first subscription.
 */
export function createSubscribe(connection: Connection): Subscribe {
  const { WebSocket } = connection
  let transport: 'untried' | 'socket' | 'http' = 'untried'
  let overSocket: Transport | undefined

  /** All subscriptions share one socket, even those that begin while it is being loaded. */
  async function openSocket(Socket: SocketConstructor): Promise<Transport> {
    if (overSocket) return overSocket
    const { createSocket } = await load(import('./socket.ts'))
    return (overSocket ??= createSocket(connection, Socket, () => (transport = 'socket')))
  }

  const open: Transport = async function* open(document, variables, delivery) {
    let refusal: SocketRefused | undefined
    if (WebSocket && transport !== 'http') {
      try {
        const subscribe = await openSocket(WebSocket)
        yield* subscribe(document, variables, delivery)
        return
      } catch (error) {
        if (transport === 'socket' || !(error instanceof SocketRefused)) throw error
        refusal = error
      }
    }
    const onOpen = () => {
      if (refusal && transport === 'untried') {
        transport = 'http'
        connection.onFallback(refusal)
      }
      delivery.onOpen()
    }
    const { streamOverHttp } = await load(import('./sse.ts'))
    yield* streamOverHttp(connection, document, variables, { ...delivery, onOpen })
  }

  return async function* subscribe<R, V>(document: TypedDocument<R, V>, variables: V, delivery: Delivery) {
    const answers: AsyncIterable<unknown> = open(document, variables, delivery)
    for await (const data of answers) yield answerOf(data as R)
  } as Subscribe
}

/** A page that could not load a part of the SDK has lost its server. */
async function load<Module>(part: Promise<Module>): Promise<Module> {
  return part.catch((cause: unknown) => {
    throw new PawlConnectionError('A part of the SDK could not be loaded', { cause })
  })
}
