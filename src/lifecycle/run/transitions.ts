import { type CommandName, COMMANDS } from './commands.ts'
import { openQuestionInTurn, type Run } from './run.ts'
import type { RunState, RunStatus } from './enums.ts'

/**
 * The transition table: for every command that depends on a run's status, and for the server's own due changes, the
 * statuses that admit it and the statuses it may lead to. Rules about more than the status are in the `decide`
 * functions; none of them keeps its own list of statuses.
 */

type Targets = { readonly [S in RunState]?: readonly RunStatus[] }

/** Changes made by the server when they are due. */
const DUE_CHANGES = {
  lapse: {
    RUNNING: ['FAILED', 'QUEUED'],
    AWAITING_APPROVAL: ['AWAITING_APPROVAL'],
    ASKING: ['FAILED', 'QUEUED'],
    PAUSED: ['PAUSED'],
    CANCELLING: ['CANCELLED'],
  },
  timeout: {
    QUEUED: ['FAILED'],
    RUNNING: ['FAILED'],
    AWAITING_APPROVAL: ['FAILED'],
    ASKING: ['FAILED'],
    PAUSED: ['FAILED'],
  },
  expire: { QUEUED: ['EXPIRED'], AWAITING_APPROVAL: ['EXPIRED'], PAUSED: ['EXPIRED'] },
} as const satisfies { readonly [name: string]: Targets }

type Guarded = {
  [N in CommandName]: (typeof COMMANDS)[N] extends { readonly transitions: Targets } ? N : never
}[CommandName]

/** A command that depends on the status, or a due change. */
export type TransitionName = Guarded | keyof typeof DUE_CHANGES

const guarded: [string, Targets][] = Object.entries(COMMANDS).flatMap(([name, definition]) =>
  'transitions' in definition ? [[name, definition.transitions]] : [],
)
const TRANSITIONS = { ...(Object.fromEntries(guarded) as Record<Guarded, Targets>), ...DUE_CHANGES }

/** Every transition, in the order of the commands. */
export const TRANSITION_NAMES = Object.keys(TRANSITIONS) as TransitionName[]

/** Returns the run's state, by which the table is read. */
export function stateOf(run: Pick<Run, 'status' | 'approvals'>): RunState {
  return openQuestionInTurn(run) ? 'ASKING' : run.status
}

/**
 * Returns the statuses that a command or due change may lead to from a state; empty if the state does not admit it.
 */
export function targetsOf(name: TransitionName, state: RunState): readonly RunStatus[] {
  const targets: Targets = TRANSITIONS[name]
  return targets[state] ?? []
}

/** True if the state admits the command, regardless of its other conditions. */
export function admits(name: TransitionName, state: RunState): boolean {
  return targetsOf(name, state).length > 0
}

/** True for a name that has a row in the table. */
export function hasTransitions(name: string): name is TransitionName {
  return Object.hasOwn(TRANSITIONS, name)
}
