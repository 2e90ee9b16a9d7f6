import { isAsking, type Run } from '@pawl/sdk'
import type { AgentFailure } from '../../adapters/kit/adapter.ts'
import { classifyFailure, SESSION_UNKNOWN } from '../../adapters/kit/modelError.ts'
import { isChanged } from '../../workspaces/files/baseline.ts'
import type { Baseline } from '../../workspaces/files/baseline.ts'
import { readArtifact } from '../../workspaces/files/readArtifact.ts'
import type { Artifact, ArtifactTrouble } from '../../workspaces/files/readArtifact.ts'
import type { DeclaredArtifact } from '../run/declared.ts'
import { isRefusedAs } from '../run/trouble.ts'
import type { Trouble } from '../run/trouble.ts'
import { makeReady, stopUnresponsive } from './agentTurn.ts'
import { findArtifactPlace, hasEndedTurn, hasMoved, messagesNotGiven, readProgress } from './step.ts'
import type { PhaseTask, Step, StepOf, Turn } from './step.ts'

/** Looks at what the agent has left, now that it does not work any more. */
export async function judgeWork(task: PhaseTask, step: StepOf<'JUDGE'>): Promise<Step> {
  const { context, declared } = task
  const { agent, judged, turn, carried, failure = null } = step
  await context.steering.end()
  // The agent's last command may have moved the run on: no answer of this owner's can say so.
  if (hasMoved(task, await endQuestion(task, turn))) return { name: 'LEAVE', agent, turn }
  if (
    hasEndedTurn(turn) &&
    failure === null &&
    messagesNotGiven(task, await readProgress(task), carried).length > 0
  ) {
    await makeReady(task, agent, turn)
    return { name: 'PROMPT', agent, judged, composed: null }
  }
  // An agent that was ended because its credential is refused needs a person, whatever it has left.
  const hopeless = failure && classifyFailure(failure, Date.now())
  if (hopeless && (hopeless.class === 'AUTH' || hopeless.class === 'BILLING') && turn === 'KILLED')
    return { name: 'MODEL_FAILED', agent, judged, turn, error: hopeless }
  // A file that was being written when its agent was ended can't be told from a whole one: the agent has to say.
  if (turn === 'GONE' || turn === 'KILLED') return { name: 'RECOVER', agent, judged, turn }
  const { artifact } = declared
  const found = artifact && (await readArtifact(await findArtifactPlace(task, artifact)))
  if (found && found.outcome !== 'MISSING' && isNew(judged, found)) {
    await context.step('artifact-found')
    return { name: 'SUBMIT', agent, judged, turn, found, sent: null }
  }
  if (turn === 'NONE') return { name: 'PROMPT', agent, judged, composed: null }
  const byModel = await stepAfterFailure(task, step)
  if (byModel) return byModel
  if (turn === 'CRASHED') return { name: 'RECOVER', agent, judged, turn }
  if (turn === 'REFUSED') return { name: 'FAIL', agent, trouble: refused(declared.key) }
  const problem = describeMissingWork(turn, artifact, found?.outcome === 'MISSING')
  return { name: 'CORRECT', agent, judged, turn, problem, code: codeOf(turn, found?.outcome) }
}

/**
 * The run once nothing is asked in it any more. The question of an agent whose turn is over is still answered, or
 * expires; that of one that is gone is withdrawn.
 */
async function endQuestion({ context }: PhaseTask, turn: Turn): Promise<Run> {
  const run = await context.current()
  if (!isAsking(run)) return run
  await context.log.reach(run.revision, context.signal)
  const { questionId } = context.log
  const isGone = turn !== 'OVER' && turn !== 'NONE'
  // whether it is answered at the same time does not matter: nobody waits for it
  if (isGone && questionId !== null) {
    await context.owned.approvals.withdraw(questionId, context.call)
    await context.readRun()
  }
  return context.currentAnswered()
}

/** The step that follows where the agent names the error that ended its turn; undefined where that is judged by its end alone. */
async function stepAfterFailure(task: PhaseTask, step: StepOf<'JUDGE'>): Promise<Step | undefined> {
  const { agent, judged, turn } = step
  const failure = step.failure ?? (await lastFailure(task, step))
  // An agent that has no session any more did not crash: it begins a new one.
  if (failure?.code === SESSION_UNKNOWN) return { name: 'RECOVER', agent, judged, turn: 'GONE' }
  const error = failure && classifyFailure(failure, Date.now())
  if (error) return { name: 'MODEL_FAILED', agent, judged, turn, error }
  if (failure === null) task.context.tools.modelBackoff.forget(task.context.runId)
  return undefined
}

/** What a silent agent said last of an error: some wait for their model without a word. */
async function lastFailure(task: PhaseTask, { agent, turn }: StepOf<'JUDGE'>): Promise<AgentFailure | null> {
  if (turn !== 'SILENT' && turn !== 'LATE') return null
  await stopUnresponsive(task, agent, turn)
  return (await agent.agent.turnOver(task.context.signal)).failure
}

function codeOf(turn: Turn, found: string | undefined): string {
  if (!hasEndedTurn(turn)) return 'ARTIFACT_TIMEOUT'
  if (found === undefined) return 'NOT_FINISHED'
  return found === 'MISSING' ? 'NO_ARTIFACT' : 'INVALID_ARTIFACT'
}

/** Whether it is another than what was judged before. */
function isNew(judged: Baseline, found: Artifact | ArtifactTrouble): boolean {
  return !('state' in found) || isChanged(judged, found.state)
}

function describeMissingWork(turn: Turn, artifact: DeclaredArtifact | null, isMissing: boolean): string {
  const what = !artifact
    ? 'the end of the work was not reported (`pawl state` shows the command)'
    : isMissing
      ? `the file \`${artifact.path}\` was not written`
      : `the file \`${artifact.path}\` is unchanged, and it was not accepted before`
  if (turn === 'SILENT') return `${what}; the agent was ended because it showed no activity for too long`
  if (turn === 'CUT_OFF')
    return `${what}; a limit of your model ended your turn before: continue in smaller steps`
  return turn === 'LATE' ? `${what} in time; the agent was ended` : what
}

function refused(phase: string): Trouble {
  return {
    errorClass: 'HUMAN_REQUIRED',
    code: 'REFUSED',
    message: `The model of the agent refused the work of phase ${phase}`,
    hint: 'See what it said, in the transcript of its session. Trying again begins with a new agent.',
  }
}

/** Submits the file. A valid one ends the phase; after an invalid one, an agent that still works may write it again. */
export async function submitArtifact(task: PhaseTask, step: StepOf<'SUBMIT'>): Promise<Step> {
  const { context, declared } = task
  const { agent, turn, found } = step
  const { key, artifact, approval } = declared
  if (!artifact) throw new Error(`phase ${key} has no file to submit`)
  if (found.outcome !== 'FOUND') {
    if ('problem' in found && found.outcome !== 'NOT_A_FILE') throw found.problem
    return afterRefusal(step, describeTrouble(artifact, found))
  }
  // The turn is over: the next owner knows by this that the file is whole. While a question is open nothing can be written.
  if (turn !== 'ON' && agent.status === 'BUSY' && approval)
    await context.agents.move(agent, 'WAITING_FOR_APPROVAL')
  else if (hasEndedTurn(turn)) await makeReady(task, agent, turn)
  const tree = approval ? await context.readTree() : null
  const fields = { path: artifact.path, content: found.content, tree, ...context.call }
  try {
    const submitted = await context.command(context.owned.artifacts.submit(key, fields))
    const { isValid: valid, problems } = submitted.artifact
    context.report({ kind: 'artifact-submitted', phase: key, path: artifact.path, problems })
    await context.step('artifact-submitted')
    if (!valid) return afterRefusal(step, `the file \`${artifact.path}\` was not accepted`)
    // Whatever its process ended with: its work is there.
    return { name: 'LEAVE', agent, turn: turn === 'CRASHED' ? 'OVER' : turn }
  } catch (error) {
    // What the server does not even take, as a file past its own limit.
    if (isRefusedAs(error, 'InvalidInput')) return afterRefusal(step, (error as Error).message)
    throw error
  }
}

/** An agent at work may write the file again, and only a new version counts; an agent whose turn is over is asked to repair it. */
function afterRefusal({ agent, turn, found, sent, judged }: StepOf<'SUBMIT'>, problem: string): Step {
  const refused = 'state' in found ? found.state : null
  const counted = { agent, judged: refused ?? judged }
  if (sent) return { name: 'AWAIT', ...counted, sent: { ...sent, before: refused ?? sent.before } }
  return { name: 'CORRECT', ...counted, turn, problem, code: 'INVALID_ARTIFACT' }
}

function describeTrouble({ path }: DeclaredArtifact, trouble: ArtifactTrouble): string {
  switch (trouble.outcome) {
    case 'TOO_LARGE':
      return `the file \`${path}\` is larger than ${trouble.maxBytes} bytes`
    case 'NOT_TEXT':
      return `the file \`${path}\` is no text in UTF-8`
    default:
      return trouble.problem.message
  }
}
