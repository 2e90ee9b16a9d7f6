import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { unwrap } from '@pawl/sdk'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench, shellAgent } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

/** A git repository with one commit. */
function makeRepository(path: string): string {
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', path, '-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words])
  mkdirSync(path)
  git('init', '--quiet', '--initial-branch=main')
  writeFileSync(join(path, 'README.md'), 'hello')
  git('add', '.')
  git('commit', '--quiet', '--message=first')
  return path
}

test('a delivery goes from the plan, which a person approves, over a file that is repaired, to its end', async () => {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  const { person } = bench
  const agent = shellAgent(`[ -f README.md ] || exit 9
  case "$phase" in
    plan) echo '# A plan' > plan.md;;
    build) case "$prompt" in *'To be corrected'*) echo '{"commit":"abc"}' > build.json;; *) echo ' ' > build.json;; esac;;
    verify) echo '{"passed":true}' > verify.json;;
  esac`)
  const repository = makeRepository(join(bench.folder, 'repository'))
  const workspace = { repository, root: join(bench.folder, 'worktrees') }
  bench.start({ default: agent }, { workflows: ['delivery'], workspace })
  const run = { id: await bench.begin('delivery', { title: 'Notes' }) }
  const { approval } = await bench.asked(run.id)
  const place = await person.workspaces.get(run.id)
  const readTree = async () =>
    unwrap(await person.workspaces.perform(place?.id ?? '', 'DIFF', { timeoutMs: 60_000 })).operation.diff
      ?.tree
  expect(approval.tree).toMatch(/^[0-9a-f]{40}$/)
  expect(await readTree()).toBe(approval.tree)
  writeFileSync(join(place?.path ?? '', 'sneaked.in'), 'after it was asked')
  expect(await readTree()).not.toBe(approval.tree)
  await bench.decide(run.id, 'APPROVE')
  const settled = await bench.settled(run.id)

  expect([settled.status, settled.outcome]).toEqual(['COMPLETED', 'SUCCESS'])
  const attempts = settled.phases.map(({ key, attempts }) => [key, attempts])
  expect(attempts).toEqual([
    ['plan', 1],
    ['build', 2],
    ['verify', 1],
    ['done', 1],
  ])
  const { nodes } = await person.artifacts.list(run.id)
  expect(nodes.map(({ path, isValid: valid }) => [path, valid]).toReversed()).toEqual([
    ['plan.md', true],
    ['build.json', false],
    ['build.json', true],
    ['verify.json', true],
  ])
  const executions = await person.executions.list({ filter: { runId: run.id } })
  expect(executions.nodes.map(({ outcome }) => outcome)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS'])
  expect(unwrap(await person.runs.verify(run.id)).differences).toEqual([])
  const recorded = await person.workspaces.get(run.id)
  expect(recorded).toMatchObject({ kind: 'WORKTREE', host: hostname(), repository: join(repository, '.git') })
  const diff = recorded && (await person.workspaces.perform(recorded.id, 'DIFF', { timeoutMs: 60_000 }))
  expect(JSON.stringify(diff)).toContain('plan.md')
})
