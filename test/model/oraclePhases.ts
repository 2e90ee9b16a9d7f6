import type { ReportedEnd } from '../../src/lifecycle/run/enums.ts'
import type { Actor } from './choices.ts'
import {
  completePhase,
  freshPhases,
  graphOf,
  isActive,
  isAtWork,
  isWorkedOn,
  note,
  phaseAt,
} from './beliefs.ts'
import {
  accepted,
  type Expected,
  type ModelArtifact,
  type ModelExecution,
  type ModelRun,
  refused,
  unchanged,
} from './modelState.ts'

/** Evidence that a run lacks for COMPLETED. */
interface Missing {
  readonly kind: string
  readonly phase: string | null
}

/** The owner must be at work, and the name be that of a phase. */
export function illegal(run: ModelRun, key: string): Expected | null {
  if (!isAtWork(run)) return refused('RunNotActive', { status: run.status })
  if (!run.phases.has(key)) return refused('UnknownPhase', { phase: key })
  return null
}

/** As `illegal`; and it must be the phase that the run stands at, under work. */
export function notWorkedOn(run: ModelRun, key: string): Expected | null {
  const elsewhere = key !== run.at || !isWorkedOn(phaseAt(run))
  return illegal(run, key) ?? (elsewhere ? refused('IllegalTransition', { from: run.at, to: key }) : null)
}

export function startPhase(run: ModelRun, now: number, key: string, repair: boolean): Expected {
  const phase = phaseAt(run)
  const startable = repair ? isWorkedOn(phase) : ['PENDING', 'FAILED', 'CANCELLED'].includes(phase.status)
  const wrong = key !== run.at || !startable
  const refusal =
    illegal(run, key) ?? (wrong ? refused('IllegalTransition', { from: run.at, to: key }) : null)
  if (refusal) return refusal
  enter(run, key, now)
  return accepted
}

function enter(run: ModelRun, key: string, now: number): void {
  const phase = phaseAt(run, key)
  phase.status = 'RUNNING'
  phase.attempts.push({ epoch: run.epoch, status: 'RUNNING' })
  phase.startedAt = now
  run.away = 0
  run.at = key
  if (key === run.workflow.completeRoundAt) run.roundComplete = false
  note(run, 'phase.started', now)
}

export function advance(run: ModelRun, now: number, to: string): Expected {
  // neither advancing nor completing goes past a question that is open
  if (run.status !== 'RUNNING') return refused('RunNotActive', { status: run.status })
  const refusal = illegal(run, to)
  if (refusal) return refusal
  const { workflow } = run
  const here = phaseAt(run)
  const anew = run.roundComplete && to === workflow.initialPhase
  const way = anew ? run.roundsDone + 1 - run.firstRound < workflow.maxRounds : graphOf(run).next.includes(to)
  if (!way || !isDoneOrUnderWay(run)) return refused('IllegalTransition', { from: run.at, to })
  const target = graphOf(run, to)
  const early =
    target.final && workflow.completeRoundAt !== null && workflow.completeRoundAt !== to && !run.roundComplete
  const missing = missingForPhase(run, run.at)
  if (early) missing.push({ kind: 'ROUND', phase: workflow.completeRoundAt })
  if (missing.length > 0) return refused('NotCompletable', { status: 'RUNNING', missing })
  if (here.status !== 'COMPLETED') completePhase(run, now)
  if (anew) {
    run.round = run.roundsDone + 1
    run.roundComplete = false
    run.at = workflow.initialPhase
    run.phases = freshPhases(workflow)
    note(run, 'round.opened', now)
  } else {
    enter(run, to, now)
    if (target.final && !target.artifact && !target.approval) completePhase(run, now)
  }
  return accepted
}

export function completeRound(run: ModelRun, now: number): Expected {
  if (!isAtWork(run)) return refused('RunNotActive', { status: run.status })
  if (run.roundComplete) return unchanged
  if (run.at !== run.workflow.completeRoundAt || !isDoneOrUnderWay(run))
    return refused('IllegalTransition', { from: run.at })
  const missing = missingForPhase(run, run.at)
  if (missing.length > 0) return refused('NotCompletable', { status: run.status, missing })
  completePhase(run, now)
  run.roundComplete = true
  run.roundsDone = Math.max(run.roundsDone, run.round)
  note(run, 'round.completed', now)
  return accepted
}

function isDoneOrUnderWay(run: ModelRun): boolean {
  const here = phaseAt(run)
  return here.status === 'COMPLETED' || isWorkedOn(here)
}

/** The evidence that a run lacks for COMPLETED: only what the server has stored counts. */
export function missingForRun(run: ModelRun): Missing[] {
  const { final, next } = graphOf(run)
  const missing: Missing[] = []
  const isLast = final || next.length === 0
  if (!isLast) missing.push({ kind: 'FINAL_PHASE', phase: run.at })
  for (const [key, phase] of run.phases) {
    if (phase.attempts.length === 0 && key !== run.at) continue
    const lacks = missingForPhase(run, key)
    const isFinishing = key === run.at && isLast && isWorkedOn(phase) && lacks.length === 0
    if (phase.status !== 'COMPLETED' && !isFinishing) missing.push({ kind: 'PHASE', phase: key })
    missing.push(...lacks)
  }
  if (run.approvals.some(({ status }) => status === 'PENDING'))
    missing.push({ kind: 'APPROVAL', phase: null })
  const wholeRun = run.approvals.filter(({ kind, phase }) => kind === 'REVIEW' && phase === null)
  for (const gate of new Set(wholeRun.map((each) => each.gate))) {
    const last = wholeRun.findLast((each) => each.gate === gate)
    if (last?.status === 'REJECTED' || (last?.status === 'EXPIRED' && last.onExpiry === 'REJECT'))
      missing.push({ kind: 'APPROVAL', phase: null })
  }
  const { completeRoundAt } = run.workflow
  if (completeRoundAt !== null && !run.roundComplete) missing.push({ kind: 'ROUND', phase: completeRoundAt })
  return missing
}

/** What a phase lacks in its last attempt: a valid file, and a yes to exactly that file. */
function missingForPhase(run: ModelRun, key: string): Missing[] {
  const { artifact, approval } = graphOf(run, key)
  const missing: Missing[] = []
  const file = validFile(run, key)
  if (artifact?.required && !file) missing.push({ kind: 'ARTIFACT', phase: key })
  const approved = run.approvals.some(
    (each) =>
      isOfLastAttempt(run, key, each) &&
      each.status === 'APPROVED' &&
      each.gate === approval?.gate &&
      (!artifact || each.artifactSha256 === (file?.sha256 ?? null)),
  )
  if (approval && !approved) missing.push({ kind: 'APPROVAL', phase: key })
  return missing
}

const isOfLastAttempt = (
  run: ModelRun,
  key: string,
  row: { phase: string | null; round: number; attempt: number | null },
) => row.phase === key && row.round === run.round && row.attempt === phaseAt(run, key).attempts.length

/** The valid file of a phase's last attempt, where the phase declares it. */
export function validFile(run: ModelRun, key: string): ModelArtifact | undefined {
  const path = graphOf(run, key).artifact?.path
  return run.artifacts.findLast((file) => isOfLastAttempt(run, key, file) && file.valid && file.path === path)
}

/** Whether an execution may be started: `id` is the one that it was given. */
export function startExecution(run: ModelRun, now: number, phase: string | null, id: string): Expected {
  const refusal = phase === null ? illegal(run, run.at) : illegal(run, phase)
  if (refusal) return refusal
  if (phase !== null && phase !== run.at) return refused('InvalidInput')
  run.executions.push({ id, fence: run.fence, end: null, told: false })
  note(run, 'execution.started', now)
  return accepted
}

/** Whether an end may be told: with the claim that the execution was started under, be it over, or by an operator. */
export function mayFinish({ fence }: ModelExecution, by: Actor, asked: unknown, agentFence: number): boolean {
  if (by === 'operator' || by === 'admin') return true
  return fence === (by === 'agent' ? agentFence : asked) && (by !== 'agent' || asked === agentFence)
}

export function finishExecution(run: ModelRun, now: number, id: string, end: ReportedEnd): Expected {
  const execution = run.executions.find((each) => each.id === id)
  if (!execution) return refused('NotFound')
  const open =
    execution.end === null || execution.end === 'CLOSED_BY_RUN' || execution.end === 'SUPERVISOR_LOST'
  if (!open || execution.told) return refused('ExecutionAlreadyFinished')
  execution.end = end
  execution.told = true
  if (isActive(run)) note(run, 'execution.finished', now)
  return accepted
}
