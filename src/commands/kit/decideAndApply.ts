import { type Announced, appendedEvents } from '../../store/run/appendedEvents.ts'
import type { Change, NewRun } from '../../store/run/applyDecision.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { violatedConstraint } from '../../store/sql/openStore.ts'
import { type Commands, ContendedError } from './context.ts'

/** A run or workspace that was written to. */
export interface Written extends Pick<Announced, 'appended'> {
  readonly id: string
}

/** A run that a decision has changed or created. */
export function writtenBy(decision: Change | NewRun): Written {
  const { after, events } = decision
  return { id: after.id, ...(events.length > 0 && { appended: () => appendedEvents(decision) }) }
}

/** The result of one round of load, decide and apply. */
export interface Applied<R> {
  readonly result: R
  readonly written: readonly Written[]
  /** Whether one of them may be claimable since. */
  readonly isQueued?: boolean
}

/** Wraps a result that wrote nothing. */
export function unwritten<R>(result: R): Applied<R> {
  return { result, written: [] }
}

/** A round's access to the database. */
export interface Round {
  /** True if `withConnection` holds the row lock. */
  readonly isLocked: boolean
  /**
   * Runs `work` with the pool, or with the connection that holds the row lock; returns undefined if the lock can't be
   * acquired in time.
   */
  readonly withConnection: <T>(work: (connection: Connection) => Promise<T>) => Promise<T | undefined>
}

/** The parts that differ between changing a run, starting one, and changing a workspace. */
export interface Contest<R> {
  /** What the writers compete for, used in the message of ContendedError. */
  readonly subject: string
  /** Runs one round; returns undefined if another writer was first. */
  readonly attempt: (round: Round) => Promise<Applied<R> | undefined>
  /** Runs `work` with a lock on the row that the writers compete for; absent: there is no such row. */
  readonly lock?: <T>(work: (connection: Connection) => Promise<T>) => Promise<T | undefined>
  /** The run that the writers of this server pass one after the other; absent: they meet only in the database. */
  readonly turn?: string
  /** Number of rounds before the row is locked; default: 2. */
  readonly optimistic?: number
  /** Maximum number of rounds; default: 3. */
  readonly rounds?: number
  /**
   * Handlers of constraint violations caused by a concurrent writer: a returned result ends the command; undefined
   * makes the next round decide on the current state.
   */
  readonly constraints: { readonly [name: string]: () => Promise<R | undefined> | undefined }
}

/**
 * Load, decide, apply: the loop behind every command. A decision is written on the condition that the revision it was
 * made on is unchanged; after a conflict it is made again on the current state, in the last rounds with the row
 * locked, so that many concurrent writers make progress. Those of one server take turns. Changes are announced after the commit: a reader woken
 * before it would find nothing and wait again.
 *
 * @throws ContendedError if it can't be applied within the last round, or its turn does not come
 */
export async function decideAndApply<R>(
  { store, writer, announce }: Pick<Commands, 'store' | 'writer' | 'announce'>,
  { subject, attempt, lock, turn, optimistic = 2, rounds = 3, constraints }: Contest<R>,
): Promise<Applied<R>> {
  for (let round = 0; round < rounds; round++) {
    const isLocked = lock !== undefined && round >= optimistic
    try {
      const tried = () => attempt({ isLocked, withConnection: isLocked ? lock : (work) => work(store.pool) })
      const applied = await (turn === undefined ? tried() : writer.takeTurn(turn, tried))
      applied?.written.forEach(({ id, appended }) => announce(id, { isQueued: applied.isQueued, appended }))
      if (applied) return applied
    } catch (error) {
      const name = violatedConstraint(error)
      if (name === undefined || !Object.hasOwn(constraints, name)) throw error
      const result = await constraints[name]?.()
      if (result) return unwritten(result)
    }
  }
  throw new ContendedError(`too many concurrent writers on ${subject}: nothing was changed, try again`)
}

/** Handler for a conflict with another writer: the next round decides on the current state. */
export const decideAnew = (): undefined => undefined
