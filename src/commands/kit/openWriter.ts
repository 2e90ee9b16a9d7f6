import { rememberRuns } from '../../store/run/rememberRuns.ts'
import { openRunBatches } from '../../store/run/runBatches.ts'
import type { Store } from '../../store/sql/openStore.ts'
import type { Writer } from './context.ts'
import { createTurns, type TurnLimits } from './turns.ts'

/** Opens the writer of a server; every command of the server needs the same one. */
export function openWriter(store: Store, limits?: TurnLimits): Writer {
  return { ...rememberRuns(openRunBatches(store), store), takeTurn: createTurns(limits) }
}
