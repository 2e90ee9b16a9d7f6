import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { thoroughly } from '../../support/thorough.ts'
import { diffWorkspace } from '../../../src/workspaces/change/diffWorkspace.ts'
import { findWorktree } from '../../../src/workspaces/place/findWorkspace.ts'
import { mergeWorkspace } from '../../../src/workspaces/change/mergeWorkspace.ts'
import { removeWorkspace } from '../../../src/workspaces/change/removeWorkspace.ts'
import {
  commit,
  createRepository,
  git,
  open,
  RUN,
  setOwnSettings,
  type TestRepository,
  troubleOf,
  write,
} from './repository.ts'

const BRANCH = `pawl/${RUN}`

const merge = ({ settings }: Pick<TestRepository, 'settings'>) => mergeWorkspace({ owner: RUN, settings })
const diff = async ({ settings }: Pick<TestRepository, 'settings'>) =>
  diffWorkspace(await findWorktree({ owner: RUN, settings }))
const shown = async (made: Pick<TestRepository, 'settings'>) =>
  (await diff(made)).files.map(({ path }) => path).toSorted()

describe('a worktree that lost its .git file', () => {
  it("shows and merges its own work where it stands in its repository, and not that of the user's", async () => {
    const made = createRepository()
    const settings = { ...made.settings, root: join(made.repository, '.pawl', 'workspaces') }
    const { path } = await open({ settings })
    write(made.repository, { 'README.md': 'theirs\n' })
    write(path, { 'out.json': '{}' })
    rmSync(join(path, '.git'))
    expect(await shown({ settings })).toEqual(['out.json'])
    expect(await merge({ settings })).toMatchObject({ changed: true })
    expect(git(made.repository, 'ls-files')).toContain('out.json')
    expect(readFileSync(join(made.repository, 'README.md'), 'utf8')).toBe('theirs\n')
  })
})

describe('a worktree that was deleted by hand', () => {
  it(
    'is no worktree with nothing to do: a diff and a merge say what is lost',
    { tags: 'thorough' },
    async () => {
      const made = createRepository()
      const { path } = await open(made)
      write(path, { 'out.json': '{}' })
      rmSync(path, { recursive: true })
      for (const asked of [diff, merge]) {
        const trouble = await troubleOf(asked(made))
        expect(trouble).toMatchObject({ code: 'WORKSPACE_GONE', errorClass: 'HUMAN_REQUIRED' })
        expect(trouble.message).toContain('lost')
      }
      expect(existsSync(path)).toBe(false)
    },
  )
})

describe('a sparse checkout', () => {
  it('holds back no new file, neither from a diff nor from a merge', async () => {
    const made = createRepository({ 'src/a': 'a\n', 'docs/d': 'd\n', 'README.md': 'r\n' })
    git(made.repository, 'sparse-checkout', 'set', 'src')
    const { path } = await open(made)
    expect(existsSync(join(path, 'docs'))).toBe(false)
    write(path, { 'docs/new.md': 'new\n', 'src/b': 'b\n' })
    expect(await shown(made)).toEqual(['docs/new.md', 'src/b'])
    const { commit: made2 } = await merge(made)
    expect(git(made.repository, 'show', `${made2}:docs/new.md`)).toBe('new')
    expect(git(made.repository, 'show', `${made2}:docs/d`)).toBe('d')
    expect(git(made.repository, 'status', '--porcelain')).toBe('')
    expect(existsSync(join(made.repository, 'docs', 'new.md'))).toBe(false)
  })
})

describe('submodules', () => {
  /** A repository with a submodule, which a run's worktree has empty. */
  async function setUp() {
    const inner = createRepository({ 'inner.txt': 'inner\n' })
    const made = createRepository()
    git(
      made.repository,
      '-c',
      'protocol.file.allow=always',
      'submodule',
      'add',
      '--quiet',
      inner.repository,
      'sub',
    )
    git(made.repository, 'commit', '--quiet', '--message', 'sub')
    const { path } = await open(made)
    const fetch = () =>
      git(path, '-c', 'protocol.file.allow=always', 'submodule', 'update', '--quiet', '--init')
    return { ...made, path, fetch }
  }

  it('that were not fetched are in nobody’s way', async () => {
    const made = await setUp()
    write(made.path, { a: '1' })
    expect(await shown(made)).toEqual(['a'])
    expect(await merge(made)).toMatchObject({ changed: true })
  })

  it('that were fetched and left alone are in nobody’s way', { tags: 'thorough' }, async () => {
    const made = await setUp()
    made.fetch()
    write(made.path, { a: '1' })
    expect(await shown(made)).toEqual(['a'])
    expect(await merge(made)).toMatchObject({ changed: true })
  })

  it.each([
    ['changed files', 'sub/inner.txt', true],
    ...thoroughly([
      ['new files', 'sub/new.txt', true],
      ['files though they were not fetched', 'sub/stray.txt', false],
    ] as const),
  ] as const)('with %s are told of, and lost by nothing', async (_, file, isFetched) => {
    const made = await setUp()
    if (isFetched) made.fetch()
    write(made.path, { a: '1', [file]: 'changed\n' })
    expect(await shown(made)).toEqual(['a', file])
    expect(await troubleOf(merge(made))).toMatchObject({ code: 'SUBMODULE_CHANGED', files: [file] })
    const removing = removeWorkspace({ owner: RUN, settings: made.settings })
    expect(await troubleOf(removing)).toMatchObject({ code: 'UNMERGED_WORK' })
    expect(readFileSync(join(made.path, file), 'utf8')).toBe('changed\n')
  })

  it('with commits that are nowhere else are not merged', { tags: 'thorough' }, async () => {
    const made = await setUp()
    made.fetch()
    commit(join(made.path, 'sub'), 'inner', { 'inner.txt': 'changed\n' })
    expect(await shown(made)).toEqual(['sub'])
    expect(await troubleOf(merge(made))).toMatchObject({ code: 'SUBMODULE_NOT_PUSHED', files: ['sub'] })
  })
})

describe('git-lfs that is set up and not installed', () => {
  it("ends a checkout with git's words, and leaves nothing behind", { tags: 'thorough' }, async () => {
    setOwnSettings({
      'filter.lfs.process': 'git-lfs filter-process',
      'filter.lfs.smudge': 'git-lfs smudge -- %f',
      'filter.lfs.clean': 'git-lfs clean -- %f',
      'filter.lfs.required': 'true',
    })
    const made = createRepository({ '.gitattributes': '*.bin filter=lfs\n', 'a.bin': 'pointer\n' })
    const { PATH } = process.env
    process.env['PATH'] = '/usr/bin:/bin'
    onTestFinished(() => void (process.env['PATH'] = PATH))
    const trouble = await troubleOf(open(made))
    expect(trouble).toMatchObject({ code: 'FILTER_FAILED', errorClass: 'HUMAN_REQUIRED' })
    expect(trouble.message).toContain('git-lfs')
    expect(git(made.repository, 'branch', '--list', BRANCH)).toBe('')
    expect(readdirSync(join(made.repository, '.git', 'worktrees'))).toEqual([])
    expect(existsSync(join(made.root, RUN))).toBe(false)
    expect(readdirSync(join(made.root, '.pawl')).filter((name) => name.endsWith('.json'))).toEqual([])
  })
})

describe('a lock that a killed git left', () => {
  it('is named', { tags: 'thorough' }, async () => {
    const made = createRepository()
    const { path } = await open(made)
    write(path, { a: '1' })
    const lock = join(made.repository, '.git', 'worktrees', RUN, 'index.lock')
    writeFileSync(lock, '')
    const trouble = await troubleOf(merge(made))
    expect(trouble).toMatchObject({ code: 'REPOSITORY_LOCKED', errorClass: 'RECOVERABLE' })
    expect(trouble.message).toContain(lock)
    rmSync(lock)
    expect(await merge(made)).toMatchObject({ changed: true })
  })
})

describe('variables of git that somebody has set', () => {
  it('change nothing', async () => {
    const made = createRepository()
    const stranger = createRepository()
    const set = {
      GIT_DIR: join(stranger.repository, '.git'),
      GIT_WORK_TREE: stranger.repository,
      GIT_INDEX_FILE: join(stranger.repository, '.git', 'index'),
      GIT_AUTHOR_NAME: 'Stranger',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.fsmonitor',
      GIT_CONFIG_VALUE_0: '/bin/false',
      GIT_EXTERNAL_DIFF: '/bin/false',
    }
    Object.assign(process.env, set)
    onTestFinished(() => Object.keys(set).forEach((name) => delete process.env[name]))
    const { path } = await open(made)
    write(path, { a: '1' })
    expect(await shown(made)).toEqual(['a'])
    const merged = await merge(made)
    expect(git(made.repository, 'log', '-1', '--format=%an', merged.commit)).not.toBe('Stranger')
    expect(git(stranger.repository, 'branch')).toBe('* main')
    expect(git(stranger.repository, 'rev-parse', 'main')).toBe(stranger.first)
  })
})
