/** A GraphQL document as text; its result and variables exist only as types. */
export type TypedDocument<Result, Variables> = string & {
  readonly __types?: (variables: Variables) => Result
}

/**
 * A document of another tool, typed by its result and variables as `TypedDocumentNode` and `TypedDocumentString` are; as
 * text, or with a source text.
 */
export interface ForeignDocument<Result, Variables> {
  readonly __apiType?: ((variables: Variables) => Result) | undefined
}

/** The text of any document: itself, or where it was parsed, its source. */
export function textOf(document: unknown): string {
  const source = (document as { loc?: { source?: { body?: string } } }).loc?.source?.body
  return source ?? String(document)
}

/**
 * Joins an operation and its fragments. A function call, because bundlers inline the fragments into every `+`
 * expression.
 */
export function createDocument<Result, Variables>(
  ...parts: readonly string[]
): TypedDocument<Result, Variables> {
  return parts.join('')
}
