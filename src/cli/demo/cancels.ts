import type { RunDetail } from '@pawl/sdk'
import { plain } from '../terminal/width.ts'
import { showAgent } from './agentAtWork.ts'
import { insist } from './scene.ts'
import type { Scene } from './scene.ts'

/** Chapter: a cancel that is only over when the processes are gone. */
export async function cancelWithProof(scene: Scene): Promise<void> {
  const { stage, backstage } = scene
  stage.chapter('A cancel proves itself')
  stage.say(
    'Cancelling a run whose agent is at work makes it CANCELLING: its owner is told, stops the agent with everything the ' +
      'agent started, and confirms. Only then is it CANCELLED.',
  )
  const { run } = await showAgent(scene, {
    words: ['--workflow', 'review', '--title', 'A review nobody needs'],
    agentWords: ['--pace', '600000'],
    onRun: async (runId) => {
      await untilWorking(scene, runId)
      stage.command(`pawl run cancel ${runId}`)
      await backstage.run(['run', 'cancel', '--quiet', runId], (line) => stage.echo(line))
    },
  })
  insist([run.status, run.cancelConfirmed], ['CANCELLED', true])
  stage.moral('CANCELLED, confirmed: no process of it is left.')
}

/** Resolves when the agent has begun its first phase. */
async function untilWorking({ pawl, signal }: Scene, runId: string): Promise<void> {
  for await (const { type } of pawl.runs.events(runId, { signal })) if (type === 'phase.started') return
}

/** Chapter: nothing moves a finished run. */
export async function disturbFinished({ stage, backstage, pawl }: Scene, run: RunDetail): Promise<void> {
  stage.chapter('A finished run stays finished')
  stage.say('A late click on Cancel, for the review that was completed at the beginning:')
  stage.command(`pawl run cancel ${run.id}`)
  await backstage.run(['run', 'cancel', run.id], (line) => stage.echo(plain(line)))
  const now = await pawl.runs.get(run.id)
  insist([now?.status, now?.revision], [run.status, run.revision])
  stage.moral(
    `Nothing was changed: it is ${run.status}, revision ${run.revision} as before. The database itself would refuse.`,
  )
}
