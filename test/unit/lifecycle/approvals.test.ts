import { expect, test } from 'vitest'
import { openApproval } from '../../../src/lifecycle/run.ts'
import { define, SOLO } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { Story } from './story.ts'

/** Two rounds, each judged by a person. */
const JUDGED = define({
  name: 'judged',
  initialPhase: 'work',
  completeRoundAt: 'work',
  maxRounds: 2,
  phases: [
    {
      key: 'work',
      next: ['done'],
      artifact: { path: 'work.json' },
      approval: { gate: 'work', question: 'Is it good?' },
    },
    { key: 'done', final: true },
  ],
})

/** Has the phase tried once more, and its file judged. */
function judge(story: Story, decision: 'APPROVE' | 'REJECT', sha256: string): void {
  story.does(ask('startPhase'))
  story.does(ask('submitArtifact', { artifactId: `art_${sha256}`, sha256 }))
  const { id: approvalId, digest } = openApproval(story.run) ?? { id: '', digest: '' }
  story.does(ask('decideApproval', { approvalId, digest, decision }))
}

test('a question how to go on that expires leaves the phase to the end of its run, as an ABORT does', () => {
  const asked = new Story(SOLO)
  asked.does(ask('claimRun', { leaseSeconds: 3600 }))
  asked.does(ask('startPhase'))
  asked.does(
    ask('requestApproval', { phase: 'work', kind: 'RECOVERY', expiresInSeconds: 60, onExpiry: 'REJECT' }),
  )
  const aborted = asked.fork()
  const { id: approvalId, digest } = openApproval(asked.run) ?? { id: '', digest: '' }
  expect(aborted.does(ask('decideApproval', { approvalId, digest, decision: 'ABORT' }))).toEqual([
    'approval.decided',
    'run.failed',
  ])
  expect(asked.passes(60).does(ask('sweep'))).toEqual(['approval.expired', 'run.failed'])
  for (const { run } of [asked, aborted]) {
    expect(run).toMatchObject({ status: 'FAILED', reason: 'APPROVAL_REJECTED' })
    expect(run.phases).toMatchObject([{ status: 'CANCELLED', rejections: 0, error: null }])
  }
})

test('a new epoch counts rejections anew in the present round, and leaves earlier rounds as they are', () => {
  const story = new Story(JUDGED)
  story.does(ask('claimRun', { leaseSeconds: 3600 }))
  judge(story, 'REJECT', 'a1')
  judge(story, 'APPROVE', 'a2')
  story.does(ask('completeRound'))
  story.does(ask('advancePhase', { to: 'work' }))
  judge(story, 'REJECT', 'b1')
  story.does(ask('failRun'))
  story.does(ask('resumeRun'))
  const counts = story.run.phases.map(({ key, round, rejections }) => [key, round, rejections])
  // only the present round is loaded for a decision, and only what is loaded is written
  expect(counts).toEqual([
    ['work', 1, 1],
    ['done', 1, 0],
    ['work', 2, 0],
    ['done', 2, 0],
  ])
})
