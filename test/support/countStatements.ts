import type pg from 'pg'
import { onTestFinished } from 'vitest'

/** Counts the statements of a name that a pool sends, until the test ends. */
export function countStatements(pool: pg.Pool, name: string): { readonly sent: number } {
  const query = pool.query.bind(pool)
  const count = { sent: 0 }
  Object.assign(pool, {
    query(statement: { readonly name?: string }, ...rest: []) {
      if (statement.name === name) count.sent++
      return query(statement as never, ...rest)
    },
  })
  onTestFinished(() => void Object.assign(pool, { query }))
  return count
}
