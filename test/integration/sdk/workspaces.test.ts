import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl, PawlOptions, Workspace, WorkspaceOperation, WorkspaceResultInput } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'

const WORKFLOW = {
  name: 'errand',
  version: 1,
  initialPhase: 'work',
  phases: [{ key: 'work', final: true }],
}
const patience = { timeout: 20_000 }
const retry = { minDelayMs: 20, maxDelayMs: 200 }

let server: TestServer
let pawl: Pawl
let counter = 0

beforeAll(async () => {
  server = await startTestServer()
  pawl = connect()
  unwrap(await pawl.workflows.register(WORKFLOW))
})
afterAll(() => server.stop())

function connect(options: Partial<PawlOptions> = {}) {
  return createPawl({ url: server.url, token: server.adminToken, retry, ...options })
}

/** A run that works in a worktree of a machine, and that worktree. */
async function work(host = `host-${++counter}`, fields: { continuesRunId?: string } = {}) {
  const claim = { owner: 'sdk-test', leaseSeconds: 60 }
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'errand', claim, ...fields }))
  const fence = lease?.fence ?? 0
  const place = { host, kind: 'WORKTREE', path: `/trees/${run.id}`, repository: '/repository' } as const
  const recorded = unwrap(
    await pawl.workspaces.record(run.id, { ...place, branch: `pawl/${run.id}`, baseCommit: 'c0ffee', fence }),
  )
  return { runId: run.id, fence, host, workspace: recorded.workspace }
}

async function complete({ runId, fence }: { runId: string; fence: number }) {
  unwrap(await pawl.phases.start(runId, 'work', { fence }))
  unwrap(await pawl.runs.complete(runId, { fence }))
}

/** A worker that answers what its machine is asked, until the test is over. */
function serve(host: string, answer: (operation: WorkspaceOperation) => WorkspaceResultInput | undefined) {
  const stop = new AbortController()
  const served = (async () => {
    for await (const { id } of pawl.workspaces.requests(host, { signal: stop.signal })) {
      const { operation } = unwrap(await pawl.workspaces.start(id, { worker: 'fake' }))
      const { attempt } = operation
      unwrap(await pawl.workspaces.finish(id, { attempt, result: answer(operation) }))
    }
  })()
  onTestFinished(() => {
    stop.abort()
    return served
  })
}

const DIFF = {
  head: 'beef',
  commitsAhead: 1,
  filesChanged: 1,
  insertions: 1,
  deletions: 0,
  files: [{ path: 'a.txt', change: 'ADDED', insertions: 1, deletions: 0 }],
  patch: '+++ b/a.txt\n+hello\n',
} as const

describe('workspaces over the SDK', () => {
  it('records one, reads it back by its run, and lists it', async () => {
    const { runId, workspace, host } = await work()
    expect(workspace).toMatchObject({ host, kind: 'WORKTREE', status: 'READY', revision: 1, inFlight: [] })
    expect(workspace.allowedOperations).toEqual(['DIFF', 'START_PREVIEW'])
    const read = await pawl.workspaces.get(runId)
    expect(read).toMatchObject({ id: workspace.id, runs: { nodes: [{ id: runId, status: 'RUNNING' }] } })
    expect(await pawl.workspaces.find(workspace.id)).toMatchObject({ id: workspace.id })
    const { nodes } = await pawl.workspaces.list({ filter: { host, statuses: ['READY'] } })
    expect(nodes.map(({ id }) => id)).toEqual([workspace.id])
    expect(await pawl.workspaces.find('wsp_01jd0000000000000000000000')).toBeNull()
  })

  it('records no directory of this machine where the server keeps its data', async () => {
    const claim = { owner: 'sdk-test', leaseSeconds: 60 }
    const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'errand', claim }))
    const fence = lease?.fence ?? 0
    const record = (host: string, path: string) =>
      pawl.workspaces.record(run.id, { host, kind: 'DIRECTORY', path, fence })
    for (const path of [server.dataDir, join(server.dataDir, 'deeper'), dirname(server.dataDir)])
      expect(await record(hostname(), path)).toMatchObject({
        __typename: 'InvalidInput',
        issues: [{ path: ['path'], message: expect.stringContaining("a server's data is kept") as string }],
      })
    const elsewhere = unwrap(await record('another-machine', server.dataDir))
    expect(elsewhere.workspace.path).toBe(server.dataDir)
  })

  it.each([
    ['a WebSocket', { WebSocket }],
    ['server-sent events', { WebSocket: false as const }],
  ])('performs a diff that a worker of the machine answers, over %s', patience, async (_, options) => {
    const { workspace, host } = await work()
    serve(host, () => ({ diff: DIFF }))
    const { operation } = unwrap(await connect(options).workspaces.perform(workspace.id, 'DIFF'))
    expect(operation).toMatchObject({ kind: 'DIFF', status: 'SUCCEEDED', worker: 'fake', attempt: 1 })
    expect(operation.diff).toEqual({
      ...DIFF,
      tree: null,
      isTruncated: false,
      files: [{ ...DIFF.files[0], previousPath: null }],
    })
  })

  it('merges a completed run, and tells conflicts with their files', patience, async () => {
    const run = await work()
    const early = await pawl.workspaces.perform(run.workspace.id, 'MERGE')
    expect(early).toMatchObject({
      __typename: 'WorkspaceNotReady',
      obstacle: 'RUN_ACTIVE',
      blockingRunStatus: 'RUNNING',
    })
    await complete(run)
    let conflicts = true
    serve(run.host, () =>
      conflicts
        ? { error: { code: 'CONFLICT', message: 'It conflicts.', files: ['a.txt'] } }
        : { merge: { commit: 'beef', into: 'main' } },
    )
    const failed = await pawl.workspaces.perform(run.workspace.id, 'MERGE')
    expect(failed).toMatchObject({
      __typename: 'OperationFailed',
      operation: { error: { code: 'CONFLICT', files: ['a.txt'], hint: null } },
    })
    conflicts = false
    const { operation } = unwrap(await pawl.workspaces.perform(run.workspace.id, 'MERGE'))
    expect(operation.merge).toEqual({ commit: 'beef', into: 'main' })
  })

  it('gives up what no worker takes up in time, so that it is not done later', patience, async () => {
    const { workspace, host } = await work()
    const result = await pawl.workspaces.perform(workspace.id, 'DIFF', { timeoutMs: 300 })
    expect(result).toMatchObject({
      __typename: 'OperationTimedOut',
      message: expect.stringContaining(`no worker on ${host} answered within`),
    })
    // the request has run out by the time that the next one comes, or is joined by it
    const again = unwrap(await pawl.workspaces.request(workspace.id, 'DIFF'))
    expect(again.operation.expiresAt).toBeNull()
  })

  it('ends the waiting when it is aborted', patience, async () => {
    const { workspace } = await work()
    const controller = new AbortController()
    const performing = pawl.workspaces.perform(workspace.id, 'DIFF', { signal: controller.signal })
    for await (const { inFlight } of pawl.workspaces.watch(workspace.id)) if (inFlight.length > 0) break
    controller.abort(new Error('enough'))
    await expect(performing).rejects.toThrow('enough')
  })

  it('watches a workspace to its removal, never going back', patience, async () => {
    const run = await work()
    const seen: Workspace[] = []
    const watched = (async () => {
      for await (const workspace of pawl.workspaces.watch(run.workspace.id)) seen.push(workspace)
    })()
    serve(run.host, ({ kind }) =>
      kind === 'START_PREVIEW' ? { preview: { url: 'http://a/', pid: 7 } } : undefined,
    )
    unwrap(await pawl.workspaces.perform(run.workspace.id, 'START_PREVIEW'))
    expect((await pawl.workspaces.get(run.runId))?.preview).toMatchObject({
      status: 'RUNNING',
      url: 'http://a/',
    })
    await complete(run)
    unwrap(await pawl.workspaces.perform(run.workspace.id, 'REMOVE'))
    await watched
    const revisions = seen.map(({ revision }) => revision)
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
    expect(new Set(revisions).size).toBe(revisions.length)
    expect(seen.at(-1)).toMatchObject({ status: 'REMOVED', preview: { status: 'STOPPED' }, inFlight: [] })
  })

  it('keeps the workspace of a run that continues another', async () => {
    const first = await work()
    await complete(first)
    const second = await work(first.host, { continuesRunId: first.runId })
    expect(second.workspace.id).toBe(first.workspace.id)
    const detail = await pawl.workspaces.get(second.runId)
    expect(detail?.runs.nodes.map(({ id }) => id)).toEqual([second.runId, first.runId])
  })

  it('asks the worker to remove the directory when the last run is deleted', patience, async () => {
    const run = await work()
    await complete(run)
    unwrap(await pawl.runs.delete(run.runId))
    const { id } = run.workspace
    expect(await pawl.workspaces.find(id)).toMatchObject({
      status: 'READY',
      runs: { nodes: [] },
      inFlight: [{ kind: 'REMOVE', isForced: false, requestedBy: 'system', expiresAt: null }],
    })
    serve(run.host, ({ isForced: force }) =>
      force ? undefined : { error: { code: 'UNMERGED_WORK', message: 'It holds work.', hint: 'Use force.' } },
    )
    for await (const { inFlight } of pawl.workspaces.watch(id)) if (inFlight.length === 0) break
    const { nodes } = await pawl.workspaces.operations({ filter: { workspaceId: id } })
    expect(nodes).toMatchObject([{ status: 'FAILED', error: { code: 'UNMERGED_WORK' } }])
    const { operation } = unwrap(await pawl.workspaces.perform(id, 'REMOVE', { force: true }))
    expect(operation.workspace.status).toBe('REMOVED')
  })

  it('fills in the run and the fence on what a worker holds', patience, async () => {
    const seen: string[] = []
    const worker = pawl.worker({ owner: 'held', workflows: ['errand'], leaseSeconds: 60 }, async (held) => {
      const place = { host: 'held', kind: 'DIRECTORY', path: '/held' } as const
      const { workspace } = unwrap(await held.workspaces.record(place))
      seen.push(workspace.path, (await held.workspaces.get())?.id === workspace.id ? 'same' : 'another')
      unwrap(await held.phases.start('work'))
      unwrap(await held.complete())
    })
    const { run } = unwrap(await pawl.runs.start({ workflow: 'errand' }))
    for await (const _frame of pawl.runs.watch(run.id));
    await worker.stop()
    expect(seen).toEqual(['/held', 'same'])
  })
})
