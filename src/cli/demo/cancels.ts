import type { RunDetail } from '@pawl/sdk'
import { plain } from '../terminal/width.ts'
import { showAgent } from './agentAtWork.ts'
import type { Scene } from './tellStory.ts'

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
  stage.moral(
    `${run.status}, ${run.cancelConfirmed ? 'confirmed' : 'not confirmed'}: no process of it is left.`,
  )
}

/** Resolves when the agent has begun its first phase. */
async function untilWorking({ pawl }: Scene, runId: string): Promise<void> {
  for await (const { type } of pawl.runs.events(runId)) if (type === 'phase.started') return
}

/** Chapter: nothing moves a finished run. */
export async function disturbFinished({ stage, backstage, pawl }: Scene, run: RunDetail): Promise<void> {
  stage.chapter('A finished run stays finished')
  stage.say('A late click on Cancel, for the review that was completed at the beginning:')
  stage.command(`pawl run cancel ${run.id}`)
  await backstage.run(['run', 'cancel', run.id], (line) => stage.echo(plain(line)))
  const now = await pawl.runs.get(run.id)
  stage.moral(
    now?.revision === run.revision
      ? `Nothing was changed: it is ${now.status}, revision ${now.revision} as before. The database itself would refuse.`
      : `It was changed to ${now?.status}: this must not happen.`,
  )
}
