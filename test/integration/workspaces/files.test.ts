import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { awaitStableFile, type AwaitOptions } from '../../../src/workspaces/files/awaitStableFile.ts'
import { isChanged, readBaseline, removeStale } from '../../../src/workspaces/files/baseline.ts'
import { readArtifact } from '../../../src/workspaces/files/readArtifact.ts'
import { openInside, resolveInside } from '../../../src/workspaces/files/resolveInside.ts'
import { createFolder, troubleOf, write } from './repository.ts'
import { startChild } from '../../support/startChild.ts'

/** A workspace with a secret beside it. */
function createWorkspace() {
  const folder = createFolder()
  const workspace = join(folder, 'workspace')
  mkdirSync(workspace)
  write(folder, { 'secret.txt': 'secret', 'outside/secret.txt': 'secret' })
  return { folder, workspace }
}

describe('a path in a workspace', () => {
  it('is followed as far as it exists', async () => {
    const { workspace } = createWorkspace()
    write(workspace, { 'a/b ä': '1' })
    const resolve = (path: string) => resolveInside(workspace, path)
    expect(await resolve('a/b ä')).toMatchObject({
      path: join(workspace, 'a/b ä'),
      folder: join(workspace, 'a'),
    })
    expect(await resolve('./a//x/y')).toMatchObject({
      path: join(workspace, 'a/x/y'),
      folder: join(workspace, 'a'),
    })
    expect(await resolve('-x')).toMatchObject({ path: join(workspace, '-x'), folder: workspace })
    expect(await resolve('..a')).toMatchObject({ path: join(workspace, '..a') })
  })

  it.each(['', '.', './', '/etc/passwd', '..', '../secret.txt', 'a/../../secret.txt', 'a/..', 'a\0b'])(
    'is refused where it is %j',
    async (path) => {
      const { workspace } = createWorkspace()
      mkdirSync(join(workspace, 'a'))
      expect(await troubleOf(resolveInside(workspace, path))).toMatchObject({
        code: 'PATH_OUTSIDE',
        errorClass: 'FATAL',
      })
      expect(await readArtifact({ workspace, path })).toMatchObject({ outcome: 'PATH_OUTSIDE' })
    },
  )

  it.each([
    [
      'its file is a link',
      'link',
      (workspace: string) => symlinkSync('../secret.txt', join(workspace, 'link')),
    ],
    [
      'a folder on its way is one',
      'link/secret.txt',
      (workspace: string) => symlinkSync('../outside', join(workspace, 'link')),
    ],
    [
      'the folder of a file to come is one',
      'link/new',
      (workspace: string) => symlinkSync('../outside', join(workspace, 'link')),
    ],
    [
      'the link leads to nothing yet',
      'link',
      (workspace: string) => symlinkSync('../not yet', join(workspace, 'link')),
    ],
    ['links lead in a circle', 'link', (workspace: string) => symlinkSync('link', join(workspace, 'link'))],
  ])('is refused where %s that leads outside', async (_, path, prepare) => {
    const { workspace } = createWorkspace()
    prepare(workspace)
    expect(await troubleOf(resolveInside(workspace, path))).toMatchObject({ code: 'PATH_OUTSIDE' })
    expect(await troubleOf(openInside(workspace, path))).toMatchObject({ code: 'PATH_OUTSIDE' })
    expect(await troubleOf(removeStale({ workspace, path }))).toMatchObject({ code: 'PATH_OUTSIDE' })
  })

  it('may lead over links that stay inside', async () => {
    const { workspace } = createWorkspace()
    write(workspace, { 'real/a': 'content' })
    symlinkSync('real', join(workspace, 'link'))
    expect(await readArtifact({ workspace, path: 'link/a' })).toMatchObject({
      outcome: 'FOUND',
      content: 'content',
    })
  })

  it('leads nowhere else while it is looked at: no secret is read in a race', async () => {
    const { workspace } = createWorkspace()
    write(workspace, { 'inner/secret.txt': 'harmless' })
    const swap = `
      const { renameSync, symlinkSync, rmSync } = require('node:fs')
      process.chdir(process.argv[1])
      console.log('up')
      for (;;) {
        renameSync('inner', 'aside'); symlinkSync('../outside', 'inner'); rmSync('inner'); renameSync('aside', 'inner')
      }`
    const swapper = startChild(process.execPath, ['-e', swap, workspace], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const gone = once(swapper, 'exit')
    onTestFinished(async () => {
      swapper.kill('SIGKILL')
      await gone
    })
    await once(swapper.stdout, 'data')
    const seen = new Set<string>()
    for (let time = 0; time < 500; time += 1) {
      const read = await readArtifact({ workspace, path: 'inner/secret.txt' })
      seen.add(read.outcome === 'FOUND' ? read.content : read.outcome)
    }
    expect(seen).toContain('harmless')
    expect(seen).not.toContain('secret')
  })
})

describe('a file that is read now', () => {
  it('is told with what tells it from any other', async () => {
    const { workspace } = createWorkspace()
    write(workspace, { a: '\uFEFF{"ä": 1}\n' })
    expect(await readArtifact({ workspace, path: 'a' })).toMatchObject({
      outcome: 'FOUND',
      content: '\uFEFF{"ä": 1}\n',
      state: {
        size: 13,
        sha256: createHash('sha256')
          .update(readFileSync(join(workspace, 'a')))
          .digest('hex'),
      },
    })
  })

  it.each([
    ['MISSING', () => undefined],
    ['NOT_A_FILE', (path: string) => mkdirSync(path)],
    ['NOT_A_FILE', (path: string) => execFileSync('sh', ['-c', 'mkfifo "$0"', path])],
    ['NOT_TEXT', (path: string) => writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]))],
    ['TOO_LARGE', (path: string) => writeFileSync(path, 'x'.repeat(101))],
    ['FOUND', (path: string) => writeFileSync(path, 'x'.repeat(100))],
    ['FOUND', (path: string) => writeFileSync(path, '')],
    ['WORKSPACE_GONE', (path: string) => rmSync(join(path, '..'), { recursive: true })],
  ])('is %s', async (outcome, prepare) => {
    const { workspace } = createWorkspace()
    prepare(join(workspace, 'a'))
    expect(await readArtifact({ workspace, path: 'a' }, { maxBytes: 100 })).toMatchObject({ outcome })
  })

  it('is none where a file is in the place of its folder', async () => {
    const { workspace } = createWorkspace()
    write(workspace, { a: '1' })
    expect(await readArtifact({ workspace, path: 'a/b' })).toMatchObject({ outcome: 'NOT_A_FILE' })
  })
})

describe('a baseline', () => {
  it('tells a file that was written to, or replaced, from one that was not', async () => {
    const { workspace } = createWorkspace()
    const place = { workspace, path: 'a' }
    const path = join(workspace, 'a')
    expect(await readBaseline(place)).toBeNull()
    write(workspace, { a: 'one' })
    const at = new Date(1_700_000_000_000)
    utimesSync(path, at, at)
    const baseline = await readBaseline(place)
    const read = async () => (await readBaseline(place)) ?? expect.unreachable()
    expect(isChanged(baseline, await read())).toBe(false)
    chmodSync(path, 0o600)
    expect(isChanged(baseline, await read())).toBe(false)
    // Of the same size and at the same time.
    write(workspace, { a: 'two' })
    utimesSync(path, at, at)
    expect(isChanged(baseline, await read())).toBe(true)
    write(workspace, { b: 'one' })
    utimesSync(join(workspace, 'b'), at, at)
    renameSync(join(workspace, 'b'), path)
    expect(isChanged(baseline, await read())).toBe(true)
    expect(isChanged(null, await read())).toBe(true)
  })

  it('of a stale file that is removed is what it was', async () => {
    const { workspace } = createWorkspace()
    const place = { workspace, path: 'a b/-c' }
    expect(await removeStale(place)).toBeNull()
    write(workspace, { 'a b/-c': 'stale' })
    expect(await removeStale(place)).toMatchObject({ size: 5 })
    expect(existsSync(join(workspace, 'a b/-c'))).toBe(false)
    mkdirSync(join(workspace, 'a b/-c'))
    expect(await troubleOf(removeStale(place))).toMatchObject({
      code: 'NOT_A_FILE',
      errorClass: 'RECOVERABLE',
    })
  })
})

describe('a file that is waited for', () => {
  /** Waits in a workspace for `out/a.json`; `settled` says whether the waiting is over. */
  function wait(workspace: string, options: Partial<AwaitOptions> = {}) {
    const stop = new AbortController()
    let isSettled = false
    const place = { workspace, path: 'out/a.json' }
    const found = awaitStableFile({
      ...place,
      baseline: null,
      signal: stop.signal,
      stableMs: 200,
      ...options,
    })
    void found.then(
      () => (isSettled = true),
      () => (isSettled = true),
    )
    onTestFinished(() => stop.abort())
    return { found, stop, settled: () => isSettled }
  }

  it('is found when it comes, in folders that were not there', async () => {
    const { workspace } = createWorkspace()
    const { found } = wait(workspace)
    write(workspace, { other: '1' })
    await sleep(50)
    write(workspace, { 'out/a.json': '{}' })
    expect(await found).toMatchObject({ outcome: 'FOUND', content: '{}' })
  })

  it('is found at once where the system reports changes, and by looking where it does not', async () => {
    const { workspace } = createWorkspace()
    mkdirSync(join(workspace, 'out'))
    const told = wait(workspace, { pollMs: 3_600_000 })
    // The watch stands when the waiting has looked for the first time.
    await sleep(200)
    write(workspace, { 'out/a.json': '{}' })
    expect(await told.found).toMatchObject({ outcome: 'FOUND' })
    expect(await wait(workspace, { pollMs: 10 }).found).toMatchObject({ outcome: 'FOUND' })
  })

  it('is waited for while it is being written', async () => {
    const { workspace } = createWorkspace()
    const { found, settled } = wait(workspace, { stableMs: 2_000 })
    write(workspace, { 'out/a.json': '' })
    for (const part of ['{', '"a"', ':', '1']) {
      appendFileSync(join(workspace, 'out/a.json'), part)
      await sleep(100)
      expect(settled()).toBe(false)
    }
    truncateSync(join(workspace, 'out/a.json'))
    appendFileSync(join(workspace, 'out/a.json'), '{"b":2}')
    expect(await found).toMatchObject({ outcome: 'FOUND', content: '{"b":2}' })
  })

  it('is not there while it is empty', async () => {
    const { workspace } = createWorkspace()
    write(workspace, { 'out/a.json': '' })
    const { found, settled } = wait(workspace, { stableMs: 1 })
    await sleep(200)
    expect(settled()).toBe(false)
    write(workspace, { 'out/a.json': '1' })
    expect(await found).toMatchObject({ outcome: 'FOUND', content: '1' })
  })

  it('is another than its baseline', async () => {
    const { workspace } = createWorkspace()
    write(workspace, { 'out/a.json': 'stale' })
    const baseline = await readBaseline({ workspace, path: 'out/a.json' })
    const { found, settled } = wait(workspace, { baseline, stableMs: 1, pollMs: 10 })
    await sleep(200)
    expect(settled()).toBe(false)
    write(workspace, { 'out/new': 'fresh' })
    renameSync(join(workspace, 'out/new'), join(workspace, 'out/a.json'))
    expect(await found).toMatchObject({ outcome: 'FOUND', content: 'fresh' })
  })

  it('is waited for again where it is removed before it has stayed', async () => {
    const { workspace } = createWorkspace()
    const { found } = wait(workspace, { stableMs: 1_500 })
    write(workspace, { 'out/a.json': 'first' })
    await sleep(200)
    rmSync(join(workspace, 'out'), { recursive: true })
    await sleep(100)
    write(workspace, { 'out/a.json': 'second' })
    expect(await found).toMatchObject({ outcome: 'FOUND', content: 'second' })
  })

  it.each([
    ['TOO_LARGE', (path: string) => write(path, { 'out/a.json': 'x'.repeat(200) })],
    [
      'NOT_TEXT',
      (path: string) => {
        mkdirSync(join(path, 'out'))
        writeFileSync(join(path, 'out/a.json'), Buffer.from([0xc3, 0x28]))
      },
    ],
    ['NOT_A_FILE', (path: string) => mkdirSync(join(path, 'out/a.json'), { recursive: true })],
    ['PATH_OUTSIDE', (path: string) => symlinkSync('../outside', join(path, 'out'))],
    ['WORKSPACE_GONE', (path: string) => rmSync(path, { recursive: true })],
  ])('ends the waiting as %s', async (outcome, happen) => {
    const { workspace } = createWorkspace()
    const { found } = wait(workspace, { maxBytes: 100 })
    happen(workspace)
    expect(await found).toMatchObject({ outcome })
  })

  it('is waited for no longer where the signal aborts', async () => {
    const { workspace } = createWorkspace()
    const { found, stop } = wait(workspace, { pollMs: 3_600_000 })
    stop.abort(new Error('enough'))
    await expect(found).rejects.toThrow('enough')
    expect(readFileSync(join(workspace, '../secret.txt'), 'utf8')).toBe('secret')
  })
})
