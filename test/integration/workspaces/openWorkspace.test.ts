import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openWorkspace } from '../../../src/workspaces/openWorkspace.ts'
import { commit, createRepository, git, write, type TestRepository } from './repository.ts'

const RUN = 'run_01h455vb4pex5vsknk084sn02q'

async function open(
  { settings }: Pick<TestRepository, 'settings'>,
  { runId = RUN, input = {} as unknown, continuesRunId = null as string | null } = {},
) {
  const workspace = await openWorkspace({ runId, input, continuesRunId, settings })
  workspace.close()
  return workspace
}

describe('a worktree', () => {
  it('is made on a branch of its own at the first opening, and found again at the next', async () => {
    const it = createRepository()
    const workspace = await open(it)
    expect(workspace).toMatchObject({
      owner: RUN,
      kind: 'WORKTREE',
      path: join(it.root, RUN),
      repository: join(it.repository, '.git'),
      branch: `pawl/${RUN}`,
      base: 'main',
      baseCommit: it.first,
      isNew: true,
    })
    expect(git(workspace.path, 'symbolic-ref', 'HEAD')).toBe(`refs/heads/pawl/${RUN}`)
    expect(readFileSync(join(workspace.path, 'README.md'), 'utf8')).toBe('one\ntwo\nthree\n')
    write(workspace.path, { 'new file': 'x' })
    const tip = commit(workspace.path, 'work')
    commit(it.repository, 'meanwhile', { other: 'y' })
    write(workspace.path, { 'README.md': 'changed\n' })
    const { isNew, close: _close, ...again } = await open(it)
    expect(isNew).toBe(false)
    expect(workspace).toMatchObject(again)
    expect(git(again.path, 'rev-parse', 'HEAD')).toBe(tip)
    expect(readFileSync(join(again.path, 'README.md'), 'utf8')).toBe('changed\n')
  })
})
