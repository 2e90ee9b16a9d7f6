import type { Connection } from '../request/connection.ts'
import type { Subscribe } from './delivery.ts'
import { streamOverHttp } from './sse.ts'
import { createSocket } from './socket.ts'

/** Subscriptions over a WebSocket shared by all of them, where the platform has one; else each over an HTTP response. */
export function createSubscribe(connection: Connection): Subscribe {
  if (connection.WebSocket) return createSocket(connection, connection.WebSocket)
  return (document, variables, delivery) => streamOverHttp(connection, document, variables, delivery)
}
