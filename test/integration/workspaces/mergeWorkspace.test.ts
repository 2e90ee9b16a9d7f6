import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { thoroughly } from '../../support/thorough.ts'
import { withGit } from '../../../src/workspaces/git/runGit.ts'
import { mergeWorkspace } from '../../../src/workspaces/change/mergeWorkspace.ts'
import { moveBranch } from '../../../src/workspaces/change/moveBranch.ts'
import { openWorkspace } from '../../../src/workspaces/place/openWorkspace.ts'
import {
  commit,
  createRepository,
  git,
  open,
  readState,
  RUN,
  setOwnSettings,
  troubleOf,
  write,
} from './repository.ts'

const BRANCH = `pawl/${RUN}`

/** A repository with a run's worktree. */
async function setUp(files?: Readonly<Record<string, string>>) {
  const made = createRepository(files)
  const { path } = await open(made)
  return { ...made, path, merge: () => mergeWorkspace({ owner: RUN, settings: made.settings }) }
}

describe('a merge', () => {
  it('brings what is committed and what is not to the base branch, and to its working tree', async () => {
    const { repository, path, merge, first } = await setUp()
    commit(path, 'work', { 'src/a b.txt': 'new\n' })
    write(path, { 'README.md': 'changed\n', 'left -over "ä"\n.txt': 'left\n', '-dash': 'x' })
    const merged = await merge()
    expect(merged).toEqual({ commit: git(repository, 'rev-parse', 'main'), into: 'main', changed: true })
    expect(git(repository, 'status', '--porcelain')).toBe('')
    expect(git(path, 'status', '--porcelain')).toBe('')
    expect(readFileSync(join(repository, 'left -over "ä"\n.txt'), 'utf8')).toBe('left\n')
    expect(readFileSync(join(repository, 'README.md'), 'utf8')).toBe('changed\n')
    expect(git(repository, 'log', '--format=%s', BRANCH)).toBe(
      `Keep what ${RUN} left uncommitted\nwork\nfirst`,
    )
    expect(git(repository, 'log', '-1', '--format=%s|%P', 'main')).toBe(
      `Merge branch '${BRANCH}' into main|${first} ${git(repository, 'rev-parse', BRANCH)}`,
    )
  })

  it('says so where all is merged already', { tags: 'thorough' }, async () => {
    const { repository, path, merge } = await setUp()
    write(path, { a: '1' })
    const { commit: made } = await merge()
    expect(await merge()).toEqual({ commit: made, into: 'main', changed: false })
    expect(git(repository, 'rev-parse', 'main')).toBe(made)
  })

  it('merges what has been done since the last merge', { tags: 'thorough' }, async () => {
    const { repository, path, merge } = await setUp()
    write(path, { a: '1' })
    await merge()
    write(path, { a: '2' })
    expect(await merge()).toMatchObject({ changed: true })
    expect(readFileSync(join(repository, 'a'), 'utf8')).toBe('2')
  })

  it('tells conflicts with their files, and changes nothing', async () => {
    const { repository, path, merge } = await setUp({ 'a ä.txt': 'one\n', b: 'one\n', c: 'one\n' })
    commit(path, 'mine', { 'a ä.txt': 'mine\n', b: 'mine\n', d: 'mine\n' })
    commit(repository, 'theirs', { 'a ä.txt': 'theirs\n', b: 'theirs\n', c: 'theirs\n' })
    const before = readState(repository)
    const trouble = await troubleOf(merge())
    expect(trouble).toMatchObject({ code: 'CONFLICT', errorClass: 'HUMAN_REQUIRED', files: ['a ä.txt', 'b'] })
    expect(readState(repository)).toEqual(before)
  })

  it(
    'merges into a base branch that has moved on, where nothing is in conflict',
    { tags: 'thorough' },
    async () => {
      const { repository, path, merge } = await setUp({ a: 'a\n', b: 'b\n' })
      write(path, { a: 'mine\n' })
      commit(repository, 'theirs', { b: 'theirs\n' })
      await merge()
      expect(git(repository, 'status', '--porcelain')).toBe('')
      expect(readFileSync(join(repository, 'a'), 'utf8') + readFileSync(join(repository, 'b'), 'utf8')).toBe(
        'mine\ntheirs\n',
      )
    },
  )

  it('keeps the changes in the working tree of the base branch that it does not touch, staged ones too', async () => {
    const { repository, path, merge } = await setUp({ a: 'a\n', b: 'b\n', c: 'c\n' })
    write(path, { a: 'mine\n' })
    write(repository, { b: 'staged\n' })
    git(repository, 'add', 'b')
    write(repository, { c: 'changed\n', new: 'untracked\n' })
    await merge()
    expect(git(repository, 'status', '--porcelain')).toBe('M  b\n M c\n?? new')
    expect(readFileSync(join(repository, 'a'), 'utf8')).toBe('mine\n')
  })

  it.each([
    ['a changed file', { 'README.md': 'dirty\n' }, ['README.md']],
    ['an untracked file', { new: 'mine\n' }, ['new']],
    ...thoroughly([
      ['an ignored file', { 'ignored.log': 'mine\n' }, ['ignored.log']],
      ['a file where a folder is to be', { folder: 'mine\n' }, ['folder']],
      ['files where a file is to be', { 'file/a': 'mine\n' }, ['file']],
    ] as const),
  ] as const)('is refused by %s in its way, and changes nothing', async (_, files, told) => {
    const { repository, path, merge } = await setUp({ 'README.md': 'one\n', '.gitignore': '*.log\n' })
    rmSync(join(path, '.gitignore'))
    write(path, { 'README.md': 'x', new: 'x', 'ignored.log': 'x', 'folder/a': 'x', file: 'x' })
    write(repository, files)
    const before = readState(repository)
    const tip = git(repository, 'rev-parse', 'main')
    const trouble = await troubleOf(merge())
    expect(trouble).toMatchObject({ code: 'BASE_NOT_CLEAN', errorClass: 'HUMAN_REQUIRED', files: told })
    const { refs: _refs, ...after } = readState(repository)
    expect(before).toMatchObject(after)
    expect(git(repository, 'rev-parse', 'main')).toBe(tip)
    const [file = ''] = Object.keys(files)
    expect(readFileSync(join(repository, file), 'utf8')).toBe(Object.values(files)[0])
  })

  it('goes to a base branch that is checked out nowhere', { tags: 'thorough' }, async () => {
    const { repository, path, merge } = await setUp()
    git(repository, 'switch', '--quiet', '--create', 'other')
    write(path, { a: '1' })
    const { commit: made } = await merge()
    expect(git(repository, 'rev-parse', 'main')).toBe(made)
    expect(git(repository, 'status', '--porcelain')).toBe('')
    expect(existsSync(join(repository, 'a'))).toBe(false)
  })

  it('goes to a bare repository', { tags: 'thorough' }, async () => {
    const made = createRepository()
    const bare = join(made.folder, 'bare.git')
    git(made.folder, 'clone', '--quiet', '--bare', made.repository, bare)
    const settings = { ...made.settings, repository: bare }
    const { path } = await open({ settings })
    write(path, { a: '1' })
    const merged = await mergeWorkspace({ owner: RUN, settings })
    expect(git(bare, 'show', `${merged.commit}:a`)).toBe('1')
    expect(git(bare, 'rev-parse', 'main')).toBe(merged.commit)
  })

  it('runs no hooks, opens no editor and signs nothing, whatever the settings say', async () => {
    const { repository, path, merge } = await setUp()
    const hooks = join(repository, '.git', 'hooks')
    mkdirSync(hooks, { recursive: true })
    for (const name of [
      'pre-commit',
      'commit-msg',
      'post-commit',
      'post-checkout',
      'reference-transaction',
    ]) {
      writeFileSync(join(hooks, name), '#!/bin/sh\necho ran >> "$GIT_DIR/ran"\nexit 1\n')
      chmodSync(join(hooks, name), 0o755)
    }
    const settings = {
      'commit.gpgSign': 'true',
      'gpg.program': 'false',
      'core.editor': 'false',
      'commit.verbose': 'true',
    }
    for (const [name, value] of Object.entries(settings)) git(repository, 'config', name, value)
    write(path, { a: '1' })
    expect(await merge()).toMatchObject({ changed: true })
    expect(existsSync(join(repository, '.git', 'ran'))).toBe(false)
  })

  it(
    "is made in the name of the person that git knows, and in Pawl's where it knows nobody",
    { tags: 'thorough' },
    async () => {
      setOwnSettings({})
      const { repository, path, merge } = await setUp()
      const who = () => git(repository, 'log', '-1', '--format=%an <%ae> %cn', 'main')
      write(path, { a: '1' })
      await merge()
      expect(who()).toBe('Pawl <pawl@localhost> Pawl')
      git(repository, 'config', 'user.name', 'Grace')
      git(repository, 'config', 'user.email', 'grace@example.org')
      write(path, { a: '2' })
      await merge()
      expect(who()).toBe('Grace <grace@example.org> Grace')
    },
  )

  it('waits for a worker that is letting go of the workspace', { tags: 'thorough' }, async () => {
    const { settings, path, merge } = await setUp()
    const opened = await openWorkspace({ runId: RUN, input: null, settings })
    write(path, { a: '1' })
    const merging = merge()
    await setTimeout(300)
    opened.close()
    expect(await merging).toMatchObject({ changed: true })
  })

  it('is refused while a worker has the workspace open', async () => {
    const { settings, path, merge } = await setUp()
    const opened = await openWorkspace({ runId: RUN, input: null, settings })
    write(path, { a: '1' })
    expect(await troubleOf(merge())).toMatchObject({ code: 'WORKSPACE_IN_USE', errorClass: 'RECOVERABLE' })
    opened.close()
    expect(await merge()).toMatchObject({ changed: true })
  })

  it('is refused where the worktree has another branch checked out', { tags: 'thorough' }, async () => {
    const { path, merge } = await setUp()
    git(path, 'switch', '--quiet', '--create', 'elsewhere')
    expect(await troubleOf(merge())).toMatchObject({ code: 'NOT_ON_BRANCH', errorClass: 'HUMAN_REQUIRED' })
  })

  it('commits no conflict markers: a merge left unfinished is refused', { tags: 'thorough' }, async () => {
    const { repository, path, merge } = await setUp({ a: 'one\n' })
    commit(path, 'mine', { a: 'mine\n' })
    commit(repository, 'theirs', { a: 'theirs\n' })
    expect(() => git(path, 'merge', 'main')).toThrow()
    expect(await troubleOf(merge())).toMatchObject({ code: 'UNFINISHED_MERGE', files: ['a'] })
    write(path, { a: 'both\n' })
    git(path, 'add', 'a')
    await merge()
    expect(readFileSync(join(repository, 'a'), 'utf8')).toBe('both\n')
    expect(git(repository, 'log', '--format=%s', '--merges', BRANCH)).toContain('Keep what')
  })

  it(
    'does not commit a repository inside of the worktree as an empty entry',
    { tags: 'thorough' },
    async () => {
      const { path, merge } = await setUp()
      git(path, 'init', '--quiet', 'nested')
      write(path, { 'nested/a': '1' })
      expect(await troubleOf(merge())).toMatchObject({ code: 'EMBEDDED_REPOSITORY', files: ['nested/'] })
    },
  )

  it.each(['MERGE', ...thoroughly(['REBASE'])])(
    'is refused while a %s of the base branch is under way',
    async (what) => {
      const { repository, path, merge } = await setUp({ a: 'one\n' })
      git(repository, 'switch', '--quiet', '--create', 'side')
      commit(repository, 'side', { a: 'side\n' })
      git(repository, 'switch', '--quiet', 'main')
      commit(repository, 'main', { a: 'main\n' })
      expect(() => git(repository, what.toLowerCase(), 'side')).toThrow()
      write(path, { b: '1' })
      expect(await troubleOf(merge())).toMatchObject({ code: 'BASE_BUSY', errorClass: 'HUMAN_REQUIRED' })
      git(repository, what.toLowerCase(), '--abort')
      expect(await merge()).toMatchObject({ changed: true })
    },
  )

  it('needs a base branch', async () => {
    const made = createRepository()
    const { path } = await open(made, {
      input: { workspace: { repository: made.repository, base: made.first } },
    })
    write(path, { a: '1' })
    const merging = mergeWorkspace({ owner: RUN, settings: made.settings })
    expect(await troubleOf(merging)).toMatchObject({ code: 'NO_BASE_BRANCH', errorClass: 'HUMAN_REQUIRED' })
  })

  it('finishes what a kill interrupted after the working tree of the base branch was brought along', async () => {
    const { repository, path, merge } = await setUp({ a: 'a\n', b: 'b\n' })
    write(path, { a: 'mine\n', c: 'new\n' })
    rmSync(join(path, 'b'))
    git(path, 'add', '--all')
    git(path, 'commit', '--quiet', '--message', 'work')
    git(repository, 'read-tree', '-m', '-u', 'main', BRANCH)
    expect(git(repository, 'status', '--porcelain')).not.toBe('')
    await merge()
    expect(git(repository, 'status', '--porcelain')).toBe('')
    expect(git(repository, 'diff', BRANCH, 'main')).toBe('')
  })
})

describe('merges at the same time', () => {
  it('all reach the base branch', async () => {
    const made = createRepository()
    const owners = ['run_a', 'run_b', 'run_c', 'run_d']
    for (const runId of owners) write((await open(made, { runId })).path, { [runId]: runId })
    const merged = await Promise.all(
      owners.map((owner) => mergeWorkspace({ owner, settings: made.settings })),
    )
    expect(merged.map(({ changed }) => changed)).toEqual([true, true, true, true])
    expect(git(made.repository, 'ls-files').split('\n')).toEqual(['README.md', ...owners])
    expect(git(made.repository, 'status', '--porcelain')).toBe('')
    expect(existsSync(join(made.repository, '.git', 'pawl-merge.lock'))).toBe(false)
  })
})

describe('a base branch that somebody else has moved', () => {
  it('stays where it is, and so does its working tree', { tags: 'thorough' }, async () => {
    const { repository, path, first } = await setUp({ a: 'a\n', b: 'b\n' })
    const to = commit(path, 'work', { a: 'mine\n', new: 'x\n' })
    commit(repository, 'theirs', { b: 'theirs\n' })
    write(repository, { b: 'changed\n' })
    const before = readState(repository)
    const move = { repository: join(repository, '.git'), branch: 'main', from: first, to, because: 'test' }
    expect(await withGit({}, (call) => moveBranch(move, call))).toBe(false)
    expect(readState(repository)).toEqual(before)
  })

  it('is merged into as it stands now', { tags: 'thorough' }, async () => {
    const { repository, path, merge } = await setUp({ a: 'a\n', b: 'b\n' })
    write(path, { a: 'mine\n' })
    // A filter that commits to the base branch while the merge brings its working tree along, once.
    const script = join(repository, '..', 'race.sh')
    const marker = join(repository, '..', 'raced')
    writeFileSync(
      script,
      `#!/bin/sh
cat
[ -e '${marker.replaceAll("'", `'\\''`)}' ] && exit
touch '${marker.replaceAll("'", `'\\''`)}'
unset $(git rev-parse --local-env-vars)
export GIT_AUTHOR_NAME=B GIT_AUTHOR_EMAIL=b@b GIT_COMMITTER_NAME=B GIT_COMMITTER_EMAIL=b@b
tree=$(git rev-parse 'main^{tree}')
git update-ref refs/heads/main "$(git commit-tree "$tree" -p main -m theirs)"
`,
      { mode: 0o755 },
    )
    setOwnSettings({ 'filter.race.smudge': `'${script.replaceAll("'", `'\\''`)}'` })
    writeFileSync(join(repository, '.git', 'info', 'attributes'), 'a filter=race\n')
    expect(await merge()).toMatchObject({ changed: true })
    expect(existsSync(marker)).toBe(true)
    expect(git(repository, 'log', '--format=%s', '--first-parent', 'main')).toBe(
      `Merge branch '${BRANCH}' into main\ntheirs\nfirst`,
    )
    expect(git(repository, 'status', '--porcelain')).toBe('')
    expect(readFileSync(join(repository, 'a'), 'utf8')).toBe('mine\n')
  })
})
