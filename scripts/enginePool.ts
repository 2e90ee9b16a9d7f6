import { Pool } from 'pg'
import type { PoolConfig, QueryResult } from 'pg'

const internalCharType = 18
const textType = 25

/**
 * The pool Prisma's schema engine works through: one connection, so that what is begun or locked on it holds for
 * everything the engine does. Losing the connection fails all later queries instead of going on without the lock.
 *
 * Prisma's adapter refuses the type `"char"`, which the engine meets in PostgreSQL's own catalogs. Such columns are
 * passed as text, and {@link charColumns} tells which they were.
 */
export class EnginePool extends Pool {
  readonly #charColumns = new WeakMap<object, number[]>()

  /** The first error PostgreSQL answered with: the engine goes on to write it down, and reports the failure of that. */
  firstError: Error | undefined

  constructor(config: PoolConfig) {
    let connections = 0
    const verify = (_client: unknown, done: (error?: Error) => void): void => {
      connections += 1
      done(connections === 1 ? undefined : new Error('the connection to the database was lost'))
    }
    super({
      ...config,
      password: config.password,
      max: 1,
      min: 0,
      idleTimeoutMillis: 0,
      verify,
    })
    // the query under way rejects with the same error
    this.on('error', () => undefined)
  }

  /** Positions of the columns of type `"char"` in the result that these rows are of. */
  charColumns(rows: object): number[] {
    return this.#charColumns.get(rows) ?? []
  }

  override query = (async (...args: unknown[]): Promise<QueryResult> => {
    const send = super.query.bind(this) as (...args: unknown[]) => Promise<QueryResult>
    const result = await send(...args).catch((error: Error) => {
      this.firstError ??= error
      throw error
    })
    const fields = result.fields ?? []
    const chars = [...fields.keys()].filter((index) => fields[index]?.dataTypeID === internalCharType)
    for (const field of fields) if (field.dataTypeID === internalCharType) field.dataTypeID = textType
    if (chars.length > 0) this.#charColumns.set(result.rows, chars)
    return result
  }) as Pool['query']
}
