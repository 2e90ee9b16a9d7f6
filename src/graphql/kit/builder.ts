import SchemaBuilder from '@pothos/core'
import type { Instant, Json } from '../../lifecycle/run/run.ts'
import type { GraphContext } from '../request/context.ts'
import { limitOptions } from './limits.ts'
import { dateTimeScalar, jsonScalar } from './scalars.ts'

/** The context of the schema, and the types of its scalars in resolvers. */
interface Types {
  Context: GraphContext
  DefaultFieldNullability: false
  Scalars: {
    DateTime: { Input: Date; Output: Date | Instant }
    ID: { Input: string; Output: string }
    JSON: { Input: Json; Output: unknown }
  }
}

/** The only schema builder; each concept adds its types, queries and mutations to it. */
export const builder = new SchemaBuilder<Types>({
  plugins: ['limits'],
  defaultFieldNullability: false,
  complexity: limitOptions,
})

/** The types of the schema, as completed by Pothos. */
export type SchemaTypes = (typeof builder)['$inferSchemaTypes']

builder.scalarType('DateTime', dateTimeScalar)
builder.scalarType('JSON', jsonScalar)
builder.queryType({ description: 'Queries. All queries of one request read the same snapshot.' })
builder.mutationType({
  description:
    'Mutations. Each returns a union of its success and of typed problems, which carry the current state.',
})
builder.subscriptionType({
  description: 'What is told as it happens, over a socket or as server-sent events.',
})

/** Declares an enum of a list from the lifecycle's vocabulary, each value with its meaning. */
export function enumOf<const Words extends readonly string[]>(
  name: string,
  words: Words,
  description: string,
  meanings: Record<Words[number], string>,
) {
  const values = Object.fromEntries(
    words.map((word) => [word, { value: word, description: meanings[word as Words[number]] }]),
  ) as Record<Words[number], { value: Words[number]; description: string }>
  return builder.enumType(name, { description, values })
}
