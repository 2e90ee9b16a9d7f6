import type { Connection } from '../request/connection.ts'
import type { Subscribe } from './delivery.ts'
import { streamOverHttp } from './sse.ts'
import { createSocket } from './socket.ts'

/** Creates subscriptions over one shared WebSocket if the platform has one, otherwise over one HTTP response each. */
export function createSubscribe(connection: Connection): Subscribe {
  if (connection.WebSocket) return createSocket(connection, connection.WebSocket)
  return (document, variables, delivery) => streamOverHttp(connection, document, variables, delivery)
}
