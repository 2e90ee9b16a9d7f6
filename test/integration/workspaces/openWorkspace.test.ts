import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { FileLock } from '../../../src/workspaces/kit/fileLock.ts'
import { openWorkspace } from '../../../src/workspaces/place/openWorkspace.ts'
import { removeWorkspace } from '../../../src/workspaces/change/removeWorkspace.ts'
import { workspaceSettingsSchema } from '../../../src/workspaces/kit/workspaceSettings.ts'
import { commit, createFolder, createRepository, git, open, RUN, troubleOf, write } from './repository.ts'

const BRANCH = `pawl/${RUN}`

describe('a worktree', () => {
  it('is not begun while another of its repository is, or is looked for', { tags: 'thorough' }, async () => {
    const made = createRepository()
    for (const kind of ['exclusive', 'shared'] as const) {
      const lock = await FileLock.take(join(made.repository, '.git', 'pawl-worktrees.lock'), { kind })
      const steps: string[] = []
      const opening = open(made).then(() => steps.push('opened'))
      await setTimeout(500)
      steps.push('let go')
      lock.release()
      await opening
      expect(steps).toEqual(['let go', 'opened'])
      expect(await removeWorkspace({ owner: RUN, settings: made.settings, force: true })).toBe(true)
    }
  })

  it('is made on a branch of its own at the first opening, and found again at the next', async () => {
    const made = createRepository()
    const workspace = await open(made)
    expect(workspace).toMatchObject({
      owner: RUN,
      kind: 'WORKTREE',
      path: join(made.root, RUN),
      repository: join(made.repository, '.git'),
      branch: BRANCH,
      base: 'main',
      baseCommit: made.first,
      isNew: true,
    })
    expect(git(workspace.path, 'symbolic-ref', 'HEAD')).toBe(`refs/heads/${BRANCH}`)
    expect(readFileSync(join(workspace.path, 'README.md'), 'utf8')).toBe('one\ntwo\nthree\n')
    const tip = commit(workspace.path, 'work', { 'new file': 'x' })
    commit(made.repository, 'meanwhile', { other: 'y' })
    write(workspace.path, { 'README.md': 'changed\n' })
    const { isNew, close: _close, ...again } = await open(made)
    expect(isNew).toBe(false)
    expect(workspace).toMatchObject(again)
    expect(git(again.path, 'rev-parse', 'HEAD')).toBe(tip)
    expect(readFileSync(join(again.path, 'README.md'), 'utf8')).toBe('changed\n')
  })

  it('is the same for all who open it at once', async () => {
    const made = createRepository()
    const opened = await Promise.all(Array.from({ length: 6 }, () => open(made)))
    expect(opened.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(opened.map(({ path, baseCommit }) => `${path} ${baseCommit}`)).size).toBe(1)
    expect(git(made.repository, 'worktree', 'list').split('\n')).toHaveLength(2)
  })

  it('begins at the branch, the tag or the commit that is asked for', async () => {
    const made = createRepository()
    git(made.repository, 'tag', 'old')
    git(made.repository, 'switch', '--quiet', '--create', `o'ther/"b"-ä`)
    const tip = commit(made.repository, 'second', { a: '1' })
    const ask = (runId: string, base: string) =>
      open(made, { runId, input: { workspace: { repository: made.repository, base } } })
    expect(await ask('run_1', `o'ther/"b"-ä`)).toMatchObject({ base: `o'ther/"b"-ä`, baseCommit: tip })
    expect(await ask('run_2', 'old')).toMatchObject({ base: null, baseCommit: made.first })
    expect(await ask('run_3', made.first.slice(0, 10))).toMatchObject({ base: null, baseCommit: made.first })
    expect(await open(made, { runId: 'run_4' })).toMatchObject({ base: `o'ther/"b"-ä`, baseCommit: tip })
  })

  it('is shared by the runs that continue its run', async () => {
    const made = createRepository()
    const first = await open(made)
    write(first.path, { a: '1' })
    const second = await open(made, { runId: 'run_2', continuesRunId: RUN })
    const third = await open(made, { runId: 'run_3', continuesRunId: 'run_2' })
    for (const next of [second, third])
      expect(next).toMatchObject({ path: first.path, owner: RUN, isNew: false })
    expect(await open(made, { runId: 'run_2' })).toMatchObject({ path: first.path })
  })

  it("is a run's own where that of the run it continues was removed, or was never here", async () => {
    const made = createRepository()
    await open(made)
    await open(made, { runId: 'run_2', continuesRunId: RUN })
    await removeWorkspace({ owner: RUN, settings: made.settings })
    expect(await open(made, { runId: 'run_2', continuesRunId: RUN })).toMatchObject({
      owner: 'run_2',
      isNew: true,
    })
    expect(await open(made, { runId: 'run_4', continuesRunId: 'run_x' })).toMatchObject({ owner: 'run_4' })
  })

  it('is made again from its branch where somebody has deleted it', async () => {
    const made = createRepository()
    const { path } = await open(made)
    const tip = commit(path, 'work', { a: '1' })
    rmSync(path, { recursive: true })
    expect(await open(made)).toMatchObject({ isNew: true, baseCommit: made.first })
    expect(git(path, 'rev-parse', 'HEAD')).toBe(tip)
    expect(git(path, 'status', '--porcelain')).toBe('')
  })

  it.each([
    ['lost its link to the repository', (path: string) => rmSync(join(path, '.git'))],
    ['has a broken link', (path: string) => writeFileSync(join(path, '.git'), 'gitdir: /nowhere\n')],
    [
      'was forgotten by the repository',
      (path: string, repository: string) =>
        rmSync(join(repository, '.git', 'worktrees'), { recursive: true }),
    ],
  ])('keeps its commits and changed files where it %s', async (_, breakIt) => {
    const made = createRepository()
    const { path } = await open(made)
    const tip = commit(path, 'work', { a: '1' })
    write(path, { a: 'changed', b: 'untracked' })
    rmSync(join(path, 'README.md'))
    const before = git(path, 'status', '--porcelain')
    breakIt(path, made.repository)
    expect(await open(made)).toMatchObject({ isNew: false })
    expect(git(path, 'rev-parse', 'HEAD')).toBe(tip)
    expect(git(path, 'status', '--porcelain')).toBe(before)
    expect(git(made.repository, 'worktree', 'list')).toContain(path)
    expect(readdirSync(join(made.root, '.pawl')).filter((name) => name.endsWith('.tree'))).toEqual([])
  })

  it('is found again by its branch where nothing is remembered of it', async () => {
    const made = createRepository()
    const { path } = await open(made)
    commit(path, 'work', { a: '1' })
    write(path, { b: '2' })
    commit(made.repository, 'meanwhile', { c: '3' })
    rmSync(join(made.root, '.pawl'), { recursive: true })
    expect(await open(made)).toMatchObject({ path, baseCommit: made.first, isNew: false })
    expect(readFileSync(join(path, 'b'), 'utf8')).toBe('2')
  })

  it('follows where the folder of all worktrees was moved, with its changes', async () => {
    const made = createRepository()
    const { path } = await open(made)
    write(path, { a: '1' })
    const root = join(made.folder, 'moved')
    renameSync(made.root, root)
    rmSync(join(root, '.pawl'), { recursive: true })
    const settings = { ...made.settings, root }
    expect(await open({ settings })).toMatchObject({ path: join(root, RUN), isNew: false })
    expect(git(join(root, RUN), 'status', '--porcelain')).toBe('?? a')
    expect(git(made.repository, 'worktree', 'list')).toContain(join(root, RUN))
  })

  it.each([
    ['a file', (path: string) => writeFileSync(path, 'mine')],
    ['a folder with files', (path: string) => write(path, { mine: '1' })],
    [
      'a repository',
      (path: string) => {
        mkdirSync(path)
        git(path, 'init', '--quiet')
      },
    ],
  ])('does not take the place of %s that is there already', async (_, put) => {
    const made = createRepository()
    mkdirSync(made.root)
    put(join(made.root, RUN))
    const listed = () =>
      readdirSync(made.root, { recursive: true }).filter((name) => !String(name).startsWith('.'))
    const before = listed()
    expect(await troubleOf(open(made))).toMatchObject({ code: 'PATH_TAKEN', errorClass: 'HUMAN_REQUIRED' })
    expect(listed()).toEqual(before)
  })

  it('does not put a repository of somebody in order that took its place', async () => {
    const made = createRepository()
    const { path } = await open(made)
    rmSync(join(path, '.git'))
    git(path, 'init', '--quiet')
    const tip = commit(path, 'theirs')
    expect(await troubleOf(open(made))).toMatchObject({ code: 'PATH_TAKEN' })
    expect(git(path, 'rev-parse', 'HEAD')).toBe(tip)
  })

  it('is not made where its branch is checked out elsewhere', async () => {
    const made = createRepository()
    git(made.repository, 'switch', '--quiet', '--create', BRANCH)
    const trouble = await troubleOf(open(made))
    expect(trouble).toMatchObject({ code: 'BRANCH_IN_USE', errorClass: 'HUMAN_REQUIRED' })
    expect(trouble.message).toContain(made.repository)
  })

  it('says why there can be no branch of its name', async () => {
    const made = createRepository()
    git(made.repository, 'branch', 'pawl')
    const trouble = await troubleOf(open(made))
    expect(trouble).toMatchObject({ code: 'BRANCH_NAME_TAKEN', errorClass: 'HUMAN_REQUIRED' })
  })

  it('is of no concern to the repository that it is made in', async () => {
    const made = createRepository()
    const settings = { ...made.settings, root: join(made.repository, '.work trees') }
    const { path } = await open({ settings })
    write(path, { a: '1' })
    expect(git(made.repository, 'status', '--porcelain')).toBe('')
    expect(git(path, 'status', '--porcelain')).toBe('?? a')
  })

  it('runs no hooks and asks nobody', async () => {
    const made = createRepository()
    const hook = join(made.repository, '.git', 'hooks', 'post-checkout')
    mkdirSync(join(hook, '..'), { recursive: true })
    writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    expect(await open(made)).toMatchObject({ isNew: true })
  })

  it('is not made where the opening is given up', async () => {
    const made = createRepository()
    const opening = openWorkspace({
      runId: RUN,
      input: null,
      settings: made.settings,
      signal: AbortSignal.abort(new Error('enough')),
    })
    await expect(opening).rejects.toThrow('enough')
    expect(git(made.repository, 'branch')).toBe('* main')
  })
})

describe('a directory', () => {
  it('is worked in as it stands', async () => {
    const directory = createFolder()
    const settings = workspaceSettingsSchema.parse({ root: join(createFolder(), 'root'), allow: [directory] })
    const input = { workspace: { directory: join(directory, '.') }, other: 1 }
    const opened = await open({ settings }, { input })
    expect(opened).toMatchObject({
      kind: 'DIRECTORY',
      path: directory,
      branch: null,
      baseCommit: null,
      isNew: false,
    })
    expect(readdirSync(directory)).toEqual([])
  })

  it("is the worker's where a run asks for none", async () => {
    const directory = createFolder()
    const settings = workspaceSettingsSchema.parse({ root: join(createFolder(), 'root'), directory })
    expect(await open({ settings }, { input: 'anything' })).toMatchObject({
      kind: 'DIRECTORY',
      path: directory,
    })
  })

  it.each([
    ['an outside one', (folder: string) => folder],
    [
      'one by a link',
      (folder: string, allowed: string) => {
        symlinkSync(folder, join(allowed, 'link'))
        return join(allowed, 'link')
      },
    ],
    ['one by dots', (folder: string, allowed: string) => `${allowed}/../../${basename(folder)}`],
    [
      'one whose name begins alike',
      (_: string, allowed: string) => {
        mkdirSync(`${allowed}-other`)
        return `${allowed}-other`
      },
    ],
  ])('is refused where a run names %s', async (_, name) => {
    const allowed = join(createFolder(), 'allowed')
    mkdirSync(allowed)
    const settings = workspaceSettingsSchema.parse({ root: join(createFolder(), 'root'), allow: [allowed] })
    const directory = name(createFolder(), allowed)
    expect(await troubleOf(open({ settings }, { input: { workspace: { directory } } }))).toMatchObject({
      code: 'DIRECTORY_NOT_ALLOWED',
      errorClass: 'FATAL',
    })
  })

  it('is no way to a repository outside', async () => {
    const outside = createRepository()
    const allowed = createFolder()
    writeFileSync(join(allowed, '.git'), `gitdir: ${join(outside.repository, '.git')}\n`)
    const settings = workspaceSettingsSchema.parse({ root: join(createFolder(), 'root'), allow: [allowed] })
    const input = { workspace: { repository: allowed } }
    expect(await troubleOf(open({ settings }, { input }))).toMatchObject({ code: 'DIRECTORY_NOT_ALLOWED' })
  })
})

describe('what is asked for', () => {
  it.each([
    ['a relative path', { directory: 'here' }],
    ['nothing of it', {}],
    ['both', { directory: '/a', repository: '/b' }],
    ['a base that is an option', { repository: '/a', base: '--upload-pack=x' }],
    ['a path with a NUL', { directory: '/a\0b' }],
    ['a text', '/a'],
  ])('is refused where it is %s', async (_, workspace) => {
    const trouble = await troubleOf(open(createRepository(), { input: { workspace } }))
    expect(trouble).toMatchObject({ code: 'WORKSPACE_INPUT_INVALID', errorClass: 'FATAL' })
    expect(trouble.hint).toContain('input.workspace')
  })

  it.each([
    ['DIRECTORY_NOT_FOUND', (folder: string) => ({ repository: join(folder, 'nothing') })],
    [
      'NOT_A_REPOSITORY',
      (folder: string) => {
        mkdirSync(join(folder, 'plain'))
        return { repository: join(folder, 'plain') }
      },
    ],
    ['BASE_NOT_FOUND', (_: string, repository: string) => ({ repository, base: 'no-such-branch' })],
    [
      'REPOSITORY_EMPTY',
      (folder: string) => {
        git(folder, 'init', '--quiet', 'empty')
        return { repository: join(folder, 'empty') }
      },
    ],
  ])('is refused as %s', async (code, ask) => {
    const made = createRepository()
    const workspace = ask(made.folder, made.repository)
    expect(await troubleOf(open(made, { input: { workspace } }))).toMatchObject({ code, errorClass: 'FATAL' })
  })

  it('has to be what the run that it continues worked in', async () => {
    const made = createRepository()
    await open(made)
    const input = { workspace: { directory: made.folder } }
    expect(await troubleOf(open(made, { runId: 'run_2', continuesRunId: RUN, input }))).toMatchObject({
      code: 'WORKSPACE_MISMATCH',
      errorClass: 'FATAL',
    })
  })

  it.each(['', '..', '-x', 'a/b', 'a b', '.pawl'])(
    'needs an id that names a folder, and not %j',
    async (runId) => {
      expect(await troubleOf(open(createRepository(), { runId }))).toMatchObject({ code: 'RUN_ID_UNUSABLE' })
    },
  )
})
