import { AgentError } from '../../adapters/kit/adapter.ts'
import { readArtifact } from '../../workspaces/files/readArtifact.ts'
import type { RecordedPrompt } from '../run/phaseProgress.ts'
import { confirmPrompt } from './confirmPrompt.ts'
import { letTurnEnd } from './letTurnEnd.ts'
import type { Move, PhaseWork } from './phaseWork.ts'
import { recompose } from './promptOf.ts'

/**
 * Goes on where the log says that the phase stands: at its beginning, at a prompt that was or may have been sent, at work under way,
 * or at work that broke off.
 */
export async function enterPhase(work: PhaseWork): Promise<Move> {
  const { drive } = work
  await drive.readRun()
  const { prompts, repairs, isByAgent } = work.standing
  work.baseline = await findBaseline(work)
  const last = prompts.at(-1)
  if (last) return takeUp(work, last)
  // The prompt of an earlier phase or attempt may still be worked on.
  if (work.open.status === 'BUSY') await letTurnEnd(work)
  await work.makeReady()
  await drive.step('session-ready')
  if (repairs !== null) return 'PROMPT'
  return isByAgent ? 'JUDGE' : 'CLEAR'
}

/** Takes up a prompt that an earlier owner has recorded: it is sent again only where it never arrived. */
async function takeUp(work: PhaseWork, last: RecordedPrompt): Promise<Move> {
  const { drive, open } = work
  const found = recompose(work, last.key)
  if (!found) throw otherPrompt(work)
  work.prompt = found.prompt
  work.carried = found.carried
  if (!last.isSent) {
    if (open.status !== 'BUSY' || !(await open.agent.hasReceived(last.key))) {
      if (open.status !== 'BUSY') await work.makeReady()
      return 'PROMPT'
    }
    await confirmPrompt(work)
  }
  await drive.step('session-ready')
  if (work.standing.isRecovered && open.status === 'READY') {
    work.prompt = undefined
    return 'PROMPT'
  }
  if (open.status === 'READY' || open.status === 'WAITING_FOR_APPROVAL') {
    work.turn = 'OVER'
    return 'JUDGE'
  }
  // An agent that did not outlive its owner does not work on what it was given.
  if (open.status === 'BUSY' && open.agent.isAdopted && (await open.agent.probe()) !== 'GONE') return 'AWAIT'
  work.turn = 'GONE'
  return 'JUDGE'
}

/** A file that the server has judged before does not count, unless it is written anew. */
async function findBaseline(work: PhaseWork): Promise<PhaseWork['baseline']> {
  const { declared, standing } = work
  if (!declared.artifact) return null
  const judged = [standing.rejected?.sha256, standing.accepted]
  const found = await readArtifact(await work.place(declared.artifact))
  return found.outcome === 'FOUND' && judged.includes(found.state.sha256) ? found.state : null
}

function otherPrompt({ key }: PhaseWork): AgentError {
  return new AgentError(
    'HUMAN_REQUIRED',
    'OTHER_PROMPT',
    `The prompt that was sent for phase ${key} is not the one that this worker would send`,
    'An owner with another version or configuration began this attempt. Trying again begins a new one.',
  )
}
