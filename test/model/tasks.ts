import { expect } from 'vitest'
import type { StartAction } from './actions.ts'
import type { Command } from './ask.ts'
import type { Answer } from './askServer.ts'
import { sign } from './beliefs.ts'
import { compareAnswer } from './compare.ts'
import { expectAbout, keyName, mayDo, NAMES, remember, replayOf } from './expect.ts'
import type { Task } from './explain.ts'
import { activeChildren } from './kinship.ts'
import { type Expected, type Model, type ModelRun, refused, runOf, telling } from './modelState.ts'
import { directivesOf } from './oracle.ts'
import {
  type Applies,
  type AskedRun,
  hasEnded,
  payRelatives,
  type Relatives,
  startRun,
  toEnd,
} from './oracleFamily.ts'

/** The start of a run with every choice made. */
export interface StartCommand extends AskedRun {
  readonly by: StartAction['by']
  readonly key: string | null
  readonly input: Record<string, unknown>
}

/**
 * Applies a command about a run to the model, and compares the outcome with its answer.
 * @param alone whether nothing ran concurrently: then the answer has the final state of all relatives
 */
export function answered(command: Command, answer: Answer, alone: boolean): Task {
  return function* (model) {
    const run = runOf(model, command.runId)
    const { settlings, status } = run
    const approvalId = answer.run?.approvals.find(({ status }) => status === 'PENDING')?.id ?? ''
    const made = { rowId: answer.row?.id ?? '', approvalId }
    const judged = expectAbout(model, command, made)
    const isRenewed = command.kind === 'renew' && judged.ok
    const expected = isRenewed ? yield* readDirectives(judged, run) : judged
    compareAnswer(expected, answer, run)
    const relatives = hasEnded(run, { settlings, status }) ? yield* payRelatives(model, toEnd(run)) : null
    if (alone && command.kind === 'cancel' && expected.ok)
      expect(answer.relatives).toEqual(toShown(model, run, relatives))
  }
}

/** Reads the directives that a renewal answers with: after it, so that another command may be applied in between. */
function* readDirectives(renewed: Expected, run: ModelRun): Applies<Expected> {
  yield
  return telling(renewed, { directives: directivesOf(run) })
}

/** What a cancel tells of the runs below: what it did to them, or how they are where it found nothing to do. */
function toShown(model: Model, run: ModelRun, relatives: Relatives | null): Relatives {
  if (relatives?.found) return { cancelled: relatives.cancelled, left: relatives.left }
  return { cancelled: countClosed(model, run), left: activeChildren(model, run.id).map(({ id }) => id) }
}

function countClosed(model: Model, { id }: ModelRun): number {
  const children = model.runs.filter((run) => run.parentId === id && !run.deleted)
  return children.reduce(
    (sum, child) => sum + (child.reason === 'CLOSED_BY_PARENT' ? 1 : 0) + countClosed(model, child),
    0,
  )
}

/** Applies the start of a run to the model, and compares the outcome with its answer. */
export function started(command: StartCommand, answer: Answer): Task {
  return function* (model) {
    const { by, key, input } = command
    const asked = { kind: 'start', key, input } as const
    const allowed = mayDo(by, 'start', command.claim !== null)
    const kept = allowed ? replayOf(model, asked) : null
    const expected: Expected = allowed
      ? (kept ??
        (yield* startRun(model, command, answer.runId ?? '', NAMES[by], () => replayOf(model, asked))))
      : refused('Forbidden')
    // A refusal because of the parent contains the parent.
    const shown = expected.ok ? answer.runId : expected.type === 'RunNotActive' ? command.parentId : null
    const run = model.runs.find(({ id }) => id === shown) ?? null
    if (run) sign(run, NAMES[by])
    compareAnswer(expected, answer, run)
    if (!expected.ok) return
    if (expected.replayed) expect(answer.runId).toBe(model.keys.get(keyName('start', key ?? ''))?.runId)
    else if (run) remember(model, asked, run.id)
  }
}
