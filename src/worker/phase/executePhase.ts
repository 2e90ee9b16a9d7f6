import type { Phase } from '@pawl/sdk'
import type { RunWithAgents } from '../agent/runWithAgents.ts'
import { findDeclaredPhase } from '../run/declared.ts'
import { isRefusedAs, RunFailedError, RunGivenBackError, RunPutOffError, troubleOf } from '../run/trouble.ts'
import { awaitWork } from './awaitWork.ts'
import { beginPhase, enterPhase } from './beginPhase.ts'
import { judgeWork } from './judgeWork.ts'
import { failPhase, leavePhase } from './leavePhase.ts'
import { answerModelError } from './answerModelError.ts'
import { correctWork, recoverSession } from './recoverWork.ts'
import { sendPrompt } from './sendPrompt.ts'
import { submitArtifact } from './submitArtifact.ts'
import { hasMoved } from './step.ts'
import type { PhaseTask, Step, Turn } from './step.ts'

/**
 * Has the agent of its role do the work of the run's current phase, continuing from the state in the log, until it is
 * completed, waits for a person, or was moved on by the agent itself.
 *
 *     BEGIN → ENTER → PROMPT → AWAIT → JUDGE → SUBMIT → LEAVE
 *               │       ▲        ▲               │
 *               │       │        └─ invalid, ────┤
 *               │       │           still at it  │ invalid
 *               └───────┴─ RECOVER, CORRECT ◄────┘
 *
 * ENTER continues where an earlier owner stopped. CORRECT and RECOVER have budgets; after those, and on any other trouble, FAIL. Each
 * step is given what the one before returned, and judges the run by the last answer of the server; only JUDGE reads it again, since
 * the agent may have moved it on.
 *
 * @throws RunLeftError, or the signal's reason, where the run is not this owner's to drive any more; RunFailedError where the run
 * is to be failed
 */
export async function executePhase(context: RunWithAgents, phase: Phase, role: string): Promise<void> {
  const declared = findDeclaredPhase(context.workflow, phase.key)
  const task: PhaseTask = { context, declared, role, phaseId: phase.id, round: phase.round }
  context.agents.phase = phase.key
  let step: Step = { name: 'BEGIN' }
  while (step.name !== 'DONE') {
    try {
      step = await perform(task, step)
    } catch (error) {
      step = await stepAfterError(task, step, error)
    }
  }
}

function perform(task: PhaseTask, step: Exclude<Step, { readonly name: 'DONE' }>): Promise<Step> {
  switch (step.name) {
    case 'BEGIN':
      return beginPhase(task)
    case 'ENTER':
      return enterPhase(task, step)
    case 'PROMPT':
      return sendPrompt(task, step)
    case 'AWAIT':
      return awaitWork(task, step)
    case 'JUDGE':
      return judgeWork(task, step)
    case 'SUBMIT':
      return submitArtifact(task, step)
    case 'CORRECT':
      return correctWork(task, step)
    case 'RECOVER':
      return recoverSession(task, step)
    case 'MODEL_FAILED':
      return answerModelError(task, step)
    case 'LEAVE':
      return leavePhase(task, step)
    case 'FAIL':
      return failPhase(task, step)
  }
}

/** The step that follows an error: a trouble fails the phase, a phase that the agent has moved on is left. */
async function stepAfterError(task: PhaseTask, step: Step, error: unknown): Promise<Step> {
  const { context } = task
  if (context.hasLeft || step.name === 'FAIL' || error instanceof RunPutOffError) throw error
  await giveBackIfNotReady(context, error)
  const agent = 'agent' in step ? step.agent : null
  const trouble = troubleOf(error)
  if (trouble) return { name: 'FAIL', trouble, agent }
  const isMoved = isRefusedAs(error, 'IllegalTransition') && hasMoved(task, context.latest)
  if (!isMoved || step.name === 'LEAVE') throw error
  return { name: 'LEAVE', agent, turn: turnDuring(step) }
}

/** What the agent does while a step is performed that says nothing of it: a session that is BUSY has a prompt that is worked on. */
function turnDuring(step: Step): Turn {
  if ('turn' in step) return step.turn
  return 'agent' in step && step.agent?.status === 'BUSY' ? 'ON' : 'NONE'
}

/**
 * A worker that can't work is no reason to ask a person about the run, nor to fail it: another owner may continue it.
 *
 * @throws RunGivenBackError
 */
async function giveBackIfNotReady({ tools }: RunWithAgents, error: unknown): Promise<void> {
  const trouble = troubleOf(error)
  // a directory that was there when the run began was taken away by its own agent
  const isOfTheRun =
    error instanceof RunFailedError || trouble?.errorClass === 'FATAL' || trouble?.code === 'WORKSPACE_GONE'
  if (isOfTheRun || (await tools.isReady())) return
  throw new RunGivenBackError('This worker can not work', { cause: error })
}
