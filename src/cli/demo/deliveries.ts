import type { Approval, Decision, RunDetail } from '@pawl/sdk'
import { findOpenApproval } from '../../advice/findOpenApproval.ts'
import { showAgent } from './agentAtWork.ts'
import { askAtTerminal } from './askAtTerminal.ts'
import { expectEqual } from './demo.ts'
import type { Demo } from './demo.ts'
import { ownFile } from './ownFile.ts'
import { showCommand } from './showCommand.ts'

const WORKFLOW = ownFile('examples/workflows/delivery.yaml')

/** How long to wait for a person's decision about a plan, in seconds. */
const THINK_SECONDS = 30

/** How often a plan may be rejected here; the workflow allows one more before the run fails. */
const MAX_REJECTIONS = 2

/** Chapter: a person approves a plan; the server rejects a file, and the agent repairs it. */
export async function deliver(demo: Demo): Promise<void> {
  const { narrator, pawl } = demo
  narrator.chapter('A delivery: a plan to approve, and files that count')
  narrator.say(
    'A workflow is a file: phases, the file each has to submit, who has to approve it. This one requires a plan that a ' +
      'person approves, and a report that matches a schema.',
  )
  await showCommand(demo, ['workflow', 'apply', WORKFLOW])
  const { run: planned } = await showAgent(demo, {
    agent: 'delivery',
    words: ['--workflow', 'delivery', '--title', 'Release notes'],
  })
  expectEqual([planned.status, planned.nextAction], ['AWAITING_APPROVAL', 'DECIDE_APPROVAL'])
  narrator.gap()
  narrator.say(
    'The run waits for a person; in the meantime it has no owner. The question, with the file it is about:',
  )
  const revision = await decideUntilApproved(demo, planned)

  narrator.gap()
  narrator.say('Any agent may continue now: the server holds the state of the run.')
  const { run } = await showAgent(demo, {
    agent: 'delivery',
    words: ['--run', planned.id],
    runId: planned.id,
    after: revision,
  })
  const { nodes } = await pawl.artifacts.list(planned.id)
  const refused = nodes.filter(({ isValid }) => !isValid)
  expectEqual([run.outcome, refused.map(({ path }) => path)], ['SUCCESS', ['build.json']])
  narrator.conclude(
    `${run.status}: the first build.json was refused (${refused[0]?.problems[0]?.message}), which changed no phase; the ` +
      'agent repaired it. Every phase has a valid file of its last attempt, and exactly the plan that was shown was approved.',
  )
}

/** Has the plan decided, and written again after a rejection. Returns the revision of the approved run. */
async function decideUntilApproved(demo: Demo, planned: RunDetail): Promise<number> {
  for (let rejections = 0; ; rejections += 1) {
    const run = (await demo.pawl.runs.get(planned.id)) ?? planned
    const approval = await findOpenApproval(demo.pawl, run)
    if (!approval) throw new Error('the agent asked for no approval')
    await showCommand(demo, ['approval', 'show', approval.id])
    const answer = await decide(demo, approval, rejections < MAX_REJECTIONS)
    const { revision = 0 } = (await demo.pawl.runs.get(planned.id)) ?? {}
    if (answer === 'APPROVE') return revision
    demo.narrator.gap()
    demo.narrator.say('Rejected: the phase failed with the comment, and is repeated.')
    const words = ['--run', planned.id]
    await showAgent(demo, { agent: 'delivery', words, runId: planned.id, after: revision })
    demo.narrator.gap()
  }
}

/** Decides as the person at the terminal says; approves if nobody is watching. */
async function decide(demo: Demo, { id, digest }: Approval, mayReject: boolean): Promise<Decision> {
  const { narrator } = demo
  narrator.gap()
  const typed =
    demo.isWatched && mayReject
      ? await askAtTerminal(narrator.prompt(`Shall it be built? [Y/n] (yes in ${THINK_SECONDS} s) `), {
          seconds: THINK_SECONDS,
          signal: demo.signal,
        })
      : undefined
  const isRejected = /^no?$/i.test(typed?.trim() ?? '')
  if (typed === undefined)
    narrator.say('Nobody answered, so the demonstration approves, with the digest of what was shown:')
  const comment = isRejected ? 'fewer commits, please' : 'go ahead'
  await showCommand(demo, [
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
