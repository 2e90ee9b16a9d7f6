import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl, WorkspaceDiffInput, WorkspaceOperation, WorkspaceResultInput } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { pawlAt } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>
let counter = 0

const TASK = { name: 'errand', version: 1, initialPhase: 'work', phases: [{ key: 'work', final: true }] }
const patience = { timeout: 60_000 }

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
  unwrap(await pawl.workflows.register(TASK))
})
afterAll(() => server.stop())

/** A run with a worktree on a machine of its own; COMPLETED unless it is to be left at work. */
async function work({ isDone = true } = {}) {
  const host = `machine-${++counter}`
  const claim = { owner: 'cli-test', leaseSeconds: 600 }
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'errand', claim }))
  const fence = lease?.fence ?? 0
  const place = { host, kind: 'WORKTREE', path: `/trees/${run.id}`, repository: '/repository' } as const
  const { workspace } = unwrap(
    await pawl.workspaces.record(run.id, { ...place, branch: 'pawl/a', baseCommit: 'c0ffee', fence }),
  )
  if (isDone) {
    unwrap(await pawl.phases.start(run.id, 'work', { fence }))
    unwrap(await pawl.runs.complete(run.id, { fence }))
  }
  return { id: run.id, host, workspace }
}

/** A worker of a machine that answers what it is asked, until the test is over. */
function serve(host: string, answer: (operation: WorkspaceOperation) => WorkspaceResultInput | undefined) {
  const stop = new AbortController()
  const served = (async () => {
    for await (const { id } of pawl.workspaces.requests(host, { signal: stop.signal })) {
      const { operation } = unwrap(await pawl.workspaces.start(id, { worker: 'fake' }))
      unwrap(await pawl.workspaces.finish(id, { attempt: operation.attempt, result: answer(operation) }))
    }
  })()
  onTestFinished(() => {
    stop.abort()
    return served
  })
}

const PATCH = '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\u001b[31m\n+two\n'
const DIFF: WorkspaceDiffInput = {
  ...{ head: 'beef', commitsAhead: 2, filesChanged: 1, insertions: 1, deletions: 1, patch: PATCH },
  files: [{ path: 'a.txt', change: 'MODIFIED', insertions: 1, deletions: 1 }],
}

describe('pawl run diff', () => {
  it('prints the patch byte by byte, and what it comes to beside it', patience, async () => {
    const run = await work()
    serve(run.host, () => ({ diff: DIFF }))
    const { code, stdout, stderr } = await cli.run(['run', 'diff', run.id])
    expect({ code, stdout }).toEqual({ code: 0, stdout: PATCH })
    expect(stderr).toContain('1 file, +1 -1, 2 commits ahead')
  })

  it('prints the files with --stat, and everything with --json', patience, async () => {
    const run = await work()
    serve(run.host, () => ({ diff: { ...DIFF, isTruncated: true } }))
    const stat = await cli.run(['run', 'diff', run.id, '--stat'])
    expect(stat.stdout).toMatch(/M +a\.txt +\+1 -1\n1 file, \+1 -1, 2 commits ahead\n/)
    expect(stat.stderr).toContain('is cut')
    const { answer } = await cli.json(['run', 'diff', run.id])
    expect(answer).toMatchObject({
      __typename: 'PerformOperationSuccess',
      operation: { diff: { patch: PATCH, files: [{ path: 'a.txt' }] } },
    })
  })

  it('says which machine lacks a worker, and that nothing will be done', patience, async () => {
    const run = await work()
    const { code, stderr } = await cli.run(['run', 'diff', run.id, '--timeout', '1'])
    expect(code).toBe(1)
    expect(stderr).toContain(
      `no worker on ${run.host} answered within 1 s; start one there with: pawl worker`,
    )
    expect(stderr).toContain('nothing was done')
  })

  it('says that a run has no workspace', patience, async () => {
    const { run } = unwrap(await pawl.runs.start({ workflow: 'errand' }))
    const { code, stderr } = await cli.run(['run', 'diff', run.id])
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('NoWorkspace') })
  })
})

describe('pawl approval show', () => {
  it.each([
    ['warns where the worktree has changed since it was asked', 'beef', true],
    ['is silent where the worktree is as it was asked about', 'c0ffee', false],
  ])('%s', patience, async (_, now, isWarned) => {
    const { id, host } = await work({ isDone: false })
    unwrap(await pawl.phases.start(id, 'work', { fence: 1 }))
    const question = { gate: 'plan', question: 'Is it good?', fence: 1, tree: 'c0ffee' }
    const { approval } = unwrap(await pawl.approvals.request(id, question))
    serve(host, () => ({ diff: { ...DIFF, tree: now } }))
    const { code, stdout, stderr } = await cli.run(['approval', 'show', approval.id])
    expect(code).toBe(0)
    expect(stderr).toContain(`asking the worker on ${host} for the changes`)
    expect(stdout).toMatch(/M +a\.txt +\+1 -1/)
    const warning = `The worktree has changed since this was asked: what is shown is its current state (tree ${now}).`
    expect(stdout.includes(warning)).toBe(isWarned)
  })

  it('does not ask the worker with --no-diff', patience, async () => {
    const { id } = await work({ isDone: false })
    const { approval } = unwrap(
      await pawl.approvals.request(id, { gate: 'plan', question: 'Is it good?', fence: 1, tree: 'c0ffee' }),
    )
    const { code, stdout, stderr } = await cli.run(['approval', 'show', approval.id, '--no-diff'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^tree +c0ffee$/m)
  })
})

describe('pawl run merge', () => {
  it('merges the work of a completed run', patience, async () => {
    const run = await work()
    serve(run.host, () => ({ merge: { commit: 'beef', into: 'main' } }))
    expect(await cli.run(['run', 'merge', run.id])).toMatchObject({
      code: 0,
      stdout: 'merged into main: beef\n',
    })
  })

  it('refuses while the run works, with its status', patience, async () => {
    const run = await work({ isDone: false })
    const { code, stderr } = await cli.run(['run', 'merge', run.id])
    expect(code).toBe(8)
    expect(stderr).toContain('WorkspaceNotReady')
    expect(stderr).toContain(`${run.id} is RUNNING`)
    expect(stderr).toContain('possible now: DIFF, START_PREVIEW')
  })

  it('tells conflicts with their files', patience, async () => {
    const run = await work()
    const error = {
      code: 'CONFLICT',
      message: 'It conflicts.',
      hint: 'Rebase it.',
      files: ['a.txt', 'b.txt'],
    }
    serve(run.host, () => ({ error }))
    const { code, stderr } = await cli.run(['run', 'merge', run.id])
    expect(code).toBe(8)
    expect(stderr).toMatch(
      /OperationFailed: It conflicts\.\n  in conflict: a\.txt\n  in conflict: b\.txt\n  Rebase it\./,
    )
  })
})

describe('pawl run preview', () => {
  it('prints the URL, and stops what it showed', patience, async () => {
    const run = await work({ isDone: false })
    serve(run.host, ({ kind }) =>
      kind === 'START_PREVIEW' ? { preview: { url: 'http://127.0.0.1:5173/' } } : undefined,
    )
    expect(await cli.run(['run', 'preview', run.id])).toMatchObject({
      code: 0,
      stdout: 'http://127.0.0.1:5173/\n',
    })
    expect(await cli.run(['run', 'preview', run.id, '--stop'])).toMatchObject({
      code: 0,
      stdout: 'stopped\n',
    })
    const again = await cli.run(['run', 'preview', run.id, '--stop'])
    expect({ code: again.code, stderr: again.stderr }).toEqual({
      code: 8,
      stderr: expect.stringContaining('it has no preview'),
    })
  })
})

describe('pawl run delete', () => {
  it('says what becomes of the directory', patience, async () => {
    const run = await work()
    const { code, stdout, stderr } = await cli.run(['run', 'delete', run.id])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `deleted ${run.id}\n` })
    expect(stderr).toContain(`removes /trees/${run.id} on ${run.host}, unless`)
  })

  it('removes the directory with the work in it, where that is forced', patience, async () => {
    const run = await work()
    serve(run.host, ({ isForced: force }) =>
      force ? undefined : { error: { code: 'UNMERGED_WORK', message: 'It holds work.' } },
    )
    const { code, stdout } = await cli.run(['run', 'delete', run.id, '--force-workspace'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `deleted ${run.id}\nremoved /trees/${run.id} on ${run.host}\n`,
    })
    expect(await pawl.workspaces.find(run.workspace.id)).toMatchObject({ status: 'REMOVED' })
  })
})

describe('pawl workspace', () => {
  it('lists, shows and removes', patience, async () => {
    const run = await work()
    const { id } = run.workspace
    const list = await cli.run(['workspace', 'list', '--host', run.host])
    expect(list.stdout).toContain(id)
    serve(run.host, ({ isForced: force }) =>
      force ? undefined : { error: { code: 'UNMERGED_WORK', message: 'It holds 2 commits.' } },
    )
    const kept = await cli.run(['workspace', 'remove', run.id])
    expect(kept.code).toBe(8)
    expect(kept.stderr).toContain(`discard that work with: pawl workspace remove ${id} --force`)
    expect(await cli.run(['workspace', 'remove', id, '--force'])).toMatchObject({
      code: 0,
      stdout: `removed /trees/${run.id} on ${run.host}\n`,
    })
    const show = await cli.run(['workspace', 'show', run.id])
    expect(show.stdout).toMatch(new RegExp(`${id} +REMOVED +WORKTREE`))
    expect(show.stdout).toMatch(/REMOVE +FAILED .*UNMERGED_WORK: It holds 2 commits\./)
    expect((await cli.run(['workspace', 'list', '--host', run.host])).stdout).not.toContain(id)
    expect((await cli.run(['workspace', 'list', '--host', run.host, '--all'])).stdout).toContain(id)
    const gone = await cli.run(['workspace', 'show', 'wsp_01jd0000000000000000000000'])
    expect({ code: gone.code, stderr: gone.stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('NotFound'),
    })
  })
})
