import { GraphQLError, Kind, type ValueNode, valueFromASTUntyped } from 'graphql'
import type { Json } from '../../lifecycle/run/run.ts'

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/

/** Parses an RFC 3339 time; fractions of a millisecond are dropped. */
export function parseDateTime(value: unknown): Date {
  const date = typeof value === 'string' && DATE_TIME.test(value) ? new Date(value) : new Date(NaN)
  // PostgreSQL has no year 0
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1)
    throw new GraphQLError('DateTime must be like 2026-01-31T12:00:00Z, with a zone')
  return date
}

/** Serialization of times and JSON. */
export const dateTimeScalar = {
  description: 'A point in time by the clock of the database: RFC 3339 in UTC, exact to a millisecond.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value: unknown) => new Date(value as Date | number).toISOString(),
  parseValue: parseDateTime,
  parseLiteral: (node: ValueNode) => parseDateTime(node.kind === Kind.STRING ? node.value : undefined),
}

export const jsonScalar = {
  description: 'Any JSON value. What comes from clients is kept and given back as it is.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value: unknown) => value as Json,
  parseValue: (value: unknown) => value as Json,
  parseLiteral: (node: ValueNode, variables?: { readonly [name: string]: unknown } | null) =>
    valueFromASTUntyped(node, variables) as Json,
}
