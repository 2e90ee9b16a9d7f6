import { waitsForChildren } from '@pawl/sdk'
import type { OwnedRun, Phase, RunDetail, Session } from '@pawl/sdk'
import { AgentError } from '../adapters/kit/adapter.ts'
import { describeHolder, DirectoryTakenError } from '../processes/directoryLock.ts'
import { composeText } from '../text/composeText.ts'
import { MAX_MESSAGE_LENGTH } from './run/budgets.ts'
import { chooseNext } from './chooseNext.ts'
import { findDeclaredPhase, readDeclared } from './run/declared.ts'
import type { DeclaredPhase } from './run/declared.ts'
import { RunWithAgents } from './agent/runWithAgents.ts'
import type { WorkerTools } from './run/runContext.ts'
import { leaveRun } from './leaveRun.ts'
import type { ClaimEnding } from './leaveRun.ts'
import { limitsFor } from './run/limits.ts'
import { executePhase } from './phase/executePhase.ts'
import { RunFailedError, RunGivenBackError, troubleOf } from './run/trouble.ts'

/** Leads a run from phase to phase for as long as it is held and can be led, then ends the claim as the run asks for. */
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

/** How a run is left whose driving ended with an error. */
function toClaimEnding(context: RunWithAgents, error: unknown): ClaimEnding {
  if (error instanceof DirectoryTakenError) {
    const { directory, holder } = error
    context.report({ kind: 'directory-taken', directory, holder: describeHolder(holder) })
    return { putOff: { ms: context.tools.directoryBackoff.nextWait(context.runId), waitsFor: error.message } }
  }
  // A run that is not this owner's any more says by itself how it goes on.
  if (context.hasLeft || error instanceof RunGivenBackError) return {}
  return { failure: describe(error) }
}

/** What goes on from phase to phase; returns where the run is finished, waits, or another is to go on with it. */
async function drivePhases(context: RunWithAgents): Promise<void> {
  for (;;) {
    const run = await context.readRun()
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
 * Sees that no other run works in the directory before anything is begun there. What else is wrong with it is met in the phase.
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

/** Ends agents of other roles that still worked when their owner was lost: two never work in one workspace. */
function endOthers(context: RunWithAgents, role: string): Promise<boolean> {
  const isAtWork = (session: Session) => session.role !== role && session.status === 'BUSY'
  return context.agents.endAbandoned(isAtWork, limitsFor(context, context.agents))
}

function isUnderWay({ status }: Phase): boolean {
  return status === 'RUNNING' || status === 'AWAITING_ARTIFACT'
}

async function begin(context: RunWithAgents, { key }: Phase): Promise<void> {
  context.accept(await context.owned.phases.start(key, context.call))
  await context.step('phase-started')
}

/** A phase that no agent works on, and a person has to agree to: the question is put as the workflow puts it. */
async function requestApproval(context: RunWithAgents, { key, approval }: DeclaredPhase): Promise<void> {
  if (!approval) return
  const { gate, question } = approval
  context.accept(await context.owned.approvals.request({ phase: key, gate, question, ...context.call }))
  await context.step('approval-requested')
}

/** A file that nobody is there to make. */
async function requestManualArtifact(context: RunWithAgents, { key }: DeclaredPhase): Promise<void> {
  const message = `Phase ${key} has to hand over a file, and no role`
  const hint = 'Hand the file over by hand, as the owner of the run, or give the phase a role.'
  const error = { class: 'HUMAN_REQUIRED' as const, code: 'NO_ROLE', message, hint }
  const question = `${message} works on it. Shall it be tried again?`
  const recovery = { gate: 'recovery', question }
  context.accept(await context.owned.phases.fail(key, { error, recovery, ...context.call }))
  await context.step('phase-failed')
}

/** Leaves a phase that is done: for the end of the round or of the run, else for the next phase. Returns whether there is more to do. */
async function moveOn(context: RunWithAgents, run: RunDetail, { key }: Phase): Promise<boolean> {
  const { owned, workflow, tools } = context
  if (run.missingEvidence.length === 0) return complete(context)
  // given back, it keeps no slot that its children may need
  if (waitsForChildren(run)) return false
  if (key === workflow.completeRoundAt && run.missingEvidence.some(({ kind }) => kind === 'ROUND')) {
    context.accept(await owned.rounds.complete(context.call))
    await context.step('round-completed')
    return true
  }
  if (tools.isDraining()) return false
  const visited = new Set(run.phases.filter(({ attempts }) => attempts > 0).map((phase) => phase.key))
  const next = chooseNext(workflow, key, visited)
  if (next === null)
    throw new AgentError(
      'FATAL',
      'NO_WAY_ON',
      `Nothing follows phase ${key}, and the run is not complete`,
      '',
    )
  context.accept(await owned.phases.advance(next, { ifRevision: run.revision, ...context.call }))
  context.report({ kind: 'phase-done', phase: key, next })
  await context.step('phase-advanced')
  return true
}

/** Completes the run once nothing of it lives any more, and all that was said is written: who reads along hears no more after that. */
async function complete(context: RunWithAgents): Promise<false> {
  const isGone = await context.agents.stop(limitsFor(context, context.agents), 'CANCELLED')
  await context.step('agents-stopped')
  if (!isGone) return false
  await context.agents.close()
  context.accept(await context.owned.complete(context.call))
  await context.tools.onStep('run-completed')
  return false
}

function describe(error: unknown): string {
  const trouble = troubleOf(error)
  const words = trouble ? `${trouble.code}: ${trouble.message}` : `the worker failed: ${String(error)}`
  return composeText(error instanceof RunFailedError ? error.message : words, { max: MAX_MESSAGE_LENGTH })
}
