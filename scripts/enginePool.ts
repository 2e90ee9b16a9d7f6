import { Pool } from 'pg'
import type { PoolConfig, QueryResult } from 'pg'

const internalCharType = 18
const textType = 25

/**
 * The pool used by Prisma's schema engine. It has one connection, so that transactions and locks on it cover everything
 * the engine does. Losing the connection fails all later queries instead of continuing without the lock.
 *
 * Prisma's adapter refuses the type `"char"`, which the engine reads from PostgreSQL's catalogs. Such columns are
 * passed as text, and {@link charColumns} returns their positions.
 */
export class EnginePool extends Pool {
  readonly #charColumns = new WeakMap<object, number[]>()

  /** The first error from PostgreSQL: the engine then tries to record it, and reports only that failure. */
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
    // The query in progress rejects with the same error.
    this.on('error', () => undefined)
  }

  /** Positions of the columns of type `"char"` in the result that contains these rows. */
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
