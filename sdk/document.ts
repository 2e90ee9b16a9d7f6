/** A GraphQL document as text; its result and variables are known to the compiler alone. */
export type TypedDocument<Result, Variables> = string & {
  readonly __types?: (variables: Variables) => Result
}
