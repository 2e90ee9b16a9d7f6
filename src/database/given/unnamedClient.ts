import { Client } from 'pg'
import type { ClientConfig } from 'pg'

/** A connection that sends prepared statements without their names: the next transaction may be in another session, which does not know them. */
export class UnnamedClient extends Client {
  constructor(config?: ClientConfig) {
    super(config)
    const send = this.query.bind(this) as (...args: readonly unknown[]) => unknown
    this.query = ((statement: unknown, ...rest: readonly unknown[]) =>
      send(withoutName(statement), ...rest)) as Client['query']
  }
}

function withoutName(statement: unknown): unknown {
  if (typeof statement !== 'object' || statement === null || !('name' in statement)) return statement
  const { name: _, ...unnamed } = statement
  return unnamed
}
