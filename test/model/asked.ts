import { type Asked, mayDo } from './expect.ts'
import { accepted, type Model, type ModelRun, refused } from './modelState.ts'
import * as oracle from './oracle.ts'
import type { Concrete } from './resolve.ts'

/** What is asked of the server, as input, and of the oracle, as checks and a rule. */
export interface Put {
  readonly asked: Asked
  readonly input: Record<string, unknown>
}

/** Puts an action to the server and to the oracle alike. `row` is the revision of the run's row as it is now. */
export function put(model: Model, concrete: Concrete, row: number): Put {
  const { action, run, key, ifRevision } = concrete
  const { now } = model
  const at = model.runs.indexOf(run)
  const input: Record<string, unknown> = { runId: run.id }
  const asked: { -readonly [K in keyof Asked]: Asked[K] } = {
    kind: action.kind === 'renew' ? 'claim' : action.kind,
    by: action.by,
    key,
    input,
    rule: () => accepted,
  }
  if ('fence' in action) Object.assign(asked, { fence: putFence(concrete, input) })
  if ('revision' in action) {
    input['ifRevision'] = ifRevision
    asked.revision = { asked: ifRevision, row }
  }
  const phase = concrete.phase ?? ''
  switch (action.kind) {
    case 'claim': {
      const { owner, leaseSeconds } = action
      Object.assign(input, { owner, leaseSeconds })
      asked.rule = () => oracle.claim(run, now, { owner, leaseSeconds })
      break
    }
    case 'release':
      // a release after settling keeps its key beside the log: the last of the run, known to the run alone
      if (isSettled(run) && !key?.startsWith('fresh')) asked.key = null
      asked.rule = (before) => {
        if (isSettled(run) && before === run.status) oracle.rememberLastRelease(model, run, asked.key)
        return oracle.release(run, now)
      }
      break
    case 'confirmCancel':
      asked.rule = () => oracle.confirmCancel(run, now)
      break
    case 'renew':
      input['leaseSeconds'] = action.seconds
      break
    case 'pause':
      input['comment'] = action.comment
      asked.rule = () => oracle.pause(run, now)
      break
    case 'cancel':
      input['comment'] = action.comment
      asked.rule = () => oracle.cancel(run, now)
      break
    case 'resume':
      input['claim'] = action.claim
      asked.claims = action.claim !== null
      // the right to claim is asked for before the run is looked for
      if (action.claim && !mayDo(action.by, 'claim')) asked.missing = refused('Forbidden')
      asked.rule = (before) =>
        oracle.resume(model, run, before === 'RUNNING' && run.status !== 'RUNNING', action.claim)
      break
    case 'complete':
      asked.rule = () => oracle.complete(run, now)
      break
    case 'fail':
      Object.assign(input, { error: 'broken', reason: action.reason })
      asked.rule = () => oracle.fail(run, now, action.reason)
      break
    case 'delete':
      // a deletion is remembered by the run it deleted
      asked.key &&= `${at} ${asked.key}`
      asked.rule = () => oracle.remove(run, now)
      break
    case 'advance':
      input['to'] = phase
      asked.rule = () => oracle.advance(run, now, phase)
      break
    case 'startPhase':
      Object.assign(input, { phase, repair: action.repair })
      asked.rule = () => oracle.startPhase(run, now, phase, action.repair)
      break
    case 'failPhase':
      Object.assign(input, { phase, error: { class: 'RECOVERABLE', code: 'E', message: 'm', hint: null } })
      asked.rule = () => oracle.failPhase(run, now, phase)
      break
    case 'completeRound':
      asked.rule = () => oracle.completeRound(run, now)
      break
    case 'execute':
      Object.assign(input, { command: 'agent', phase: concrete.phase })
      asked.rule = () => oracle.startExecution(run, now, concrete.phase)
      break
    case 'finish': {
      const { exitCode, end } = action
      const id = concrete.executionId
      if (run.deleted || !run.executions.some((each) => each.id === id))
        asked.missing = refused('ExecutionNotFound')
      // an end told after settling keeps its key with the execution
      asked.key &&= `${id} ${asked.key}`
      asked.rule = () => oracle.finishExecution(run, now, id, end)
      asked.input = { executionId: id, exitCode, end }
      return { asked, input: asked.input }
    }
  }
  return { asked, input }
}

const isSettled = ({ status }: ModelRun) => ['COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'].includes(status)

/** Puts the fence into the input, where one is given, and returns the one that counts. */
function putFence({ action, fence, agentFence }: Concrete, input: Record<string, unknown>): number | null {
  // these take a fence always
  const always = action.kind === 'release' || action.kind === 'confirmCancel' || action.kind === 'renew'
  const given = always ? (fence ?? 0) : fence
  if (given !== null) input['fence'] = given
  if (action.by !== 'agent') return given
  return given === null || given === agentFence ? agentFence : 0
}
