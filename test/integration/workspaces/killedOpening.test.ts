import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  commit,
  createFolder,
  createRepository,
  git,
  open,
  RUN,
  setOwnSettings,
  type TestRepository,
  troubleOf,
  write,
} from './repository.ts'
import { programFile } from '../../support/programs.ts'
import { startChild } from '../../support/startChild.ts'

const REAL_GIT = spawnSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).stdout.trim()

/** A git that kills who calls it for the n-th time; and then does what it was called for, or does not. */
const GIT = `#!/bin/sh
calls=$(($(cat 'CALLS' 2>/dev/null) + 1))
echo "$calls" > 'CALLS'
if [ "$calls" = "KILL_AT" ]; then
  kill -9 "$PPID"
  [ "KILL_HOW" = before ] && exit 1
fi
exec "${REAL_GIT}" "$@"
`

/** Opens a workspace in a process of its own, which is killed at a call of git's. Resolves with whether it came to that. */
async function openKilled(
  { settings }: TestRepository,
  at: number,
  how: 'before' | 'after',
): Promise<boolean> {
  const folder = createFolder()
  const values = { CALLS: join(folder, 'calls'), KILL_AT: String(at), KILL_HOW: how }
  const script = Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), GIT)
  writeFileSync(join(folder, 'git'), script, { mode: 0o755 })
  const child = startChild(
    process.execPath,
    [programFile('openElsewhere'), JSON.stringify({ runId: RUN, input: null, settings })],
    {
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the opening ended with ${code ?? signal}`)
  return signal === 'SIGKILL'
}

/** Kills an opening at each of its calls of git's, one after the other, until it comes to its end. */
async function killEverywhere(
  how: 'before' | 'after',
  attempt: (open: (made: TestRepository) => Promise<boolean>) => Promise<boolean>,
): Promise<number> {
  for (let at = 1; ; at += 1) if (!(await attempt((made) => openKilled(made, at, how)))) return at - 1
}

/** One process a kill, each of which has to load its program first. */
const MANY_PROCESSES = 240_000

describe('an opening that was killed', { timeout: MANY_PROCESSES }, () => {
  it.each(['before', 'after'] as const)(
    'at any instant, %s what git does then, is made good by the next',
    { tags: 'thorough' },
    async (how) => {
      const kills = await killEverywhere(how, async (openOnce) => {
        const made = createRepository()
        const wasKilled = await openOnce(made)
        const { path } = await open(made)
        expect(git(path, 'status', '--porcelain')).toBe('')
        expect(git(path, 'rev-parse', 'HEAD', '--symbolic-full-name', 'HEAD')).toBe(
          `${made.first}\nrefs/heads/pawl/${RUN}`,
        )
        expect(readFileSync(join(path, 'README.md'), 'utf8')).toBe('one\ntwo\nthree\n')
        expect(readdirSync(join(made.repository, '.git', 'worktrees'))).toEqual([RUN])
        expect(readdirSync(made.root).toSorted()).toEqual(['.gitignore', '.pawl', RUN].toSorted())
        return wasKilled
      })
      expect(kills).toBeGreaterThan(5)
    },
  )

  it(
    'at any instant of putting a worktree in order loses no commit and no changed file',
    { tags: 'thorough' },
    async () => {
      const kills = await killEverywhere('after', async (openOnce) => {
        const made = createRepository()
        const { path } = await open(made)
        const tip = commit(path, 'work', { a: '1' })
        write(path, { a: 'changed', b: 'untracked' })
        rmSync(join(made.repository, '.git', 'worktrees'), { recursive: true })
        const wasKilled = await openOnce(made)
        await open(made)
        expect(git(path, 'rev-parse', 'HEAD')).toBe(tip)
        expect(git(path, 'status', '--porcelain')).toBe(' M a\n?? b')
        expect(git(made.repository, 'worktree', 'list').split('\n')).toHaveLength(2)
        return wasKilled
      })
      expect(kills).toBeGreaterThan(3)
    },
  )

  it('together with git, in the middle of its work, is repaired by the next', async () => {
    const made = createRepository({ a: 'a', 'b.slow': 'b', c: 'c', '.gitattributes': '*.slow filter=slow\n' })
    // The file system never shows this one whole: its filter kills the group that git runs in.
    setOwnSettings({ 'filter.slow.smudge': 'kill -9 0' })
    const trouble = await troubleOf(open(made))
    expect(trouble.message).toContain('SIGKILL')
    expect(existsSync(join(made.root, RUN))).toBe(false)
    expect(git(made.repository, 'branch')).toBe('* main')
    expect(readdirSync(join(made.repository, '.git', 'worktrees'))).toEqual([])
    setOwnSettings({})
    const { path, isNew } = await open(made)
    expect(isNew).toBe(true)
    expect(git(path, 'status', '--porcelain')).toBe('')
    expect(readdirSync(join(made.repository, '.git', 'worktrees'))).toEqual([RUN])
  })
})

describe('openings at once in several processes', () => {
  it('all come to the same worktree, with no kill in between', { tags: 'thorough' }, async () => {
    const made = createRepository()
    const killed = await Promise.all([1, 2, 3].map(() => openKilled(made, Infinity, 'before')))
    expect(killed).toEqual([false, false, false])
    expect(git(made.repository, 'worktree', 'list').split('\n')).toHaveLength(2)
    expect(git(join(made.root, RUN), 'status', '--porcelain')).toBe('')
  })
})
