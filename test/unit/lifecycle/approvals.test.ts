import { expect, test } from 'vitest'
import { openApproval } from '../../../src/lifecycle/run/run.ts'
import { define, SOLO } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { findDisqualification } from '../../../src/lifecycle/activity/approvals.ts'
import { actorOf, Story } from './story.ts'

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

test('the digest of a review covers the tree of its worktree, if it is told', () => {
  const story = new Story(JUDGED)
  story.does(ask('claimRun', { leaseSeconds: 3600 }))
  story.does(ask('startPhase'))
  const open = (tree: string | null) => {
    const asked = story.fork()
    asked.does(ask('submitArtifact', { tree }))
    return openApproval(asked.run)
  }
  const [untold, one, other] = [open(null), open('a1'), open('b2')]
  expect([untold, one, other].map((each) => each?.tree)).toEqual([null, 'a1', 'b2'])
  expect(new Set([untold, one, other].map((each) => each?.digest)).size).toBe(3)
  expect(open('a1')?.digest).toBe(one?.digest)
})

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

test('a question about the run as a whole that was answered with a no stands until the same gate says yes', () => {
  const story = new Story(SOLO)
  story.does(ask('claimRun', { leaseSeconds: 0 }))
  story.does(ask('startPhase'))
  const put = (gate: string, rest: object = {}) =>
    story.does(ask('requestApproval', { phase: null, kind: 'REVIEW', gate, ...rest }))
  const answer = (decision: 'APPROVE' | 'REJECT', comment: string | null = null) => {
    const { id: approvalId, digest } = openApproval(story.run) ?? { id: '', digest: '' }
    story.does(ask('decideApproval', { approvalId, digest, decision, comment }))
  }
  put('deploy')
  answer('REJECT', 'not on a Friday')
  put('other')
  answer('APPROVE')
  const missing = (detail: string) => ({
    type: 'NotCompletable',
    missing: [{ kind: 'APPROVAL', phase: null, detail }],
  })
  expect(story.refuses(ask('completeRun'))).toMatchObject(
    missing('what was asked at deploy was rejected: not on a Friday'),
  )
  expect(story.events.at(-3)).toMatchObject({ type: 'approval.decided', payload: { decision: 'REJECT' } })
  // a later release of the claim, or another owner, changes nothing about it
  story.does(ask('releaseRun'))
  story.does(ask('claimRun', { leaseSeconds: 0 }))
  expect(story.refuses(ask('completeRun', { fence: 2 }))).toMatchObject(
    missing(expect.stringContaining('deploy')),
  )
  story.does(
    ask('requestApproval', {
      phase: null,
      kind: 'REVIEW',
      gate: 'deploy',
      expiresInSeconds: 60,
      onExpiry: 'REJECT',
      fence: 2,
    }),
  )
  story.passes(60)
  expect(story.refuses(ask('completeRun', { fence: 2 }))).toMatchObject(
    missing('what was asked at deploy was rejected'),
  )
  story.does(ask('requestApproval', { phase: null, kind: 'REVIEW', gate: 'deploy', fence: 2 }))
  answer('APPROVE')
  story.does(ask('completeRun', { fence: 2 }))
})

/** A run that olga started and wanda holds, with a question of its agent that nobody may answer for themselves. */
function asked(changes: object = {}): Story {
  const story = new Story(SOLO)
  story.does(ask('claimRun'), { actor: 'wanda' })
  story.does(ask('startPhase'), { actor: 'wanda' })
  story.does(ask('requestApproval', { isSelfApprovalAllowed: false, ...changes }), { actor: 'agent#1' })
  return story
}

function barOf({ run }: Story, name: string) {
  const approval = openApproval(run)
  if (!approval) throw new Error('nothing is asked')
  return findDisqualification(run, approval, actorOf(name))
}

test('nobody decides who asked, started the run, or holds its claim', () => {
  const story = asked()
  expect(['agent#1', 'olga', 'wanda', 'oscar'].map((name) => barOf(story, name))).toEqual([
    'ASKED',
    'STARTED',
    'CLAIMED',
    null,
  ])
  const free = asked({ isSelfApprovalAllowed: true })
  expect(['agent#1', 'olga', 'wanda'].map((name) => barOf(free, name))).toEqual([null, null, null])
})

test('nobody decides who held the claim in this epoch, whoever holds it now', () => {
  const story = new Story(SOLO)
  story.does(ask('claimRun'), { actor: 'wanda' })
  story.does(ask('releaseRun'), { actor: 'wanda' })
  story.does(ask('claimRun'), { actor: 'will' })
  story.does(ask('failRun', { fence: 2 }), { actor: 'will' })
  story.does(ask('resumeRun'), { actor: 'olga' })
  story.does(ask('claimRun'), { actor: 'wim' })
  story.does(ask('releaseRun', { fence: 3 }), { actor: 'wim' })
  story.does(ask('claimRun'), { actor: 'wilma' })
  story.does(ask('requestApproval', { fence: 4, isSelfApprovalAllowed: false }), { actor: 'agent#4' })
  expect(['wanda', 'will', 'wim', 'wilma'].map((name) => barOf(story, name))).toEqual([
    null,
    null,
    'CLAIMED',
    'CLAIMED',
  ])
})

test('a decision is for those who are named, and compares principals where it knows them', () => {
  const story = asked({ approvers: ['oscar'] })
  expect(barOf(story, 'otto')).toBe('NOT_NAMED')
  const [approval] = story.run.approvals
  if (!approval) throw new Error('nothing is asked')
  const isBarred = (changes: object, id: string, name: string) =>
    findDisqualification(story.run, { ...approval, approvers: [], ...changes }, { id, name })
  expect(isBarred({ requestedBy: 'x', requestedById: 'prn_x' }, 'prn_y', 'x')).toBeNull()
  expect(isBarred({ requestedBy: 'x', requestedById: 'prn_x' }, 'prn_x', 'y')).toBe('ASKED')
  // asked before there were principals
  expect(isBarred({ requestedBy: 'x', requestedById: null }, 'prn_y', 'x')).toBe('ASKED')
})
