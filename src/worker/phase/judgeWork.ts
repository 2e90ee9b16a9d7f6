import { isAsking, type Run } from '@pawl/sdk'
import type { AgentFailure } from '../../adapters/kit/adapter.ts'
import { classifyFailure, SESSION_UNKNOWN } from '../../adapters/kit/modelError.ts'
import { isChanged } from '../../workspaces/files/baseline.ts'
import type { Baseline } from '../../workspaces/files/baseline.ts'
import { readArtifact } from '../../workspaces/files/readArtifact.ts'
import type { Artifact, ArtifactTrouble } from '../../workspaces/files/readArtifact.ts'
import type { DeclaredArtifact } from '../run/declared.ts'
import type { Trouble } from '../run/trouble.ts'
import { makeReady, stopUnresponsive } from './agentTurn.ts'
import { findArtifactPlace, hasEndedTurn, hasMoved, messagesNotGiven, readProgress } from './step.ts'
import type { PhaseTask, Step, StepOf, Turn } from './step.ts'

/** Looks at what the agent has left, now that it does not work any more. */
export async function judgeWork(task: PhaseTask, step: StepOf<'JUDGE'>): Promise<Step> {
  const { context, declared } = task
  const { agent, judged, turn, carried, failure = null } = step
  await context.steering.end()
  const submission = await judgeByLog(task, step)
  if (submission) return submission
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
 * The submission of a file that an agent left which ended its turn well, where the log says of nothing that stands against it; undefined in
 * any other case. What the log does not tell yet raises the revision, and the server then takes nothing.
 */
async function judgeByLog(task: PhaseTask, step: StepOf<'JUDGE'>): Promise<Step | undefined> {
  const { context, declared } = task
  const { agent, judged, turn, carried, failure = null } = step
  const { log, latest } = context
  if (!declared.artifact || !hasEndedTurn(turn) || failure !== null) return undefined
  const progress = await readProgress(task)
  const revision = log.seq
  const isKnown = latest === context.latest && log.lastMove <= latest.revision && log.questionId === null
  if (!isKnown || isAsking(latest) || hasMoved(task, latest)) return undefined
  if (messagesNotGiven(task, progress, carried).length > 0) return undefined
  const found = await readArtifact(await findArtifactPlace(task, declared.artifact))
  if (found.outcome !== 'FOUND' || !isNew(judged, found)) return undefined
  await context.step('artifact-found')
  return { name: 'SUBMIT', agent, judged, turn, found, sent: null, byLog: { judge: step, revision } }
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
