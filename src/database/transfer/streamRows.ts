import { Readable } from 'node:stream'
import { Query } from 'pg'
import type { Client, QueryArrayConfig } from 'pg'

/** Number of rows buffered for a slow reader, in addition to those of the last packet. */
const highWaterMark = 64

/**
 * The rows of a query with a single text column, as a stream. A slow reader pauses the connection, so that the database
 * waits and at most one packet is buffered. The connection accepts no other query until the stream ends; if the reader
 * stops early, the connection must be ended.
 */
export function streamRows(client: Client, text: string): Readable {
  const socket = client.connection.stream
  const rows = new Readable({
    objectMode: true,
    highWaterMark,
    read: () => void socket.resume(),
  })
  const config: QueryArrayConfig = { text, rowMode: 'array' }
  const query = client.query(new Query<Record<number, string>>(config))
  query.on('row', ({ 0: row }) => {
    if (!rows.push(row)) socket.pause()
  })
  query.on('end', () => rows.push(null))
  query.on('error', (error) => rows.destroy(error))
  return rows
}
