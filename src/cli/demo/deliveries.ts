import type { Approval, Decision, RunDetail } from '@pawl/sdk'
import { findOpenApproval } from '../kit/findOpenApproval.ts'
import { showAgent } from './agentAtWork.ts'
import { askAtTerminal } from './askAtTerminal.ts'
import { insist } from './scene.ts'
import type { Scene } from './scene.ts'
import { showCommand } from './showCommand.ts'

const WORKFLOW = 'examples/workflows/delivery.yaml'

/** How long a person who watches may think about a plan, in seconds. */
const THINK_SECONDS = 30

/** How often a plan may be sent back here; the workflow allows it once more before the run fails. */
const MOST_REJECTIONS = 2

/** Chapter: a plan that a person approves, a file that the server refuses, and its repair. */
export async function deliver(scene: Scene): Promise<void> {
  const { stage, pawl } = scene
  stage.chapter('A delivery: a plan to approve, and files that count')
  stage.say(
    'A workflow is a file: phases, what each has to hand over, who has to agree. This one wants a plan that a person ' +
      'approves, and a report whose shape the server knows.',
  )
  await showCommand(scene, ['workflow', 'apply', WORKFLOW])
  const { run: planned } = await showAgent(scene, {
    agent: 'delivery',
    words: ['--workflow', 'delivery', '--title', 'Release notes'],
  })
  insist([planned.status, planned.nextAction], ['AWAITING_APPROVAL', 'DECIDE_APPROVAL'])
  stage.gap()
  stage.say(
    'The run waits for a person, and nobody holds it meanwhile. What is asked, with the file it is about:',
  )
  const revision = await decideUntilApproved(scene, planned)

  stage.gap()
  stage.say('Any agent may go on now: where the run stands is the server’s to know.')
  const { run } = await showAgent(scene, {
    agent: 'delivery',
    words: ['--run', planned.id],
    runId: planned.id,
    after: revision,
  })
  const { nodes } = await pawl.artifacts.list(planned.id)
  const refused = nodes.filter(({ valid }) => !valid)
  insist([run.outcome, refused.map(({ path }) => path)], ['SUCCESS', ['build.json']])
  stage.moral(
    `${run.status}: the first build.json was refused (${refused[0]?.problems[0]?.message}), which changed no phase; the ` +
      'agent repaired it. Every phase has a valid file of its last attempt, and the plan was approved as it was shown.',
  )
}

/** Has the plan decided, and made again where it was sent back. Returns the revision of the approved run. */
async function decideUntilApproved(scene: Scene, planned: RunDetail): Promise<number> {
  for (let rejections = 0; ; rejections += 1) {
    const run = (await scene.pawl.runs.get(planned.id)) ?? planned
    const approval = await findOpenApproval(scene.pawl, run)
    if (!approval) throw new Error('the agent asked for no approval')
    await showCommand(scene, ['approval', 'show', approval.id])
    const answer = await decide(scene, approval, rejections < MOST_REJECTIONS)
    const { revision = 0 } = (await scene.pawl.runs.get(planned.id)) ?? {}
    if (answer === 'APPROVE') return revision
    scene.stage.gap()
    scene.stage.say('Sent back: the phase failed with what was said, and is done again.')
    const words = ['--run', planned.id]
    await showAgent(scene, { agent: 'delivery', words, runId: planned.id, after: revision })
    scene.stage.gap()
  }
}

/** Asks whoever watches, where somebody does, and decides so. */
async function decide(scene: Scene, { id, digest }: Approval, mayReject: boolean): Promise<Decision> {
  const { stage } = scene
  stage.gap()
  const typed =
    scene.isWatched && mayReject
      ? await askAtTerminal(stage.prompt(`Shall it be built? [Y/n] (yes in ${THINK_SECONDS} s) `), {
          seconds: THINK_SECONDS,
          signal: scene.signal,
        })
      : undefined
  const isRejected = /^no?$/i.test(typed?.trim() ?? '')
  if (typed === undefined)
    stage.say('Nobody answers, so the demonstration does, with the digest of what was shown:')
  const comment = isRejected ? 'fewer commits, please' : 'go ahead'
  await showCommand(scene, [
    'approval',
    'decide',
    id,
    isRejected ? '--reject' : '--approve',
    '--digest',
    digest,
    '--comment',
    comment,
  ])
  return isRejected ? 'REJECT' : 'APPROVE'
}
