import * as g from '../generated/graphql.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/** Tokens; for ADMIN only. Creating, rotating and revoking carry no idempotency key, so each is sent once. */
export class Tokens {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Creates a token: with `name` for a new principal, with `principalId` for an existing one. Only this answer contains
   * its `secret`.
   *
   * Problems: `InvalidInput`, `Forbidden`.
   */
  async create({ signal, ...input }: t.Fields<g.CreateTokenInput>): Promise<t.CreateTokenResult> {
    return (await this.#requests.query(g.CreateTokenDocument, { input }, { signal, retry: { attempts: 1 } }))
      .createToken
  }

  /**
   * Adds a token to the principal of another token, so that logs keep naming the same actor. The old token stays valid
   * unless the fields ask to revoke it.
   *
   * Problems: `TokenNotFound`, `InvalidInput`, `Forbidden`.
   */
  async rotate(
    tokenId: string,
    { signal, ...rest }: t.Fields<g.RotateTokenInput, 'tokenId'> = {},
  ): Promise<t.RotateTokenResult> {
    const input = { ...rest, tokenId }
    return (await this.#requests.query(g.RotateTokenDocument, { input }, { signal, retry: { attempts: 1 } }))
      .rotateToken
  }

  /** All tokens, without their secrets. */
  async list(options?: CallOptions): Promise<t.Token[]> {
    return (await this.#requests.query(g.TokensDocument, {}, options)).tokens
  }

  /**
   * Revokes a token, and ends every stream opened with it.
   *
   * Problems: `TokenNotFound`, `InvalidInput`, `Forbidden`.
   */
  async revoke(tokenId: string, { signal }: CallOptions = {}): Promise<t.RevokeTokenResult> {
    const input = { tokenId }
    return (await this.#requests.query(g.RevokeTokenDocument, { input }, { signal, retry: { attempts: 1 } }))
      .revokeToken
  }
}
