import { loadRuns } from '../../store/run/loadRun.ts'
import { type ResultOf, refuse, objection } from '../kit/answers.ts'
import { checkRole, checkRun } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'

/** The input of `createRunToken`. */
export interface CreateRunToken {
  readonly runId: string
  readonly expiresInSeconds: number
}

/** A token that reads one run; it is signed, not stored. */
export interface RunTokenCreated {
  readonly ok: true
  readonly runId: string
  readonly secret: string
  readonly expiresAt: Date
}

/**
 * Creates a token that reads one run and nothing else, for a page. It ends with the token of the caller, too. Answers
 * with NotFound, and with Forbidden for a caller without a token of its own.
 */
export async function createRunToken(
  { store, mintPageToken }: Pick<Commands, 'store' | 'mintPageToken'>,
  caller: Caller,
  { runId, expiresInSeconds }: CreateRunToken,
): Promise<ResultOf<'createRunToken', RunTokenCreated>> {
  const denied = checkRole(caller, 'createRunToken')
  if (denied) return denied
  const [loaded] = await loadRuns(store.pool, store, [runId])
  if (!loaded) return refuse({ type: 'NotFound', kind: 'RUN', id: runId })
  const hidden = checkRun(caller, loaded.run)
  if (hidden) return hidden
  const { tokenId } = caller
  if (tokenId === undefined)
    return objection({ type: 'Forbidden', requiredRole: null, detail: 'Only a stored token makes others.' })
  const until = Math.floor(Date.now() / 1000) + expiresInSeconds
  return {
    ok: true,
    runId,
    secret: mintPageToken({ runId, tokenId, until }),
    expiresAt: new Date(until * 1000),
  }
}
