import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mergeWorkspace } from '../../../src/workspaces/change/mergeWorkspace.ts'
import { openWorkspace } from '../../../src/workspaces/place/openWorkspace.ts'
import { removeWorkspace } from '../../../src/workspaces/change/removeWorkspace.ts'
import { commit, createFolder, createRepository, git, open, RUN, troubleOf, write } from './repository.ts'

const BRANCH = `pawl/${RUN}`

async function setUp() {
  const made = createRepository()
  const { path } = await open(made)
  const name = { owner: RUN, settings: made.settings }
  return { ...made, path, name, remove: (force = false) => removeWorkspace({ ...name, force }) }
}

/** What is left of workspaces, in a repository and where they are made. */
function readLeft(repository: string, root: string) {
  return {
    branches: git(repository, 'branch', '--format=%(refname:short)').split('\n'),
    worktrees: git(repository, 'worktree', 'list', '--porcelain').split('\n\n').length,
    root: readdirSync(root),
    state: readdirSync(join(root, '.pawl')),
  }
}

const NOTHING = { branches: ['main'], worktrees: 1, root: ['.gitignore', '.pawl'], state: [] }

describe('a removal', () => {
  it('leaves nothing behind where nothing was done', { tags: 'thorough' }, async () => {
    const { repository, root, remove } = await setUp()
    expect(await remove()).toBe(true)
    expect(readLeft(repository, root)).toEqual(NOTHING)
    expect(await remove()).toBe(false)
  })

  it('leaves nothing behind where all is merged, ignored files apart', async () => {
    const { repository, root, path, name, remove } = await setUp()
    write(path, { '.gitignore': '*.log\n', a: '1', 'out.log': 'x' })
    await mergeWorkspace(name)
    git(path, 'config', `branch.${BRANCH}.remote`, 'origin')
    expect(await remove()).toBe(true)
    expect(readLeft(repository, root)).toEqual(NOTHING)
    expect(git(repository, 'config', '--list')).not.toContain('pawl')
  })

  it.each([
    ['an untracked file', (path: string) => write(path, { 'a ä': '1' }), ['a ä']],
    ['a changed file', (path: string) => write(path, { 'README.md': '1' }), ['README.md']],
    ['a deleted file', (path: string) => rmSync(join(path, 'README.md')), ['README.md']],
    ['a commit', (path: string) => void commit(path, 'work', { a: '1' }), []],
    [
      'a commit on no branch',
      (path: string) => {
        git(path, 'checkout', '--quiet', '--detach')
        commit(path, 'work', { a: '1' })
      },
      [],
    ],
    [
      'a repository of its own',
      (path: string) => {
        mkdirSync(join(path, 'nested'))
        git(join(path, 'nested'), 'init', '--quiet')
      },
      ['nested/'],
    ],
  ])('is refused by %s that is merged nowhere, unless forced', async (_, work, files) => {
    const { repository, root, path, remove } = await setUp()
    work(path)
    const before = readLeft(repository, root)
    expect(await troubleOf(remove())).toMatchObject({
      code: 'UNMERGED_WORK',
      errorClass: 'HUMAN_REQUIRED',
      files,
    })
    expect(readLeft(repository, root)).toEqual(before)
    expect(await remove(true)).toBe(true)
    expect(readLeft(repository, root)).toEqual(NOTHING)
  })

  it('is refused by a repository that was committed as an entry and holds commits of its own', async () => {
    const { path, name, remove } = await setUp()
    mkdirSync(join(path, 'nested'))
    git(join(path, 'nested'), 'init', '--quiet')
    commit(join(path, 'nested'), 'inner', { a: '1' })
    commit(path, 'outer')
    expect(await troubleOf(mergeWorkspace(name))).toMatchObject({
      code: 'SUBMODULE_NOT_PUSHED',
      files: ['nested'],
    })
    expect(await troubleOf(remove())).toMatchObject({ code: 'UNMERGED_WORK', files: ['nested/'] })
  })

  it('knows work as merged that was merged elsewhere and fetched', { tags: 'thorough' }, async () => {
    const { folder, repository, path, remove } = await setUp()
    const elsewhere = join(folder, 'elsewhere')
    git(folder, 'clone', '--quiet', repository, elsewhere)
    git(repository, 'remote', 'add', 'origin', elsewhere)
    commit(path, 'work', { a: '1' })
    git(elsewhere, 'pull', '--quiet', repository, BRANCH)
    expect(await troubleOf(remove())).toMatchObject({ code: 'UNMERGED_WORK' })
    git(repository, 'fetch', '--quiet', 'origin')
    expect(await remove()).toBe(true)
  })

  it('is refused while a worker has the workspace open', async () => {
    const { settings, remove } = await setUp()
    const opened = await openWorkspace({ runId: RUN, input: null, settings })
    expect(await troubleOf(remove(true))).toMatchObject({
      code: 'WORKSPACE_IN_USE',
      errorClass: 'RECOVERABLE',
    })
    opened.close()
    expect(await remove()).toBe(true)
  })

  it('is refused where the branch is checked out by somebody else', async () => {
    const { repository, path, remove } = await setUp()
    git(path, 'checkout', '--quiet', '--detach')
    git(repository, 'switch', '--quiet', BRANCH)
    expect(await troubleOf(remove(true))).toMatchObject({
      code: 'BRANCH_IN_USE',
      errorClass: 'HUMAN_REQUIRED',
    })
  })

  it('removes what is left where somebody has deleted the folder', async () => {
    const { repository, root, path, remove } = await setUp()
    rmSync(path, { recursive: true })
    expect(await remove()).toBe(true)
    expect(readLeft(repository, root)).toEqual(NOTHING)
  })

  it('keeps the branch of a deleted folder where its commits are merged nowhere', async () => {
    const { repository, path, remove } = await setUp()
    const tip = commit(path, 'work', { a: '1' })
    rmSync(path, { recursive: true })
    expect(await troubleOf(remove())).toMatchObject({ code: 'UNMERGED_WORK' })
    expect(git(repository, 'rev-parse', BRANCH)).toBe(tip)
  })

  it('never deletes a directory that was there before', async () => {
    const directory = createFolder()
    write(directory, { a: '1' })
    const { settings, root } = createRepository()
    const input = { workspace: { directory } }
    await open({ settings: { ...settings, allow: [directory] } }, { input })
    expect(await removeWorkspace({ owner: RUN, settings, force: true })).toBe(false)
    expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('1')
    expect(readdirSync(join(root, '.pawl'))).toEqual([])
  })

  it("does not take the worktree from under a run that shares it: the workspace is its owner's", async () => {
    const { settings, path } = await setUp()
    await open({ settings }, { runId: 'run_next', continuesRunId: RUN })
    expect(await removeWorkspace({ owner: 'run_next', settings, force: true })).toBe(false)
    expect(existsSync(path)).toBe(true)
  })

  it('finishes what a kill interrupted', async () => {
    const { repository, root, path, remove } = await setUp()
    const record = join(root, '.pawl', `${RUN}.json`)
    writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), state: 'REMOVING' }))
    rmSync(join(path, 'README.md'))
    expect(await remove()).toBe(true)
    expect(readLeft(repository, root)).toEqual(NOTHING)
  })
})
