/** A GraphQL document as text; its result and variables are known to the compiler alone. */
export type TypedDocument<Result, Variables> = string & {
  readonly __types?: (variables: Variables) => Result
}

/** An operation and the fragments it uses. A call, and no sum: bundlers would copy the fragments into every sum. */
export function createDocument<Result, Variables>(
  ...parts: readonly string[]
): TypedDocument<Result, Variables> {
  return parts.join('')
}
