import type { AboutAction, RunAction } from './actions.ts'
import type { BelowAction } from './actionsBelow.ts'
import { askBelow } from './askBelow.ts'
import { isActive } from './beliefs.ts'
import { toClaimInput } from './choices.ts'
import type { Asked, Asking } from './expect.ts'
import type { ModelRun } from './modelState.ts'
import * as oracle from './oracle.ts'
import * as phases from './oraclePhases.ts'
import { isSuperseded, phaseOf, putFence, rowOf } from './resolve.ts'

/** One command with every choice made, so that it can be repeated exactly. */
export interface Command extends Asked {
  /** The fence of the actor's token, if it is an agent. */
  readonly agentFence: number
}

/** Makes the choices of an action about a run. `fresh` returns an unused key. */
export function ask(action: AboutAction, run: ModelRun, fresh: () => string): Command {
  const agentFence = Math.max(1, isSuperseded(action) ? run.fence - 1 : run.fence)
  const input: Record<string, unknown> = {}
  const driven = isDriving(action) ? { fence: putFence(action, run, agentFence, input) } : {}
  const conditional = 'revision' in action ? { ifRevision: revisionOf(action, run) } : {}
  if ('revision' in action) input['ifRevision'] = conditional.ifRevision ?? null
  const asking = isBelow(action) ? askBelow(action, run, input, agentFence) : askRun(action, run, input)
  // Commands about a row do not name its run.
  if (!asking.row) input['runId'] = run.id
  return {
    kind: action.kind,
    by: action.by,
    runId: run.id,
    key: keyOf(action, run, asking, fresh),
    input,
    agentFence,
    ...driven,
    ...conditional,
    ...asking,
  }
}

function isDriving(action: AboutAction): action is AboutAction & Parameters<typeof putFence>[0] {
  return 'fence' in action && action.kind !== 'append'
}

const BELOW: readonly string[] = [
  'openSession',
  'updateSession',
  'recordPrompt',
  'append',
  'submit',
  'askApproval',
  'askInTurn',
  'withdraw',
  'failPhase',
  'decide',
  'say',
  'receipt',
] satisfies BelowAction['kind'][]

function isBelow(action: AboutAction): action is BelowAction {
  return BELOW.includes(action.kind)
}

function revisionOf(
  { revision }: { readonly revision: 'seen' | 'older' | 'any' },
  { log }: ModelRun,
): number | null {
  return revision === 'any' ? null : revision === 'seen' ? log.length : log.length - 1
}

/**
 * The idempotency key of a command. Renewals and transcripts take none. A release after settling stores its key outside
 * the log, per run and only the latest, so it needs a key unique to the run.
 */
function keyOf(action: AboutAction, run: ModelRun, asking: Asking, fresh: () => string): string | null {
  if (action.kind === 'renew' || action.kind === 'append' || action.key === 'none') return null
  if (action.key === 'fresh' || action.kind === 'release') return fresh()
  // The key of a deletion is stored with the run, that of an end reported after settling with the execution.
  if (action.kind === 'delete') return `${run.id} ${action.key}`
  if (action.kind === 'finish') return `${asking.row?.id ?? ''} ${action.key}`
  return `${action.key}`
}

function askRun(action: RunAction, run: ModelRun, input: Record<string, unknown>): Asking {
  const phase = 'phase' in action ? phaseOf(action.phase, action, run) : null
  const key = phase ?? ''
  switch (action.kind) {
    case 'claim': {
      const { owner, leaseSeconds } = action
      Object.assign(input, toClaimInput({ owner, leaseSeconds }))
      return { rule: ({ model, run }) => oracle.claim(model, run, { owner, leaseSeconds }) }
    }
    case 'release': {
      const { wait: seconds, blocked, untilChildren } = action
      // what waits for nothing says nothing of it: of a release after settling only the fence is kept
      if (seconds !== null) Object.assign(input, { claimableAt: Date.now() + seconds * 1000 })
      if (blocked) Object.assign(input, { isBlocked: blocked })
      if (untilChildren) Object.assign(input, { isWaitingForChildren: untilChildren })
      return {
        rule: ({ model, run, before, key }) => {
          if (!isActive(run) && before === run.status) oracle.rememberLastRelease(model, run, key)
          return oracle.release(model, run, { seconds, blocked, untilChildren })
        },
      }
    }
    case 'detach':
      return { rule: ({ model, run, name }) => oracle.detach(model, run, name) }
    case 'confirmCancel':
      return { rule: ({ run, now }) => oracle.confirmCancel(run, now) }
    case 'renew': {
      const { seconds } = action
      input['leaseSeconds'] = seconds
      const fence = Number(input['fence'])
      return { exempt: true, rule: ({ model, run }) => oracle.renew(model, run, fence, seconds) }
    }
    case 'pause':
      input['comment'] = action.comment
      return { rule: ({ run, now }) => oracle.pause(run, now) }
    case 'cancel': {
      const { comment, cascade } = action
      Object.assign(input, { comment, isCascading: cascade })
      return { rule: ({ run, now }) => oracle.cancel(run, now, cascade) }
    }
    case 'resume': {
      const { claim } = action
      input['claim'] = claim && toClaimInput(claim)
      return {
        claims: claim !== null,
        rule: ({ model, run, before, name }) =>
          oracle.resume(model, run, before === 'RUNNING' && run.status !== 'RUNNING', claim, name),
      }
    }
    case 'complete':
      return { rule: ({ model, run }) => oracle.complete(model, run) }
    case 'fail': {
      const { reason } = action
      Object.assign(input, { error: 'broken', reason })
      return { rule: ({ run, now }) => oracle.fail(run, now, reason) }
    }
    case 'delete':
      return { rule: ({ model, run }) => oracle.remove(model, run) }
    case 'advance':
      input['to'] = key
      return { rule: ({ run, now }) => phases.advance(run, now, key) }
    case 'startPhase': {
      const { repair } = action
      Object.assign(input, { phase: key, isRepair: repair })
      return { rule: ({ run, now }) => phases.startPhase(run, now, key, repair) }
    }
    case 'completeRound':
      return { rule: ({ run, now }) => phases.completeRound(run, now) }
    case 'execute':
      Object.assign(input, { command: 'agent', phase })
      return { rule: ({ run, now, made }) => phases.startExecution(run, now, phase, made.rowId) }
    case 'finish': {
      const { exitCode, end } = action
      const found = rowOf(run.executions, action, ({ told }) => !told)
      const id = found?.id ?? 'exe_none'
      // now and then with the fence of who holds the run now
      const fence = end === 'IDLE' ? run.fence : (found?.fence ?? 0)
      Object.assign(input, { executionId: id, exitCode, end, fence })
      return {
        row: { of: 'executions', id },
        rule: ({ run, now }) => phases.finishExecution(run, now, id, end),
      }
    }
  }
}
