import type { Connection } from '../../store/sql/statement.ts'
import { violatedConstraint } from '../../store/sql/openStore.ts'
import { type Commands, ContendedError } from './context.ts'

/** What one round of load, decide and apply came to. */
export interface Applied<R> {
  readonly result: R
  /** Ids of the runs and workspaces that it wrote to. */
  readonly written: readonly string[]
}

/** A result that wrote nothing. */
export function unwritten<R>(result: R): Applied<R> {
  return { result, written: [] }
}

/** How a round may reach the database. */
export interface Round {
  /** Whether `withConnection` holds the row. */
  readonly isLocked: boolean
  /** Does something on the pool, or on the connection that holds the row; undefined where the row can't be had in time. */
  readonly withConnection: <T>(work: (connection: Connection) => Promise<T>) => Promise<T | undefined>
}

/** What differs between what is decided: a change of a run, its start, a change of a workspace. */
export interface Contest<R> {
  /** What the writers are at, for the sentence that says that there are too many. */
  readonly subject: string
  /** One round; undefined where another writer was first. */
  readonly attempt: (round: Round) => Promise<Applied<R> | undefined>
  /** Holds the row that the writers compete for, and does something with it held; absent: there is no such row. */
  readonly lock?: <T>(work: (connection: Connection) => Promise<T>) => Promise<T | undefined>
  /** Rounds that are tried before the row is locked; absent: 2. */
  readonly optimistic?: number
  /** Rounds in all; absent: 3. */
  readonly rounds?: number
  /**
   * The constraints whose violation says that another writer was first, and what is done then: a result ends it, nothing has the
   * next round decide on what is there now.
   */
  readonly constraints: { readonly [name: string]: () => Promise<R | undefined> | undefined }
}

/**
 * load → decide → apply, the way of every command. What was decided is written under the revision that it was decided on; where
 * another writer was first, it is decided anew on what is there now, at last with the row held, so that crowds make progress. What was
 * written is announced after the commit: a reader that is woken before it would find nothing, and sleep on.
 * Throws ContendedError where even that can't be done in time.
 */
export async function decideAndApply<R>(
  { store, announce }: Pick<Commands, 'store' | 'announce'>,
  { subject, attempt, lock, optimistic = 2, rounds = 3, constraints }: Contest<R>,
): Promise<Applied<R>> {
  for (let round = 0; round < rounds; round++) {
    const isLocked = lock !== undefined && round >= optimistic
    try {
      const applied = await attempt({
        isLocked,
        withConnection: isLocked ? lock : (work) => work(store.pool),
      })
      applied?.written.forEach((id) => announce(id))
      if (applied) return applied
    } catch (error) {
      const name = violatedConstraint(error)
      if (name === undefined || !Object.hasOwn(constraints, name)) throw error
      const result = await constraints[name]?.()
      if (result) return unwritten(result)
    }
  }
  throw new ContendedError(subject)
}

/** Another writer was first: the next round decides on what is there now. */
export const decideAnew = (): undefined => undefined
