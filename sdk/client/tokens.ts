import * as g from '../generated/graphql.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import { readAll } from '../request/pages.ts'
import type * as t from '../request/types.ts'

/** Tokens; for ADMIN only, except `forRun`. */
export class Tokens {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Creates a token for `principal`: `{ name }` is a new one, `{ id }` an existing one. Its `secret` is told once: it is
   * null where an answer was lost and the request was sent again (`isReplayed`). Rotate the token then.
   *
   * Problems: `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async create(fields: t.Fields<g.CreateTokenInput>): Promise<t.CreateTokenResult> {
    return this.#requests.mutate(g.CreateTokenDocument, fields)
  }

  /**
   * Creates a token for a page that shows one run: it reads that run and nothing else, for 15 minutes by default and an
   * hour at most. It also ends with the token that it was made with. For OPERATOR and ADMIN; call it on your own server,
   * and pass the page only the `secret`.
   *
   * Problems: `NotFound`, `InvalidInput`, `Forbidden`.
   */
  async forRun(
    runId: string,
    fields: t.Fields<g.CreateRunTokenInput, 'runId'> = {},
  ): Promise<t.CreateRunTokenResult> {
    return this.#requests.queryWith(g.CreateRunTokenDocument, { ...fields, runId })
  }

  /**
   * Adds a token to the principal of another token, so that logs keep naming the same actor. The old token stays valid
   * unless the fields ask to revoke it. Its `secret` is told once, as by `create`.
   *
   * Problems: `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async rotate(
    tokenId: string,
    fields: t.Fields<g.RotateTokenInput, 'tokenId'> = {},
  ): Promise<t.RotateTokenResult> {
    return this.#requests.mutate(g.RotateTokenDocument, { ...fields, tokenId })
  }

  /** One page of the tokens that were not revoked, without their secrets, newest first. */
  async list(page: t.PageFields & CallOptions = {}): Promise<t.Page<t.Token>> {
    return this.#requests.query(g.TokensDocument, page)
  }

  /** Every token that was not revoked, newest first, read page by page as the loop goes on. */
  all(options: CallOptions = {}): AsyncGenerator<t.Token, undefined> {
    return readAll((page) => this.list({ ...options, ...page }))
  }

  /**
   * Revokes a token, and ends every stream opened with it. Repeating it changes nothing.
   *
   * Problems: `NotFound`, `InvalidInput`, `Forbidden`.
   */
  async revoke(tokenId: string, options: CallOptions = {}): Promise<t.RevokeTokenResult> {
    return this.#requests.queryWith(g.RevokeTokenDocument, { ...options, tokenId })
  }
}
