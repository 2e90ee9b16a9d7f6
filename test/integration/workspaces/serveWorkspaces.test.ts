import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl, Workspace } from '@pawl/sdk'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { findProcess } from '../../../src/processes/processTable.ts'
import { openWorkspace } from '../../../src/workspaces/place/openWorkspace.ts'
import { serveWorkspaces } from '../../../src/workspaces/serve/serveWorkspaces.ts'
import {
  type WorkspaceSettings,
  workspaceSettingsSchema,
} from '../../../src/workspaces/kit/workspaceSettings.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { createRepository, git, write } from './repository.ts'

const WORKFLOW = { name: 'errand', version: 1, initialPhase: 'work', phases: [{ key: 'work', final: true }] }
const SERVER = `require('node:http').createServer((_, a) => a.end('seen')).listen(Number(process.env.PORT), '127.0.0.1')`
const PREVIEWS = { errand: { command: [process.execPath, '-e', SERVER], killAfterSeconds: 1 } }
const PATIENCE = { timeoutMs: 40_000 }

let server: TestServer
let pawl: Pawl
let hosts = 0

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken, retry: { minDelayMs: 20, maxDelayMs: 200 } })
  unwrap(await pawl.workflows.register(WORKFLOW))
})
afterAll(() => server.stop())

/** A machine of its own, with a repository and what its worker is told. */
function createHost() {
  const made = createRepository()
  const { repository, root, folder } = made
  const settings = workspaceSettingsSchema.parse({ repository, root, allow: [folder], previews: PREVIEWS })
  return { ...made, settings, host: `host-${++hosts}` }
}

/** Serves a machine until it is told to stop, or the test is over. Resolves `served` with what went wrong meanwhile. */
function serve({ host, settings }: { host: string; settings: WorkspaceSettings }) {
  const stop = new AbortController()
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const served = serveWorkspaces({ pawl, host, worker: 'tester', settings, signal: stop.signal, onError })
  const end = async () => {
    stop.abort()
    await served
    return errors
  }
  onTestFinished(async () => void (await end()))
  return { end, errors }
}

/** A completed run that worked in a workspace: `work` does what there is to do. */
async function workIn(
  { host, settings }: { host: string; settings: WorkspaceSettings },
  work: (path: string) => void,
  input: Record<string, never> | { workspace: { directory: string } } = {},
): Promise<{ workspace: Workspace; runId: string }> {
  const claim = { owner: 'tester', leaseSeconds: 60 }
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'errand', claim, input }))
  const fence = lease?.fence ?? 0
  const opened = await openWorkspace({ runId: run.id, input, settings })
  const { kind, path, repository, branch, baseCommit } = opened
  const place = { host, kind, path, repository, branch, baseCommit }
  const { workspace } = unwrap(await pawl.workspaces.record(run.id, { ...place, fence }))
  work(path)
  unwrap(await pawl.phases.start(run.id, 'work', { fence }))
  unwrap(await pawl.runs.complete(run.id, { fence }))
  opened.close()
  return { workspace, runId: run.id }
}

describe('a worker that serves the workspaces of its machine', () => {
  it('shows, merges and removes what a run has made', async () => {
    const host = createHost()
    const { errors } = serve(host)
    const { workspace } = await workIn(host, (path) => write(path, { 'new file ä\n.txt': 'one\ntwo\n' }))
    const { operation: shown } = unwrap(await pawl.workspaces.perform(workspace.id, 'DIFF', PATIENCE))
    expect(shown.diff).toMatchObject({
      head: host.first,
      commitsAhead: 0,
      filesChanged: 1,
      insertions: 2,
      files: [{ path: 'new file ä\n.txt', change: 'ADDED', insertions: 2, deletions: 0 }],
    })
    expect(shown.diff?.patch).toContain('+two')
    const { operation: merged } = unwrap(await pawl.workspaces.perform(workspace.id, 'MERGE', PATIENCE))
    expect(merged.merge).toEqual({ commit: git(host.repository, 'rev-parse', 'main'), into: 'main' })
    expect(readFileSync(join(host.repository, 'new file ä\n.txt'), 'utf8')).toBe('one\ntwo\n')
    unwrap(await pawl.workspaces.perform(workspace.id, 'REMOVE', PATIENCE))
    expect(existsSync(workspace.path)).toBe(false)
    expect(await pawl.workspaces.find(workspace.id)).toMatchObject({ status: 'REMOVED' })
    expect(errors).toEqual([])
  })

  it('answers what stands against it with its code and files', async () => {
    const host = createHost()
    serve(host)
    const { workspace } = await workIn(host, (path) => write(path, { 'README.md': 'mine\n' }))
    write(host.repository, { 'README.md': 'theirs\n' })
    git(host.repository, 'commit', '--quiet', '--all', '--message', 'theirs')
    const merged = await pawl.workspaces.perform(workspace.id, 'MERGE', PATIENCE)
    expect(merged).toMatchObject({
      __typename: 'OperationFailed',
      operation: {
        error: { code: 'CONFLICT', files: ['README.md'], hint: expect.stringContaining('resolve') },
      },
    })
    const removed = await pawl.workspaces.perform(workspace.id, 'REMOVE', PATIENCE)
    expect(removed).toMatchObject({
      __typename: 'OperationFailed',
      operation: { error: { code: 'UNMERGED_WORK' } },
    })
    expect(existsSync(workspace.path)).toBe(true)
    unwrap(await pawl.workspaces.perform(workspace.id, 'REMOVE', { ...PATIENCE, force: true }))
    expect(existsSync(workspace.path)).toBe(false)
  })

  it('ends an operation whose report the server refuses', { tags: 'thorough' }, async () => {
    const host = createHost()
    serve(host)
    const { workspace } = await workIn(host, (path) => {
      // the names of these files are more than a request may hold
      const folder = `${'d'.repeat(250)}/`.repeat(14)
      write(path, Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`${folder}${n}`, ''])))
    })
    const shown = await pawl.workspaces.perform(workspace.id, 'DIFF', PATIENCE)
    expect(shown).toMatchObject({
      __typename: 'OperationFailed',
      operation: {
        status: 'FAILED',
        error: { code: 'FAULT', message: expect.stringContaining('refused the report') },
      },
    })
  })

  it('tells a patch of a mebibyte, however much longer it is as JSON', { tags: 'thorough' }, async () => {
    const host = createHost()
    serve(host)
    const { workspace } = await workIn(host, (path) =>
      write(path, { 'quotes.txt': `${'"'.repeat(99)}\n`.repeat(12_000) }),
    )
    const shown = unwrap(await pawl.workspaces.perform(workspace.id, 'DIFF', PATIENCE))
    expect(shown.operation.diff).toMatchObject({ isTruncated: true })
  })

  it('starts and stops a preview, tells when it ends by itself, and takes it along when it stops', async () => {
    const host = createHost()
    const { end } = serve(host)
    const { workspace } = await workIn(host, () => undefined)
    const { id } = workspace
    const read = async () => (await pawl.workspaces.find(id))?.preview
    unwrap(await pawl.workspaces.perform(id, 'START_PREVIEW', PATIENCE))
    const preview = await read()
    expect(preview).toMatchObject({ status: 'RUNNING', url: expect.stringMatching(/^http:/) })
    expect(await (await fetch(preview?.url ?? '')).text()).toBe('seen')
    unwrap(await pawl.workspaces.perform(id, 'STOP_PREVIEW', PATIENCE))
    expect(await read()).toMatchObject({ status: 'STOPPED', url: null })
    await expect(fetch(preview?.url ?? '')).rejects.toThrow()

    unwrap(await pawl.workspaces.perform(id, 'START_PREVIEW', PATIENCE))
    process.kill(readPreviewPid(host.root, id), 'SIGKILL')
    await expect
      .poll(read, { timeout: 20_000 })
      .toMatchObject({ status: 'FAILED', error: { code: 'PREVIEW_ENDED' } })

    unwrap(await pawl.workspaces.perform(id, 'START_PREVIEW', PATIENCE))
    const pid = readPreviewPid(host.root, id)
    await end()
    expect(findProcess(pid)?.isLiving ?? false).toBe(false)
    expect(await read()).toMatchObject({ status: 'STOPPED' })
  })

  it('tells what it was not told how to start', async () => {
    const host = createHost()
    const settings = { ...host.settings, previews: {} }
    serve({ ...host, settings })
    const { workspace } = await workIn(host, () => undefined)
    expect(await pawl.workspaces.perform(workspace.id, 'START_PREVIEW', PATIENCE)).toMatchObject({
      operation: { error: { code: 'NO_PREVIEW_DEFINED' } },
    })
  })

  it('forgets previews of a worker that was killed', { tags: 'thorough' }, async () => {
    const host = createHost()
    const { workspace } = await workIn(host, () => undefined)
    const lost = { status: 'RUNNING', url: 'http://127.0.0.1:1/' } as const
    unwrap(await pawl.workspaces.reportPreview(workspace.id, lost))
    serve(host)
    const read = async () => (await pawl.workspaces.find(workspace.id))?.preview.status
    await expect.poll(read, { timeout: 20_000 }).toBe('STOPPED')
  })

  it('does what was asked for while it was away', async () => {
    const host = createHost()
    const { workspace } = await workIn(host, (path) => write(path, { a: '1' }))
    const asked = pawl.workspaces.perform(workspace.id, 'MERGE', PATIENCE)
    serve(host)
    expect(unwrap(await asked).operation.merge?.into).toBe('main')
  })

  it('touches nothing that it did not make, whatever the server says of it', async () => {
    const host = createHost()
    serve(host)
    const precious = createRepository()
    write(precious.repository, { precious: '1' })
    const claim = { owner: 'liar', leaseSeconds: 60 }
    const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'errand', claim }))
    const fence = lease?.fence ?? 0
    const lie = {
      host: host.host,
      kind: 'WORKTREE',
      path: precious.repository,
      repository: join(precious.repository, '.git'),
      branch: 'pawl/../main',
      baseCommit: precious.first,
    } as const
    const { workspace } = unwrap(await pawl.workspaces.record(run.id, { ...lie, fence }))
    unwrap(await pawl.runs.fail(run.id, { fence, error: 'done' }))
    for (const kind of ['REMOVE', 'DIFF', 'START_PREVIEW'] as const)
      expect(await pawl.workspaces.perform(workspace.id, kind, { ...PATIENCE, force: true })).toMatchObject({
        operation: { error: { code: 'WORKSPACE_UNKNOWN' } },
      })
    expect(existsSync(join(precious.repository, 'precious'))).toBe(true)
  })

  it(
    'touches nothing that it made for another run, whoever recorded that as its own',
    { tags: 'thorough' },
    async () => {
      const host = createHost()
      serve(host)
      const other = await openWorkspace({ runId: 'run_other', input: {}, settings: host.settings })
      other.close()
      write(other.path, { secret: '1' })
      const claim = { owner: 'liar', leaseSeconds: 60 }
      const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'errand', claim }))
      const fence = lease?.fence ?? 0
      const { kind, path, repository, branch, baseCommit } = other
      const lie = { host: host.host, kind, path, repository, branch, baseCommit }
      const { workspace } = unwrap(await pawl.workspaces.record(run.id, { ...lie, fence }))
      unwrap(await pawl.phases.start(run.id, 'work', { fence }))
      unwrap(await pawl.runs.complete(run.id, { fence }))
      for (const asked of ['DIFF', 'MERGE', 'START_PREVIEW', 'REMOVE'] as const)
        expect(
          await pawl.workspaces.perform(workspace.id, asked, { ...PATIENCE, force: true }),
        ).toMatchObject({
          operation: { error: { code: 'WORKSPACE_UNKNOWN' } },
        })
      expect(existsSync(join(path, 'secret'))).toBe(true)
    },
  )

  it('shows a plain directory, and never deletes it', { tags: 'thorough' }, async () => {
    const host = createHost()
    const directory = join(host.folder, 'plain')
    write(directory, { a: '1' })
    serve(host)
    const { workspace } = await workIn(host, () => undefined, { workspace: { directory } })
    expect(workspace).toMatchObject({ kind: 'DIRECTORY', path: directory, baseCommit: null })
    unwrap(await pawl.workspaces.perform(workspace.id, 'START_PREVIEW', PATIENCE))
    unwrap(await pawl.workspaces.perform(workspace.id, 'REMOVE', { ...PATIENCE, force: true }))
    expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('1')
    expect(await pawl.workspaces.find(workspace.id)).toMatchObject({
      status: 'REMOVED',
      preview: { status: 'STOPPED' },
    })
  })

  it(
    'tells the server that a workspace is removed where an earlier removal could not be told',
    { tags: 'thorough' },
    async () => {
      const host = createHost()
      const { workspace } = await workIn(host, () => undefined)
      rmSync(host.root, { recursive: true })
      serve(host)
      unwrap(await pawl.workspaces.perform(workspace.id, 'REMOVE', PATIENCE))
      expect(await pawl.workspaces.find(workspace.id)).toMatchObject({ status: 'REMOVED' })
    },
  )

  it('serves many workspaces at once', { tags: 'thorough' }, async () => {
    const host = createHost()
    const { errors } = serve(host)
    const made = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => workIn(host, (path) => write(path, { [name]: name }))),
    )
    const merged = await Promise.all(
      made.map(({ workspace }) => pawl.workspaces.perform(workspace.id, 'MERGE', PATIENCE)),
    )
    for (const result of merged) unwrap(result)
    expect(git(host.repository, 'ls-files').split('\n')).toEqual(['README.md', 'a', 'b', 'c', 'd', 'e', 'f'])
    expect(errors).toEqual([])
  })
})

function readPreviewPid(root: string, workspaceId: string): number {
  const record = readFileSync(join(root, '.pawl', 'previews', `${workspaceId}.json`), 'utf8')
  return (JSON.parse(record) as { process: { pid: number } }).process.pid
}
