/** A GraphQL document as text; its result and variables exist only as types. */
export type TypedDocument<Result, Variables> = string & {
  readonly __types?: (variables: Variables) => Result
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
