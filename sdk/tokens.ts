import * as g from './generated/graphql.ts'
import type { CallOptions, Requests } from './request.ts'
import type * as t from './types.ts'

/** Tokens; for ADMIN alone. Creating and revoking carry no idempotency key, so they are tried once. */
export class Tokens {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** Creates a token. Its `secret` is shown here and never again. */
  async create({ signal, ...input }: t.Fields<g.CreateTokenInput>): Promise<t.CreateTokenResult> {
    return (await this.#requests.ask(g.CreateTokenDocument, { input }, { signal, retry: { attempts: 1 } }))
      .createToken
  }

  /** Every token, without its secret. */
  async list(options?: CallOptions): Promise<t.Token[]> {
    return (await this.#requests.ask(g.TokensDocument, {}, options)).tokens
  }

  /** Ends a token, and every stream opened with it. */
  async revoke(tokenId: string, { signal }: CallOptions = {}): Promise<t.RevokeTokenResult> {
    const input = { tokenId }
    return (await this.#requests.ask(g.RevokeTokenDocument, { input }, { signal, retry: { attempts: 1 } }))
      .revokeToken
  }
}
