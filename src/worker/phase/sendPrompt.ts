import { setTimeout as sleep } from 'node:timers/promises'
import type { Prompt } from '../../adapters/kit/adapter.ts'
import { readBaseline } from '../../workspaces/files/baseline.ts'
import type { Baseline } from '../../workspaces/files/baseline.ts'
import { BUDGETS } from '../run/budgets.ts'
import { whileHeld } from '../agent/whileHeld.ts'
import { troubleOf } from '../run/trouble.ts'
import { confirmPrompt } from './confirmPrompt.ts'
import type { Move, PhaseWork } from './phaseWork.ts'
import { composeFor } from './promptOf.ts'

/** The wait before the second try, in milliseconds; doubled each time. */
const WAIT_MS = 200

/** Records the prompt, hands it to the agent, and records that the agent has it. */
export async function sendPrompt(work: PhaseWork): Promise<Move> {
  const { drive, open, key } = work
  await drive.readRun()
  if (!work.prompt) {
    const { prompt, carried } = composeFor(work)
    work.prompt = prompt
    work.carried = carried
  }
  const { prompt } = work
  const isRepair = work.standing.repairs !== null
  const fields = { phase: key, dedupKey: prompt.key, repair: isRepair }
  drive.accept(
    await drive.owned.sessions.recordPrompt(open.sessionId, { ...fields, stage: 'SENDING', ...drive.call }),
  )
  open.status = 'BUSY'
  await drive.step('prompt-recorded')
  work.before = await standsThere(work)
  await deliver(work, prompt)
  await drive.step('prompt-sent')
  await confirmPrompt(work)
  return 'AWAIT'
}

async function standsThere(work: PhaseWork): Promise<Baseline> {
  const { artifact } = work.declared
  return artifact && readBaseline(await work.place(artifact))
}

/** Hands the prompt over, at most so often as the budget allows, and never once the agent has it. */
async function deliver({ drive, open }: PhaseWork, prompt: Prompt): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await whileHeld(drive, open.agent.send(prompt))
    } catch (error) {
      if (drive.hasLeft || troubleOf(error)?.errorClass !== 'RECOVERABLE') throw error
      if (await open.agent.hasReceived(prompt.key)) return
      if (tries >= BUDGETS.sends) throw error
      await sleep(WAIT_MS * 2 ** (tries - 1), undefined, { signal: drive.signal })
    }
  }
}
