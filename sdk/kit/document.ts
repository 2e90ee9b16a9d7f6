/** A GraphQL document as text; its result and variables exist only as types. */
export type TypedDocument<Result, Variables> = string & {
  readonly __types?: (variables: Variables) => Result
}

/** The value of an operation's only field: every operation of the SDK has one. */
export type Answer<R> = R[keyof R]

/** The value of the only field. */
export function answerOf<R>(data: R): Answer<R> {
  const [answer] = Object.values(data as object) as [Answer<R>]
  return answer
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

/** Writes documents, each with the fragments that it spreads. */
export interface DocumentWriter {
  /** A document: the operation as given, and its fragments. */
  operation<Result, Variables>(text: string): TypedDocument<Result, Variables>
  /** The document of a mutation with one input, from its name and what is selected of its success. */
  mutation<Result, Variables>(name: string, success: string): TypedDocument<Result, Variables>
}

/**
 * Creates a writer with fragments by name, each without its head: `Run{id}` for `fragment RunFields on Run{id}`. All
 * operations share their fragments and the frame of mutations: written out, they would be half of the SDK.
 */
export function createWriter(fragments: Readonly<Record<string, string>>): DocumentWriter {
  /** Adds the fragments that the text spreads, by name. */
  function collect(text: string, found: Map<string, string>): Map<string, string> {
    for (const [, name = ''] of text.matchAll(/\.{3}(\w+)/g)) {
      const body = fragments[name]
      if (body === undefined || found.has(name)) continue
      collect(body, found.set(name, `fragment ${name} on ${body}`))
    }
    return found
  }
  const operation = (text: string) => [text, ...collect(text, new Map()).values()].join('')
  return {
    operation,
    mutation: (name, success) =>
      operation(
        `mutation ${name}($input:${name}Input!){${toField(name)}(input:$input){__typename ...on ${name}Success{${success}}...Refusal}}`,
      ),
  }
}

function toField(operation: string): string {
  return operation.charAt(0).toLowerCase() + operation.slice(1)
}
