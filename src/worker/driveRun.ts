import { waitsForChildren } from '@pawl/sdk'
import type { OwnedRun, Phase, Run, Session } from '@pawl/sdk'
import { AgentError } from '../adapters/kit/adapter.ts'
import { describeHolder, DirectoryTakenError } from '../processes/directoryLock.ts'
import { composeText } from '../text/composeText.ts'
import { MAX_MESSAGE_LENGTH } from './run/budgets.ts'
import { chooseNext } from './run/chooseNext.ts'
import { findDeclaredPhase, readDeclared } from './run/declared.ts'
import type { DeclaredPhase } from './run/declared.ts'
import { RunWithAgents } from './agent/runWithAgents.ts'
import type { WorkerTools } from './run/runContext.ts'
import { leaveRun } from './leaveRun.ts'
import type { ClaimEnding } from './leaveRun.ts'
import { limitsFor } from './run/limits.ts'
import { executePhase } from './phase/executePhase.ts'
import { isRefusedAs, RunFailedError, RunGivenBackError, RunPutOffError, troubleOf } from './run/trouble.ts'

/**
 * Drives a claimed run from phase to phase while the claim holds and work is possible, then ends the claim as the run's
 * status requires.
 */
export async function driveRun(tools: WorkerTools, owned: OwnedRun): Promise<void> {
  const { title, workflow } = owned.run
  tools.report({ kind: 'run-taken', runId: owned.run.id, title, workflow: workflow.name })
  const definition = await tools.pawl.workflows.ofRun(owned.run.id, { signal: owned.signal })
  const context = new RunWithAgents(tools, owned, readDeclared(definition))
  let farewell: ClaimEnding = {}
  try {
    await context.step('run-claimed')
    await drivePhases(context)
  } catch (error) {
    farewell = toClaimEnding(context, error)
  }
  await leaveRun(context, farewell)
}

/** How to end the claim after driving ended with an error. */
function toClaimEnding(context: RunWithAgents, error: unknown): ClaimEnding {
  if (error instanceof DirectoryTakenError) {
    const { directory, holder } = error
    context.report({ kind: 'directory-taken', directory, holder: describeHolder(holder) })
    return { putOff: { ms: context.tools.directoryBackoff.nextWait(context.runId), waitsFor: error.message } }
  }
  if (error instanceof RunPutOffError && !context.hasLeft) {
    const { ms, waitsFor } = error
    return { putOff: { ms, waitsFor } }
  }
  // A run that this owner no longer drives already has its next status.
  if (context.hasLeft || error instanceof RunGivenBackError) return {}
  return { failure: describe(error) }
}

/** Drives phase after phase; returns when the run is finished, waits, or is to be continued by another owner. */
async function drivePhases(context: RunWithAgents): Promise<void> {
  for (;;) {
    // a question that the agent left open is answered, or expires, before the run is taken further
    const run = await context.currentAnswered()
    const phase = run.currentPhase
    if (run.status !== 'RUNNING' || !phase) return
    const isDone = phase.status === 'COMPLETED'
    const declared = findDeclaredPhase(context.workflow, phase.key)
    if (!isDone && context.tools.isDraining()) return
    if (!isDone && declared.role !== null) {
      await lockWorkspace(context)
      if (!(await endOthers(context, declared.role))) return
      await executePhase(context, phase, declared.role)
    } else if (!isDone && !isUnderWay(phase)) await begin(context, phase)
    else if (!isDone && declared.approval && !declared.artifact) return requestApproval(context, declared)
    else if (!isDone && declared.artifact?.required) return requestManualArtifact(context, declared)
    else if (!(await moveOn(context, run, phase))) return
  }
}

/**
 * Locks the workspace directory against other runs before any work begins in it. Other problems with the directory
 * surface in the phase.
 *
 * @throws DirectoryTakenError
 */
async function lockWorkspace(context: RunWithAgents): Promise<void> {
  try {
    await context.workspace()
    context.tools.directoryBackoff.forget(context.runId)
  } catch (error) {
    if (error instanceof DirectoryTakenError) throw error
  }
}

/**
 * Ends agents of other roles that were still working when their owner was lost: two agents never work in one workspace.
 */
function endOthers(context: RunWithAgents, role: string): Promise<boolean> {
  const isAtWork = (session: Session) => session.role !== role && session.status === 'BUSY'
  return context.agents.endAbandoned(isAtWork, limitsFor(context, context.agents))
}

function isUnderWay({ status }: Phase): boolean {
  return status === 'RUNNING' || status === 'AWAITING_ARTIFACT'
}

async function begin(context: RunWithAgents, { key }: Phase): Promise<void> {
  await context.command(context.owned.phases.start(key, context.call))
  await context.step('phase-started')
}

/** Requests the approval of a phase that no agent works on, with the workflow's question. */
async function requestApproval(context: RunWithAgents, { key, approval }: DeclaredPhase): Promise<void> {
  if (!approval) return
  const { gate, question } = approval
  const tree = await context.readTree()
  await context.command(
    context.owned.approvals.request({ phase: key, gate, question, tree, ...context.call }),
  )
  await context.step('approval-requested')
}

/** Fails a phase that requires a file but has no role to write it, and asks a person whether to retry. */
async function requestManualArtifact(context: RunWithAgents, { key }: DeclaredPhase): Promise<void> {
  const message = `Phase ${key} has to submit a file, and no role`
  const hint = 'Hand the file over by hand, as the owner of the run, or give the phase a role.'
  const error = { class: 'HUMAN_REQUIRED' as const, code: 'NO_ROLE', message, hint }
  const question = `${message} works on it. Shall it be tried again?`
  const recovery = { gate: 'recovery', question }
  await context.command(context.owned.phases.fail(key, { error, recovery, ...context.call }))
  await context.step('phase-failed')
}

/**
 * Leaves a completed phase: completes the run or the round, otherwise advances to the next phase. Returns whether there
 * is more to do.
 */
async function moveOn(context: RunWithAgents, run: Run, { key, round }: Phase): Promise<boolean> {
  const { owned, workflow, tools } = context
  if (run.allowedCommands.includes('COMPLETE')) return complete(context)
  // Once released, the run does not hold a slot that its children may need.
  if (run.nextAction === 'WAIT' && waitsForChildren(await context.readRun())) return false
  if (run.allowedCommands.includes('COMPLETE_ROUND')) {
    await context.command(owned.rounds.complete(context.call))
    await context.step('round-completed')
    return true
  }
  if (tools.isDraining()) return false
  await context.log.reach(run.revision, context.signal)
  const next = chooseNext(workflow, key, context.log.visited(round))
  if (next === null)
    throw new AgentError(
      'FATAL',
      'NO_WAY_ON',
      `Nothing follows phase ${key}, and the run is not complete`,
      '',
    )
  const answer = owned.phases.advance(next, { ifRevision: run.revision, ...context.call })
  try {
    await context.command(answer)
  } catch (error) {
    // Something was done to the run in between, as a message sent to it; the way on is chosen anew.
    if (isRefusedAs(error, 'RevisionConflict')) return true
    throw error
  }
  context.report({ kind: 'phase-done', phase: key, next })
  await context.step('phase-advanced')
  return true
}

/**
 * Completes the run once all its agents are gone and their transcripts are written: readers receive nothing after
 * completion.
 */
async function complete(context: RunWithAgents): Promise<false> {
  const isGone = await context.agents.stop(limitsFor(context, context.agents), 'CANCELLED')
  await context.step('agents-stopped')
  if (!isGone) return false
  await context.agents.close()
  await context.command(context.owned.complete(context.call))
  await context.tools.onStep('run-completed')
  return false
}

function describe(error: unknown): string {
  const trouble = troubleOf(error)
  const words = trouble ? `${trouble.code}: ${trouble.message}` : `the worker failed: ${String(error)}`
  return composeText(error instanceof RunFailedError ? error.message : words, { max: MAX_MESSAGE_LENGTH })
}
