import type { Connection } from '../request/connection.ts'
import type { Subscribe } from './delivery.ts'
import { streamOverHttp } from './sse.ts'
import { createSocket, SocketRefused } from './socket.ts'

/**
 * Creates subscriptions over one shared WebSocket if the platform has one, otherwise over one HTTP response each. Where
 * no socket was ever accepted, but the same subscription can be opened over HTTP, sockets are not tried again.
 */
export function createSubscribe(connection: Connection): Subscribe {
  const overHttp: Subscribe = (document, variables, delivery) =>
    streamOverHttp(connection, document, variables, delivery)
  if (!connection.WebSocket) return overHttp
  let transport: 'untried' | 'socket' | 'http' = 'untried'
  const overSocket = createSocket(connection, connection.WebSocket, () => (transport = 'socket'))
  return async function* subscribe(document, variables, delivery) {
    let refusal: SocketRefused | undefined
    if (transport !== 'http') {
      try {
        yield* overSocket(document, variables, delivery)
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
    yield* overHttp(document, variables, { ...delivery, onOpen })
  }
}
