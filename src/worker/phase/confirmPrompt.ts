import type { PhaseWork } from './phaseWork.ts'

/** Records that the agent has the prompt, and with it the messages that it carries. */
export async function confirmPrompt(work: PhaseWork): Promise<void> {
  const { drive, open, key, prompt, carried, standing } = work
  if (!prompt) throw new Error(`phase ${key} has no prompt to confirm`)
  const fields = { phase: key, dedupKey: prompt.key, repair: standing.repairs !== null }
  drive.accept(
    await drive.owned.sessions.recordPrompt(open.sessionId, { ...fields, stage: 'SENT', ...drive.call }),
  )
  work.sentAt = performance.now()
  drive.report({ kind: 'prompt-sent', phase: key, role: work.role })
  await drive.step('prompt-confirmed')
  for (const { id } of carried) await drive.steering.acknowledge(id, 'CONSUMED')
}
