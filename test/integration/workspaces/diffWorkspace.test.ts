import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diffWorkspace, readTree } from '../../../src/workspaces/change/diffWorkspace.ts'
import { findWorktree } from '../../../src/workspaces/place/findWorkspace.ts'
import { commit, createRepository, git, open, readState, RUN, write } from './repository.ts'

/** A run's worktree, and what it differs in from its base. */
async function setUp(files?: Readonly<Record<string, string>>) {
  const made = createRepository(files)
  const { path } = await open(made)
  const worktree = await findWorktree({ owner: RUN, settings: made.settings })
  return { ...made, path, worktree, diff: () => diffWorkspace(worktree) }
}

function countObjects(repository: string): number {
  return readdirSync(join(repository, '.git', 'objects'), { recursive: true }).length
}

describe('a diff', () => {
  it('is empty where nothing was done', { tags: 'thorough' }, async () => {
    const { diff, first, repository } = await setUp()
    expect(await diff()).toEqual({
      head: first,
      tree: git(repository, 'rev-parse', `${first}^{tree}`),
      commitsAhead: 0,
      filesChanged: 0,
      insertions: 0,
      deletions: 0,
      files: [],
      patch: '',
      truncated: false,
    })
  })

  it('shows what is committed, staged, changed and untracked, and leaves no trace', async () => {
    const { repository, path, diff } = await setUp({
      a: 'a\n',
      b: 'b\n',
      c: 'c\n',
      gone: 'x\n',
      '.gitignore': '*.log\n',
    })
    const head = commit(path, 'work', { committed: '1\n2\n', a: 'A\n' })
    write(path, { staged: 's\n' })
    git(path, 'add', 'staged')
    write(path, { b: 'B\nB\n', untracked: 'u\n', 'out.log': 'ignored' })
    rmSync(join(path, 'gone'))
    const before = [readState(path), countObjects(repository)]
    const found = await diff()
    expect([readState(path), countObjects(repository)]).toEqual(before)
    expect(found).toMatchObject({
      head,
      commitsAhead: 1,
      filesChanged: 6,
      insertions: 7,
      deletions: 3,
      truncated: false,
    })
    expect(found.files).toEqual([
      { path: 'a', previousPath: null, change: 'MODIFIED', insertions: 1, deletions: 1 },
      { path: 'b', previousPath: null, change: 'MODIFIED', insertions: 2, deletions: 1 },
      { path: 'committed', previousPath: null, change: 'ADDED', insertions: 2, deletions: 0 },
      { path: 'gone', previousPath: null, change: 'DELETED', insertions: 0, deletions: 1 },
      { path: 'staged', previousPath: null, change: 'ADDED', insertions: 1, deletions: 0 },
      { path: 'untracked', previousPath: null, change: 'ADDED', insertions: 1, deletions: 0 },
    ])
  })

  it('names the tree of all current files, which is another one as soon as a file is', async () => {
    const { path, worktree, diff } = await setUp({ a: 'a\n', '.gitignore': '*.log\n' })
    write(path, { untracked: 'u\n' })
    const { tree } = await diff()
    expect(await readTree(worktree)).toBe(tree)
    write(path, { 'out.log': 'ignored' })
    commit(path, 'work', { untracked: 'u\n' })
    expect((await diff()).tree).toBe(tree)
    expect(git(path, 'rev-parse', 'HEAD^{tree}')).toBe(tree)
    write(path, { untracked: 'another\n' })
    expect((await diff()).tree).not.toBe(tree)
  })

  it('tells renamed and binary files, and names that ask for trouble', async () => {
    const { path, diff } = await setUp({ old: 'line\n'.repeat(20) })
    renameSync(join(path, 'old'), join(path, 'new\tname\n"ä" '))
    writeFileSync(join(path, ':(top)*'), Buffer.from([0, 1, 2]))
    write(path, { '--output=x': 'y\n' })
    expect((await diff()).files).toEqual([
      { path: '--output=x', previousPath: null, change: 'ADDED', insertions: 1, deletions: 0 },
      { path: ':(top)*', previousPath: null, change: 'ADDED', insertions: null, deletions: null },
      { path: 'new\tname\n"ä" ', previousPath: 'old', change: 'RENAMED', insertions: 0, deletions: 0 },
    ])
  })

  it('has a patch that makes the base what the worktree is, whatever the settings say', async () => {
    const { repository, path, diff } = await setUp({ a: 'a\n', dir: 'file\n', x: 'x\n' })
    const settings = {
      'diff.noprefix': 'true',
      'diff.external': 'false',
      'color.ui': 'always',
      'diff.mnemonicPrefix': 'true',
      'core.quotePath': 'true',
    }
    for (const [name, value] of Object.entries(settings)) git(repository, 'config', name, value)
    write(path, { a: 'b\n', 'ü/new': 'n\n' })
    chmodSync(join(path, 'x'), 0o755)
    const { patch } = await diff()
    writeFileSync(join(repository, '..', 'patch'), patch)
    git(repository, 'apply', '--index', '../patch')
    commit(path, 'work')
    expect(git(repository, 'write-tree')).toBe(git(path, 'rev-parse', 'HEAD^{tree}'))
  })

  it('is cut at the end of a line where it is too long', { tags: 'thorough' }, async () => {
    const { path, worktree } = await setUp()
    write(path, { a: 'ä\n'.repeat(10_000), b: 'b\n' })
    const found = await diffWorkspace(worktree, { maxPatchBytes: 1_000, maxFiles: 1 })
    expect(found).toMatchObject({ filesChanged: 2, insertions: 10_001, truncated: true })
    expect(found.files.map((file) => file.path)).toEqual(['a'])
    expect(Buffer.byteLength(found.patch)).toBeLessThanOrEqual(1_000)
    expect(found.patch.endsWith('+ä\n')).toBe(true)
  })

  it('is shown while git is at work in the worktree, or was killed at it', { tags: 'thorough' }, async () => {
    const { path, diff } = await setUp()
    write(path, { a: '1\n' })
    writeFileSync(git(path, 'rev-parse', '--path-format=absolute', '--git-path', 'index.lock'), '')
    expect(await diff()).toMatchObject({ filesChanged: 1 })
  })

  it('shows what can be read beside what can not', { tags: 'thorough' }, async () => {
    const { path, diff } = await setUp()
    mkdirSync(join(path, 'nested'))
    git(join(path, 'nested'), 'init', '--quiet')
    write(path, { a: '1\n', 'nested/b': '2\n' })
    expect((await diff()).files.map((file) => file.path)).toEqual(['a'])
    expect(existsSync(join(path, 'nested', 'b'))).toBe(true)
  })

  it('holds no character that no database takes as text', { tags: 'thorough' }, async () => {
    const { path, diff } = await setUp()
    write(path, { a: `${'x\n'.repeat(8_000)}\0\n` })
    const { patch, files } = await diff()
    expect(files[0]).toMatchObject({ insertions: 8_001 })
    expect(patch.endsWith('+\u{FFFD}\n')).toBe(true)
  })

  it('stops when it is told to', async () => {
    const { worktree } = await setUp()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(diffWorkspace(worktree, { signal })).rejects.toThrow('enough')
  })
})
