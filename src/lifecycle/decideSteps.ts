import type { Actor } from './run/actor.ts'
import type { Command, CommandType } from './run/commandInputs.ts'
import { applyDue } from './decide/due.ts'
import { type Decision, decide } from './decide.ts'
import type { KeptKey, Situation } from './log/draft.ts'
import type { RunEvent } from './run/events.ts'
import type { Json, Run } from './run/run.ts'

/** One command of several that are decided together. */
export interface Step<C extends Command = Command> {
  readonly command: C
  /** The step's input as the caller sent it, compared with the input first used with the same key. */
  readonly request: Json
  /** What is stored under the step's idempotency key; null if it has no key or the key is new. */
  readonly kept: KeptKey | null
}

/** A decision on several commands about one run. */
export interface StepsDecision<T extends CommandType = CommandType> {
  /** The results of the steps in their order, up to the first refusal. */
  readonly results: readonly Decision<T>['result'][]
  /** The events to write: first those of due changes, then those of the steps. Those of none if one is refused and all had to be taken. */
  readonly events: readonly RunEvent[]
  /** The run after these events. */
  readonly run: Run
  /** True if changes were due, whatever was asked. */
  readonly isDue: boolean
}

/** How several commands belong together. */
export interface StepsOptions {
  /** True if all steps are taken or none; false if those before the first refusal are taken. */
  readonly isAtomic: boolean
}

/**
 * Decides commands about one run one after the other, each on the run as the one before leaves it, at one moment. What each answers is what it
 * would answer if it came alone at that point. A single command is decided as by `decide`.
 *
 * A step stores its key only if it changed the run, and steps are written together. So where one is replayed, the unchanged ones before it
 * were accepted, too; and if all had to be taken, all others.
 */
export function decideSteps<C extends Command>(
  situation: Omit<Situation, 'kept'>,
  steps: readonly Step<C>[],
  actor: Actor,
  { isAtomic }: StepsOptions,
): StepsDecision<C['type']> {
  const lastKept = steps.findLastIndex(({ kept }) => kept !== null)
  const known = isAtomic && lastKept >= 0 ? steps.length : lastKept
  const results: Decision<C['type']>['result'][] = []
  const events: RunEvent[] = []
  let { run } = situation
  let isDue = false
  for (const [place, { command, request, kept }] of steps.entries()) {
    if (!kept && place < known) {
      results.push(ACCEPTED_BEFORE)
      continue
    }
    const decision = decide({ ...situation, run, kept }, command, actor, request)
    results.push(decision.result)
    isDue ||= decision.isDue
    if (!decision.result.ok && isAtomic && place > 0) return { results, ...onlyDue(situation), isDue }
    run = decision.run
    events.push(...decision.events)
    if (!decision.result.ok) break
  }
  return { results, events, run, isDue }
}

/** The result of a step that was accepted by an earlier request, and changed nothing then. */
const ACCEPTED_BEFORE = { ok: true, changed: false, deleted: false, replayed: true, event: null } as const

function onlyDue({ run, ...situation }: Omit<Situation, 'kept'>): Pick<StepsDecision, 'events' | 'run'> {
  const { events, run: after } = applyDue(run, situation)
  return { events, run: after }
}
