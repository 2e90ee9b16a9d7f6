import type { RunDetail } from '@pawl/sdk'
import { safeText } from '../terminal/width.ts'
import { showAgent } from './agentAtWork.ts'
import { expectEqual } from './demo.ts'
import type { Demo } from './demo.ts'

/** Chapter: a cancelled run is CANCELLED only once its processes are gone. */
export async function cancelWithProof(demo: Demo): Promise<void> {
  const { narrator, commands } = demo
  narrator.chapter('Cancelled means stopped')
  narrator.say(
    'Cancelling a run whose agent is at work makes it CANCELLING: its owner is notified, stops the agent with everything the ' +
      'agent started, and confirms. Only then is it CANCELLED.',
  )
  const { run } = await showAgent(demo, {
    words: ['--workflow', 'review', '--title', 'A review nobody needs'],
    agentWords: ['--pace', '600000'],
    onRun: async (runId) => {
      await untilWorking(demo, runId)
      narrator.command(`pawl run cancel ${runId}`)
      await commands.run(['run', 'cancel', '--quiet', runId], (line) => narrator.echo(line))
    },
  })
  expectEqual([run.status, run.isCancelConfirmed], ['CANCELLED', true])
  narrator.conclude('CANCELLED, confirmed: no process of it is left.')
}

/** Resolves when the agent has started its first phase. */
async function untilWorking({ pawl, signal }: Demo, runId: string): Promise<void> {
  for await (const { type } of pawl.runs.events(runId, { signal })) if (type === 'PHASE_STARTED') return
}

/** Chapter: a finished run can't be changed. */
export async function disturbFinished({ narrator, commands, pawl }: Demo, run: RunDetail): Promise<void> {
  narrator.chapter('A finished run stays finished')
  narrator.say('A late click on Cancel, for the review that was completed at the beginning:')
  narrator.command(`pawl run cancel ${run.id}`)
  await commands.run(['run', 'cancel', run.id], (line) => narrator.echo(safeText(line)))
  const now = await pawl.runs.get(run.id)
  expectEqual([now?.status, now?.revision], [run.status, run.revision])
  narrator.conclude(
    `Nothing was changed: it is ${run.status}, revision ${run.revision} as before. The database itself would refuse.`,
  )
}
