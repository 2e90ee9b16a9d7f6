import { Readable } from 'node:stream'
import { Query } from 'pg'
import type { Client, QueryArrayConfig } from 'pg'

/** Rows that are kept for a reader that is slow, beside those of the last packet. */
const highWaterMark = 64

/**
 * The rows of a query that has one column, of text, as a stream. A reader that is slow holds the connection back, so that the
 * database waits and no more than a packet is kept here. The connection takes no other query meanwhile; where the reader
 * leaves early, it must be ended.
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
