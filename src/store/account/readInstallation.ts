import { column, type Connection, prepare, query } from '../sql/statement.ts'

/** What all servers of one database share. */
export interface Installation {
  readonly id: string
  /** Signs what the servers issue and later verify: AGENT tokens, sessions. */
  readonly secret: string
  /** When the database was last recognized as restored from a backup; null if it never was. */
  readonly restoredAt: Date | null
}

const READ = prepare({
  name: 'read-installation',
  row: {
    id: column('installation', 'id'),
    secret: column('installation', 'secret'),
    restored_at: column('installation', 'restored_at'),
  },
  text: 'SELECT id, secret, restored_at FROM installation',
})

/** The database's installation, which the migrations create. */
export async function readInstallation(connection: Connection): Promise<Installation> {
  const [row] = await query(connection, READ, [])
  if (!row) throw new Error('the database lost its installation row')
  return { id: row.id, secret: row.secret, restoredAt: row.restored_at }
}
