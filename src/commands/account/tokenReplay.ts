import { differingFields } from '../../lifecycle/log/keptRequest.ts'
import { findTokenKey } from '../../store/account/findTokenKey.ts'
import type { Connection } from '../../store/sql/statement.ts'
import type { IdempotencyKey } from '../../store/sql/idempotencyKey.ts'
import { refuse, type RefusedWith } from '../kit/answers.ts'
import { type Caller, type Keyed, toRequest } from '../kit/context.ts'
import type { TokenCreated } from './tokens.ts'

/** The key of a request that makes a token: a key of one principal says nothing to another. Null where it has none. */
export function tokenKeyOf(
  { principalId }: Caller,
  operation: 'createToken' | 'rotateToken',
  input: Keyed,
): IdempotencyKey | null {
  const { idempotencyKey: key } = input
  return key == null ? null : { scope: principalId, operation, key, request: toRequest(input) }
}

/**
 * The answer to a request whose key made a token before: that token without its secret, which was shown once, or
 * IdempotencyMismatch. Null where the key is new.
 */
export async function replayToken(
  connection: Connection,
  key: IdempotencyKey | null,
): Promise<TokenCreated | RefusedWith<'IdempotencyMismatch'> | null> {
  const kept = key && (await findTokenKey(connection, key.scope, key.operation, key.key))
  if (!kept) return null
  const differingPaths = differingFields(kept.request, key.request)
  if (differingPaths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths })
  return { ok: true, token: kept.token, secret: null, replayed: true }
}
