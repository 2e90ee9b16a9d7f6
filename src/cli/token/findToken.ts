import { findId } from '../kit/findId.ts'
import type { Invocation } from '../kit/invocation.ts'

/** The id of the token that a person means: what was typed, or that of the token that ends so. */
export function findTokenId({ pawl }: Invocation, typed: string): Promise<string> {
  return findId(typed, async function* () {
    for await (const { id, name } of pawl.tokens.all()) yield { id, title: name }
  })
}
