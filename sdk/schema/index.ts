import type { IntrospectionQuery } from 'graphql'
import { introspectionText, schemaText } from '../generated/schema.ts'

export { possibleTypes } from '../generated/cached.ts'

/** The schema of the server in the schema definition language, with its descriptions. */
export const typeDefs: string = schemaText

/** What a server answers to the introspection query, without descriptions. */
export const introspection: IntrospectionQuery = /* @__PURE__ */ parseIntrospection()

function parseIntrospection(): IntrospectionQuery {
  return JSON.parse(introspectionText) as IntrospectionQuery
}
