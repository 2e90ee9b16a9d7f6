import { Pool } from 'pg'
import type { PoolConfig, QueryResult } from 'pg'

const internalCharType = 18
const textType = 25

/**
 * The pool Prisma's schema engine works through: one connection, so that what is begun or locked on it holds for
 * everything the engine does. Losing the connection fails all later queries instead of going on without the lock.
 *
 * Prisma's adapter has no name for the type `"char"` of PostgreSQL's own catalogs, which the engine reads; such columns
 * are presented as text.
 */
export class EnginePool extends Pool {
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
    } as PoolConfig)
    // the query under way rejects with the same error
    this.on('error', () => undefined)
  }

  override query = (async (...args: Parameters<Pool['query']>): Promise<QueryResult> => {
    const result = await (super.query as (...args: unknown[]) => Promise<QueryResult>)(...args)
    for (const field of result.fields ?? []) {
      if (field.dataTypeID === internalCharType) field.dataTypeID = textType
    }
    return result
  }) as unknown as Pool['query']
}
