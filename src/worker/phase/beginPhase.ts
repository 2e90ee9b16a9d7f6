import { AgentError } from '../../adapters/kit/adapter.ts'
import { removeStale } from '../../workspaces/files/baseline.ts'
import type { Baseline } from '../../workspaces/files/baseline.ts'
import { readArtifact } from '../../workspaces/files/readArtifact.ts'
import type { OpenAgent } from '../agent/openAgents.ts'
import { retryTransient } from '../run/backoff.ts'
import { BUDGETS } from '../run/budgets.ts'
import type { PhaseProgress, RecordedPrompt } from '../run/phaseProgress.ts'
import { awaitTurnEnd, makeReady } from './agentTurn.ts'
import { recomposePrompt } from './phasePrompt.ts'
import { confirmPrompt } from './sendPrompt.ts'
import { findArtifactPlace, isUnderWay, readProgress } from './step.ts'
import type { PhaseTask, Step, StepOf } from './step.ts'

/** Starts the phase, where it is not under way already, and opens its agent. */
export async function beginPhase(task: PhaseTask): Promise<Step> {
  const { context, declared, role, phaseId } = task
  const { currentPhase } = context.latest
  if (currentPhase?.id !== phaseId || !isUnderWay(currentPhase))
    await context.command(context.owned.phases.start(declared.key, context.call))
  await context.step('phase-started')
  const { attempt, prompts } = await readProgress(task)
  context.report({ kind: 'phase-begun', phase: declared.key, attempt, role, isResumed: prompts.length > 0 })
  return { name: 'ENTER', agent: await openAgent(task) }
}

/** Opens the session of the phase's role and its agent, or takes over those of an earlier owner. */
function openAgent({ context, role }: PhaseTask): Promise<OpenAgent> {
  return retryTransient(
    context,
    BUDGETS.resumes,
    async () => context.agents.get(role) ?? (await context.agents.open(role)),
  )
}

/**
 * Continues the phase from its state in the log: its beginning, a prompt that was or may have been sent, work under way, or
 * interrupted work.
 */
export async function enterPhase(task: PhaseTask, { agent }: StepOf<'ENTER'>): Promise<Step> {
  const progress = await readProgress(task)
  const judged = await findJudgedFile(task, progress)
  const last = progress.prompts.at(-1)
  if (last) return takeOver(task, { agent, judged, progress, last })
  // The prompt of an earlier phase or attempt may still be worked on.
  const turn = agent.status === 'BUSY' ? await awaitTurnEnd(task, agent) : 'NONE'
  await makeReady(task, agent, turn)
  await task.context.step('session-ready')
  if (progress.repairs !== null) return { name: 'PROMPT', agent, judged, composed: null }
  if (progress.isByAgent) return { name: 'JUDGE', agent, judged, turn, carried: [] }
  await clearArtifact(task)
  return { name: 'PROMPT', agent, judged: null, composed: null }
}

/** What an earlier owner has left. */
interface Found {
  readonly agent: OpenAgent
  readonly judged: Baseline
  readonly progress: PhaseProgress
  readonly last: RecordedPrompt
}

/** Takes over a prompt that an earlier owner has recorded: it is sent again only where it never arrived. */
async function takeOver(task: PhaseTask, { agent, judged, progress, last }: Found): Promise<Step> {
  const composed = recomposePrompt(task, progress, last.key)
  if (!composed) throw otherPrompt(task)
  const { carried } = composed
  if (!last.isSent) {
    if (agent.status !== 'BUSY' || !(await agent.agent.hasReceived(last.key))) {
      if (agent.status !== 'BUSY') await makeReady(task, agent, 'NONE')
      return { name: 'PROMPT', agent, judged, composed }
    }
    await confirmPrompt(task, agent, composed, progress)
  }
  await task.context.step('session-ready')
  if (progress.isRecovered && agent.status === 'READY')
    return { name: 'PROMPT', agent, judged, composed: null }
  if (agent.status === 'READY' || agent.status === 'WAITING_FOR_APPROVAL')
    return { name: 'JUDGE', agent, judged, turn: 'OVER', carried }
  // An agent that did not outlive its owner does not work on what it was given.
  if (agent.status === 'BUSY' && agent.agent.isAdopted && (await agent.agent.probe()) !== 'GONE')
    return { name: 'AWAIT', agent, judged, sent: { carried, sentAt: performance.now(), before: null } }
  return { name: 'JUDGE', agent, judged, turn: 'GONE', carried }
}

/** The file at the artifact's path, where the server has judged it before; null for any other. */
async function findJudgedFile(task: PhaseTask, { rejected, accepted }: PhaseProgress): Promise<Baseline> {
  const { artifact } = task.declared
  if (!artifact) return null
  const found = await readArtifact(await findArtifactPlace(task, artifact))
  const isJudged = found.outcome === 'FOUND' && [rejected?.sha256, accepted].includes(found.state.sha256)
  return isJudged ? found.state : null
}

/** Removes what an earlier attempt has left at the artifact's path: what appears there from now on is this attempt's. */
async function clearArtifact(task: PhaseTask): Promise<void> {
  const { artifact } = task.declared
  if (artifact) await removeStale(await findArtifactPlace(task, artifact))
  await task.context.step('artifact-cleared')
}

function otherPrompt({ declared }: PhaseTask): AgentError {
  return new AgentError(
    'HUMAN_REQUIRED',
    'OTHER_PROMPT',
    `The prompt that was sent for phase ${declared.key} is not the one that this worker would send`,
    'An owner with another version or configuration began this attempt. Trying again begins a new one.',
  )
}
