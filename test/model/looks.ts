import { expect } from 'vitest'
import type { Swept } from '../../src/commands/sweep.ts'
import type { ActionOf } from './actions.ts'
import type { Answer } from './askServer.ts'
import { isActive, isWaiting, sign, isAtWork } from './beliefs.ts'
import { compareAnswer } from './compare.ts'
import { type Asked, keyName, mayDo, NAMES, remember, replayOf } from './expect.ts'
import { explain, type Task } from './explain.ts'
import { attachedChildren, isTakenAlong } from './kinship.ts'
import { type Model, type ModelRun, refused, runOf } from './modelState.ts'
import { claim } from './oracle.ts'
import { due } from './oracleDue.ts'
import { lookAt, payOwed } from './oracleFamily.ts'

/** Compares a model with the stored state; throws if they differ. */
export type Holds = (model: Model) => void

/** Runs all applies without interruption. */
function drain<T>(applies: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = applies.next()
    if (done) return value
  }
}

/** Looks at the runs on which something is due: in whatever order, each as a whole. */
function looksAt(
  model: Model,
  runs: readonly ModelRun[],
  moved: (model: Model, run: ModelRun) => void = () => undefined,
): Task[] {
  return runs
    .filter((run) => isDue(model, run))
    .map(
      ({ id }): Task =>
        function* (model) {
          const run = runOf(model, id)
          if (drain(lookAt(model, run))) moved(model, run)
          yield
        },
    )
}

function isDue(model: Model, { id }: ModelRun): boolean {
  const looked = structuredClone(model)
  const run = runOf(looked, id)
  const { claim } = run
  const { length } = run.log
  due(looked, run)
  return run.claim !== claim || run.log.length > length
}

/** Compares a sweep's effects with its answer and the stored state; returns the resulting model. */
export function explainSweep(model: Model, { lapsed, expired }: Swept, holds: Holds): Model {
  // The sweep cancels these because of their parent's end, without reporting it.
  const owed = new Set(
    model.runs.filter((run) => isActive(run) && isTakenAlong(model, run)).map(({ id }) => id),
  )
  const moved = new Map<Model, { readonly id: string; readonly isExpired: boolean }[]>()
  const looks = looksAt(model, model.runs, (model, { id, status }) =>
    moved.set(model, [...(moved.get(model) ?? []), { id, isExpired: status === 'EXPIRED' }]),
  )
  return explain(model, looks, (model) => {
    const isTold = (id: string) => !owed.has(id)
    const all = (moved.get(model) ?? [])
      .filter(({ id }) => isTold(id))
      .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    expect({ lapsed: lapsed.filter(isTold), expired: expired.filter(isTold) }).toEqual({
      lapsed: all.filter(({ isExpired }) => !isExpired).map(({ id }) => id),
      expired: all.filter(({ isExpired }) => isExpired).map(({ id }) => id),
    })
    drain(payOwed(model))
    holds(model)
  })
}

/** A claim without a run id, as requested. */
export interface ClaimAny {
  readonly by: ActionOf<'claimAny'>['by']
  readonly key: string | null
  readonly input: { readonly owner: string; readonly leaseSeconds: number; readonly project: string }
}

/** Handles a claim without a run id that is answered without a search: forbidden, or a replay. */
export function answerAtOnce(model: Model, { by, key, input }: ClaimAny, answer: Answer): boolean {
  const kept = replayOf(model, { kind: 'claimAny', key, input })
  const allowed = mayDo(by, 'claimAny')
  if (allowed && !kept) return false
  compareAnswer(allowed && kept ? kept : refused('Forbidden'), answer, null)
  if (answer.ok) expect(answer.runId).toBe(model.keys.get(keyName('claimAny', key ?? ''))?.runId)
  return true
}

/**
 * Compares the effects of a claim without a run id with its answer and the stored state; returns the resulting model.
 */
export function explainClaim(
  model: Model,
  { by, key, input }: ClaimAny,
  answer: Answer,
  holds: Holds,
): Model {
  const asked: Pick<Asked, 'key' | 'input'> & { readonly kind: 'claimAny' } = { kind: 'claimAny', key, input }
  const claimed: Task = function* (model) {
    const run = model.runs.find(({ id }) => id === answer.runId)
    if (!run) return
    due(model, run)
    const expected = claim(model, run, input)
    sign(run, NAMES[by])
    compareAnswer(expected, answer, run)
    remember(model, asked, run.id)
    yield
  }
  const others = model.runs.filter(({ id, deleted }) => !deleted && id !== answer.runId)
  const after = explain(model, [...looksAt(model, others), claimed], holds)
  if (answer.ok) return after
  compareAnswer(refused('NothingToClaim'), answer, null)
  // A claim does not examine runs that wait for a person.
  const seen = model.runs.filter((run) => run.status === 'QUEUED' || isAtWork(run))
  const waiting = seen.map(({ id }) => runOf(after, id)).filter(({ status }) => status === 'QUEUED')
  const isClaimable = (run: ModelRun) =>
    !run.deleted &&
    !isWaiting(run, after.now) &&
    !(run.awaitsChildren && attachedChildren(after, run.id).length > 0)
  expect(waiting.filter(isClaimable).map(({ id }) => id)).toEqual([])
  return after
}
