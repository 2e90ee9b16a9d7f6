import * as g from '../generated/graphql.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/** Tokens; for ADMIN alone. Creating and revoking carry no idempotency key, so they are tried once. */
export class Tokens {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Creates a token: with `name` of a new principal, with `principalId` of one that there is. Its `secret` is shown here and never again.
   *
   * Problems: `InvalidInput`, `Forbidden`.
   */
  async create({ signal, ...input }: t.Fields<g.CreateTokenInput>): Promise<t.CreateTokenResult> {
    return (await this.#requests.query(g.CreateTokenDocument, { input }, { signal, retry: { attempts: 1 } }))
      .createToken
  }

  /**
   * Adds a token to the principal of another one, so that the log goes on to tell of the same actor; that one stays good
   * unless it is to be revoked.
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

  /** Every token, without its secret. */
  async list(options?: CallOptions): Promise<t.Token[]> {
    return (await this.#requests.query(g.TokensDocument, {}, options)).tokens
  }

  /**
   * Ends a token, and every stream opened with it.
   *
   * Problems: `TokenNotFound`, `InvalidInput`, `Forbidden`.
   */
  async revoke(tokenId: string, { signal }: CallOptions = {}): Promise<t.RevokeTokenResult> {
    const input = { tokenId }
    return (await this.#requests.query(g.RevokeTokenDocument, { input }, { signal, retry: { attempts: 1 } }))
      .revokeToken
  }
}
