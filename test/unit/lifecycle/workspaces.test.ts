import { describe, expect, it } from 'vitest'
import {
  decideWorkspace,
  MAX_ATTEMPTS,
  type WorkspaceCommand,
  type WorkspaceDecision,
} from '../../../src/lifecycle/workspace/decideWorkspace.ts'
import { verifyWorkspace } from '../../../src/lifecycle/workspace/verifyWorkspace.ts'
import { RUN_STATUSES } from '../../../src/lifecycle/run/enums.ts'
import {
  NO_PREVIEW,
  OPERATION_KINDS,
  obstacleTo,
  possibleOperations,
  type PresentWorkspace,
  type WorkspaceOperation,
} from '../../../src/lifecycle/workspace/workspace.ts'

const NOW = 1_000_000

const DONE = { id: 'run_done', status: 'COMPLETED' } as const
const FAILED = { id: 'run_failed', status: 'FAILED' } as const
const AT_WORK = { id: 'run_at_work', status: 'RUNNING' } as const

/** A worktree whose only run has completed, unless told otherwise. */
function workspace(changes: Partial<PresentWorkspace> = {}): PresentWorkspace {
  return {
    ...{ id: 'wsp_1', project: 'default', host: 'here', kind: 'WORKTREE', path: '/trees/1' },
    ...{ repository: '/repository', branch: 'pawl/1', baseCommit: 'c0ffee', status: 'READY', revision: 7 },
    ...{ runCount: 1, preview: NO_PREVIEW, createdAt: 1, removedAt: null },
    ...{ newestRun: DONE, activeRun: null, inFlight: [] },
    ...changes,
  }
}

function operation(changes: Partial<WorkspaceOperation> = {}): WorkspaceOperation {
  return {
    ...{ id: 'wop_1', workspaceId: 'wsp_1', kind: 'DIFF', force: false, status: 'REQUESTED', attempt: 0 },
    ...{
      requestedBy: 'olga',
      requestedById: 'prn_olga',
      requestedAt: 10,
      expiresAt: null,
      worker: null,
      startedById: null,
      startedAt: null,
    },
    ...{ deadlineAt: null, endedAt: null, error: null },
    ...changes,
  }
}

const started = (changes: Partial<WorkspaceOperation> = {}) =>
  operation({
    ...{ status: 'STARTED', attempt: 1, worker: 'wanda', startedAt: 20, deadlineAt: NOW + 1 },
    ...changes,
  })

type Request = Extract<WorkspaceCommand, { type: 'requestWorkspaceOperation' }>
const request = (changes: Partial<Request> = {}): Request => ({
  ...{
    type: 'requestWorkspaceOperation',
    operationId: 'wop_new',
    kind: 'DIFF',
    force: false,
    requestedBy: 'olga',
  },
  requestedById: 'prn_olga',
  expiresInSeconds: null,
  ...changes,
})
const start = {
  type: 'startWorkspaceOperation',
  operationId: 'wop_1',
  worker: 'will',
  startedById: 'prn_will',
  leaseSeconds: 60,
} as const
type Finish = Extract<WorkspaceCommand, { type: 'finishWorkspaceOperation' }>
const finish = (changes: Partial<Finish> = {}): Finish => ({
  ...{ type: 'finishWorkspaceOperation', operationId: 'wop_1', attempt: 1, result: {}, error: null },
  ...changes,
})

/** Decides about a workspace that has the operation named, in flight where it has not ended. */
function decide(
  command: WorkspaceCommand,
  named: WorkspaceOperation | null = null,
  changes: Partial<PresentWorkspace> = {},
): WorkspaceDecision {
  const inFlight = named && named.endedAt === null ? [named] : []
  return decideWorkspace({ workspace: workspace({ inFlight, ...changes }), named, now: NOW }, command)
}

const accepted = ({ result }: WorkspaceDecision) => {
  if (!result.ok) throw new Error(JSON.stringify(result.problem))
  return result.operation
}
const refused = ({ result }: WorkspaceDecision) => {
  if (result.ok) throw new Error('accepted, against expectation')
  return result.problem
}

describe('what a workspace admits', () => {
  it.each([
    ['a completed worktree', {}, ['DIFF', 'MERGE', 'START_PREVIEW', 'REMOVE']],
    ['one whose last run failed', { newestRun: FAILED }, ['DIFF', 'START_PREVIEW', 'REMOVE']],
    ['one at work', { newestRun: AT_WORK, activeRun: AT_WORK }, ['DIFF', 'START_PREVIEW']],
    ['one that an older run works in', { activeRun: AT_WORK }, ['DIFF', 'START_PREVIEW']],
    ['one without runs', { newestRun: null }, ['DIFF', 'START_PREVIEW', 'REMOVE']],
    ['a plain directory', { kind: 'DIRECTORY' as const }, ['START_PREVIEW', 'REMOVE']],
    [
      'one with a preview',
      { preview: { ...NO_PREVIEW, status: 'RUNNING' as const } },
      ['DIFF', 'MERGE', 'START_PREVIEW', 'STOP_PREVIEW', 'REMOVE'],
    ],
    [
      'one whose preview failed',
      { preview: { ...NO_PREVIEW, status: 'FAILED' as const } },
      ['DIFF', 'MERGE', 'START_PREVIEW', 'STOP_PREVIEW', 'REMOVE'],
    ],
    ['one being removed', { inFlight: [operation({ kind: 'REMOVE' })] }, ['REMOVE']],
    ['a removed one', { status: 'REMOVED' as const }, []],
  ])('%s', (_, changes, kinds) => {
    expect(possibleOperations(workspace(changes))).toEqual(kinds)
  })

  it('merges after COMPLETED alone, and names the run that stands against it', () => {
    for (const status of RUN_STATUSES) {
      const newestRun = { id: 'run_1', status }
      expect(obstacleTo('MERGE', workspace({ newestRun }))).toEqual(
        status === 'COMPLETED' ? null : { because: 'RUN_NOT_COMPLETED', by: newestRun },
      )
    }
    const atWork = workspace({ activeRun: AT_WORK })
    expect(obstacleTo('MERGE', atWork)).toEqual({ because: 'RUN_ACTIVE', by: AT_WORK })
    expect(obstacleTo('MERGE', workspace({ newestRun: null }))).toEqual({ because: 'NO_RUN', by: null })
  })

  it('refuses what it does not offer, and accepts what it offers', () => {
    for (const changes of [{}, { activeRun: AT_WORK }, { kind: 'DIRECTORY' }, { status: 'REMOVED' }] as const)
      for (const kind of OPERATION_KINDS) {
        const { result } = decide(request({ kind }), null, changes)
        const isOffered = possibleOperations(workspace(changes)).includes(kind)
        expect([kind, result.ok]).toEqual([kind, isOffered])
      }
  })
})

describe('a request', () => {
  it('is a new operation, one revision later', () => {
    const decision = decide(request({ expiresInSeconds: 30 }))
    expect(accepted(decision)).toEqual(
      operation({ id: 'wop_new', requestedAt: NOW, expiresAt: NOW + 30_000 }),
    )
    expect(decision.workspace.revision).toBe(8)
    expect(decision.workspace.inFlight).toEqual(decision.operations)
  })

  it('is answered with the one of its kind that is in flight', () => {
    for (const present of [operation(), started()]) {
      const decision = decide(request(), present)
      expect(accepted(decision)).toBe(present)
      expect(decision.workspace.revision).toBe(7)
      expect(decision.operations).toEqual([])
    }
  })

  it('lends force and time to the one that waits, never takes them', () => {
    const waiting = operation({ kind: 'REMOVE', expiresAt: NOW + 5_000 })
    const forced = decide(request({ kind: 'REMOVE', force: true, expiresInSeconds: 1 }), waiting)
    expect(accepted(forced)).toEqual({ ...waiting, force: true })
    const longer = decide(request({ kind: 'REMOVE', expiresInSeconds: 60 }), waiting)
    expect(accepted(longer)).toEqual({ ...waiting, expiresAt: NOW + 60_000 })
    const already = operation({ kind: 'REMOVE', force: true })
    expect(accepted(decide(request({ kind: 'REMOVE', expiresInSeconds: 1 }), already))).toBe(already)
    const underWay = started({ kind: 'REMOVE' })
    expect(accepted(decide(request({ kind: 'REMOVE', force: true }), underWay))).toBe(underWay)
  })

  it('takes the place of one that nobody took up in time', () => {
    const decision = decide(request(), operation({ expiresAt: NOW }))
    expect(accepted(decision)?.id).toBe('wop_new')
    expect(decision.operations).toMatchObject([
      { id: 'wop_1', status: 'FAILED', endedAt: NOW, error: { code: 'NOT_ANSWERED' } },
      { id: 'wop_new', status: 'REQUESTED' },
    ])
    expect(decision.workspace.inFlight.map(({ id }) => id)).toEqual(['wop_new'])
  })
})

describe('a start', () => {
  it('gives the operation to a worker until a deadline', () => {
    const decision = decide(start, operation())
    expect(accepted(decision)).toMatchObject({
      ...{ status: 'STARTED', attempt: 1, worker: 'will', startedAt: NOW, deadlineAt: NOW + 60_000 },
    })
  })

  it('is refused while another has it, even to the same worker, and after its end', () => {
    for (const named of [
      started(),
      started({ worker: 'will' }),
      started({ status: 'SUCCEEDED', endedAt: 30 }),
      started({ status: 'FAILED', endedAt: 30 }),
    ])
      expect(refused(decide(start, named))).toEqual({ type: 'OperationNotStartable', operation: named })
    expect(refused(decide(start))).toEqual({ type: 'NotFound', kind: 'WORKSPACE_OPERATION', id: 'wop_1' })
  })

  it('takes it from a worker that was lost, a bounded number of times', () => {
    const lost = started({ deadlineAt: NOW })
    expect(accepted(decide(start, lost))).toMatchObject({ attempt: 2, worker: 'will', startedAt: NOW })
    const poison = started({ deadlineAt: NOW, attempt: MAX_ATTEMPTS })
    const given = decide(start, poison)
    expect(refused(given)).toMatchObject({ type: 'OperationNotStartable', operation: { status: 'FAILED' } })
    expect(given.operations).toMatchObject([{ status: 'FAILED', error: { code: 'WORKER_LOST' } }])
  })

  it('does not take up again what nobody waits for any more', () => {
    const decision = decide(start, started({ deadlineAt: NOW, expiresAt: NOW - 1 }))
    expect(refused(decision).type).toBe('OperationNotStartable')
    expect(decision.operations).toMatchObject([{ status: 'FAILED', error: { code: 'WORKER_LOST' } }])
  })

  it('fails the operation where the workspace is not ready for it any more', () => {
    const decision = decide(start, operation({ kind: 'MERGE' }), { activeRun: AT_WORK })
    expect(refused(decision)).toEqual({
      ...{ type: 'WorkspaceNotReady', kind: 'MERGE', because: 'RUN_ACTIVE', by: AT_WORK },
    })
    expect(decision.operations).toMatchObject([{ status: 'FAILED', error: { code: 'RUN_ACTIVE' } }])
  })

  it('lets a diff go before a removal that was asked for later', () => {
    const diff = operation()
    const inFlight = [diff, operation({ id: 'wop_2', kind: 'REMOVE' })]
    expect(accepted(decide(start, diff, { inFlight }))?.status).toBe('STARTED')
  })
})

describe('an end', () => {
  const DIFF = { diff: { ...{ head: null, commitsAhead: 0, filesChanged: 0, insertions: 0, deletions: 0 } } }
  const diff = { ...DIFF.diff, files: [], truncated: false, patch: '' }

  it('is told by the attempt that holds it alone', () => {
    expect(accepted(decide(finish({ result: { diff } }), started()))).toMatchObject({
      ...{ status: 'SUCCEEDED', endedAt: NOW, error: null },
    })
    for (const [named, attempt] of [
      [started({ attempt: 2 }), 1],
      [started(), 2],
      [operation(), 1],
      [started({ status: 'SUCCEEDED', endedAt: 30 }), 1],
    ] as const)
      expect(refused(decide(finish({ attempt, result: { diff } }), named))).toEqual({
        ...{ type: 'OperationNotFinishable', operation: named },
      })
  })

  it('counts past the deadline, as long as nobody has started it again', () => {
    const late = started({ deadlineAt: NOW - 1 })
    expect(accepted(decide(finish({ result: { diff } }), late))?.status).toBe('SUCCEEDED')
  })

  it('says what its kind comes to, and nothing else', () => {
    const issuesOf = (command: Finish, named: WorkspaceOperation) => {
      const refusal = refused(decide(command, named))
      return refusal.type === 'InvalidInput' ? refusal.issues.map(({ path }) => path.join('.')) : refusal
    }
    const merge = { commit: 'beef', into: 'main' }
    const error = { code: 'CONFLICT', message: 'It conflicts.', hint: null, files: [] }
    expect(issuesOf(finish(), started())).toEqual(['result.diff'])
    expect(issuesOf(finish({ result: { merge } }), started())).toEqual(['result.diff', 'result.merge'])
    expect(issuesOf(finish({ result: { merge }, error }), started({ kind: 'MERGE' }))).toEqual([
      'result.merge',
    ])
    expect(
      issuesOf(finish({ result: { preview: { url: null, pid: null } } }), started({ kind: 'REMOVE' })),
    ).toEqual(['result.preview'])
  })

  it('moves the preview along', () => {
    const preview = { url: 'http://a/', pid: 7 }
    const kind = 'START_PREVIEW'
    expect(decide({ ...start }, operation({ kind })).workspace.preview.status).toBe('STARTING')
    expect(decide(finish({ result: { preview } }), started({ kind })).workspace.preview).toEqual({
      ...{ status: 'RUNNING', url: 'http://a/', startedAt: NOW, error: null },
    })
    const error = { code: 'NO_PORT', message: 'No port.', hint: null, files: [] }
    expect(decide(finish({ error }), started({ kind })).workspace.preview).toEqual({
      ...{ status: 'FAILED', url: null, startedAt: null, error },
    })
    const running = { status: 'RUNNING', url: 'http://a/', startedAt: 1, error: null } as const
    const stopped = decide(finish(), started({ kind: 'STOP_PREVIEW' }), { preview: running })
    expect(stopped.workspace.preview).toEqual(NO_PREVIEW)
  })

  it('of a removal is the end of everything', () => {
    const removal = started({ kind: 'REMOVE' })
    const inFlight = [operation({ id: 'wop_2' }), removal]
    const running = { status: 'RUNNING', url: 'http://a/', startedAt: 1, error: null } as const
    const { workspace: after, operations } = decide(finish(), removal, { inFlight, preview: running })
    expect(after).toMatchObject({ status: 'REMOVED', removedAt: NOW, preview: NO_PREVIEW, inFlight: [] })
    expect(operations.map(({ id, status }) => [id, status]).toSorted()).toEqual([
      ['wop_1', 'SUCCEEDED'],
      ['wop_2', 'FAILED'],
    ])
  })
})

describe('a word about a preview', () => {
  const report = (status: 'STOPPED' | 'RUNNING' | 'FAILED', url: string | null = null) =>
    ({ type: 'reportPreview', status, url, error: null }) as const
  const running = { status: 'RUNNING', url: 'http://a/', startedAt: 1, error: null } as const

  it('is kept, and changes nothing where it is known', () => {
    expect(decide(report('RUNNING', 'http://b/'), null, { preview: running }).workspace.preview).toEqual({
      ...running,
      url: 'http://b/',
    })
    expect(decide(report('STOPPED'), null, { preview: running }).workspace.preview).toEqual(NO_PREVIEW)
    expect(decide(report('RUNNING', 'http://a/'), null, { preview: running }).workspace.revision).toBe(7)
    expect(decide(report('STOPPED')).workspace.revision).toBe(7)
  })

  it('says nothing of a directory that is gone', () => {
    const gone = { status: 'REMOVED', removedAt: 1 } as const
    expect(refused(decide(report('RUNNING'), null, gone))).toMatchObject({ because: 'REMOVED' })
    expect(decide(report('STOPPED'), null, gone).result.ok).toBe(true)
  })
})

describe('what is due', () => {
  it('is applied before a command, and kept where that is refused', () => {
    const inFlight = [operation({ expiresAt: NOW })]
    const decision = decide(request({ kind: 'MERGE' }), null, { inFlight, newestRun: FAILED })
    expect(refused(decision).type).toBe('WorkspaceNotReady')
    expect(decision.operations).toMatchObject([{ status: 'FAILED' }])
    expect(decision.workspace.revision).toBe(8)
  })

  it('is nothing where nothing is late', () => {
    const inFlight = [operation({ expiresAt: NOW + 1 }), started({ id: 'wop_2', kind: 'MERGE' })]
    const decision = decide({ type: 'sweep' }, null, { inFlight })
    expect(decision.workspace.revision).toBe(7)
    expect(decision.operations).toEqual([])
  })
})

describe('verifying a workspace', () => {
  const sound = { project: 'default', workspace: workspace(), links: 1, operations: [operation()] }

  it('finds nothing in what the rules write', () => {
    expect(verifyWorkspace(sound)).toEqual([])
    const removal = started({ kind: 'REMOVE', status: 'SUCCEEDED', endedAt: 30 })
    const removed = workspace({ status: 'REMOVED', removedAt: 30 })
    expect(verifyWorkspace({ ...sound, workspace: removed, operations: [removal] })).toEqual([])
  })

  it.each([
    ['another project', { project: 'other' }, /is of project default, its run of other/],
    ['a wrong count', { links: 2 }, /counts 1 runs, and 2 work in it/],
    ['an end without a time', { operations: [started({ status: 'FAILED' })] }, /did not end/],
    ['a time without an end', { operations: [started({ endedAt: 30 })] }, /and ended/],
    [
      'an end before the beginning',
      { operations: [started({ status: 'FAILED', endedAt: 19 })] },
      /ended before it began/,
    ],
    [
      'work in what is gone',
      { workspace: workspace({ status: 'REMOVED', removedAt: 1 }) },
      /is REMOVED, and its operation wop_1 is REQUESTED/,
    ],
    [
      'a removal that nobody made',
      { workspace: workspace({ status: 'REMOVED' }), operations: [] },
      /0 removals/,
    ],
  ])('finds %s', (_, changes, detail) => {
    const [first] = verifyWorkspace({ ...sound, ...changes })
    expect(first).toEqual({ guarantee: 'G6', detail: expect.stringMatching(detail) })
  })
})
