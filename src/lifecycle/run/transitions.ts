import { type CommandName, COMMANDS } from './commands.ts'
import type { RunStatus } from './words.ts'

/**
 * The table of transitions: for every command that depends on the status of a run, and for what the server does by itself, which
 * statuses admit it and which it may lead to. Rules that look at more than the status live in the `decide` functions; none
 * of them keeps a list of statuses of its own.
 */

type Targets = { readonly [S in RunStatus]?: readonly RunStatus[] }

/** What the server does by itself, when it is due. */
const DUE_CHANGES = {
  lapse: {
    RUNNING: ['FAILED', 'QUEUED'],
    AWAITING_APPROVAL: ['AWAITING_APPROVAL'],
    PAUSED: ['PAUSED'],
    CANCELLING: ['CANCELLED'],
  },
  timeout: { QUEUED: ['FAILED'], RUNNING: ['FAILED'], AWAITING_APPROVAL: ['FAILED'], PAUSED: ['FAILED'] },
  expire: { QUEUED: ['EXPIRED'], AWAITING_APPROVAL: ['EXPIRED'], PAUSED: ['EXPIRED'] },
} as const satisfies { readonly [name: string]: Targets }

type Guarded = {
  [N in CommandName]: (typeof COMMANDS)[N] extends { readonly transitions: Targets } ? N : never
}[CommandName]

/** A command that a status may not admit, or a change that is due. */
export type TransitionName = Guarded | keyof typeof DUE_CHANGES

const guarded: [string, Targets][] = Object.entries(COMMANDS).flatMap(([name, definition]) =>
  'transitions' in definition ? [[name, definition.transitions]] : [],
)
const TRANSITIONS = { ...(Object.fromEntries(guarded) as Record<Guarded, Targets>), ...DUE_CHANGES }

/** Every transition there is, in the order of the commands. */
export const TRANSITION_NAMES = Object.keys(TRANSITIONS) as TransitionName[]

/** Where a command or a due change may lead from `status`; empty where the status does not admit it. */
export function targetsOf(name: TransitionName, status: RunStatus): readonly RunStatus[] {
  const targets: Targets = TRANSITIONS[name]
  return targets[status] ?? []
}

/** True where the status admits the command, whatever else it may need. */
export function admits(name: TransitionName, status: RunStatus): boolean {
  return targetsOf(name, status).length > 0
}

/** True for a name that the table has a row for. */
export function hasTransitions(name: string): name is TransitionName {
  return Object.hasOwn(TRANSITIONS, name)
}
