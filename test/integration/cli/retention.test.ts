import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { pawlAt } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>
const patience = { timeout: 60_000 }

const WORKFLOW = {
  name: 'plan',
  version: 1,
  initialPhase: 'work',
  phases: [{ key: 'work', artifact: { path: 'plan.md' }, final: true }],
}

const REVIEWED = {
  ...WORKFLOW,
  name: 'reviewed',
  phases: [
    {
      key: 'work',
      artifact: { path: 'plan.md' },
      approval: { gate: 'plan', question: 'Are seven raisins enough?' },
      final: true,
    },
  ],
}

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
  unwrap(await pawl.workflows.register(WORKFLOW))
  unwrap(await pawl.workflows.register(REVIEWED))
})
afterAll(() => server.stop())

/** A completed run of the project with input, output, a transcript and a file. */
async function complete(project: string) {
  const claim = { owner: 'cli-test', leaseSeconds: 600 }
  const input = { task: 'count the raisins' }
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'plan', project, input, claim }))
  const fence = lease?.fence ?? 0
  unwrap(await pawl.phases.start(run.id, 'work', { fence }))
  const { session } = unwrap(await pawl.sessions.open(run.id, { role: 'counter', adapter: 'test', fence }))
  const entries = [{ message: { text: 'There are seven raisins.' } }]
  unwrap(await pawl.sessions.append(session.id, { fence, fromSeq: 1, entries }))
  const content = '# Seven raisins\n'
  const { artifact } = unwrap(
    await pawl.artifacts.submit(run.id, 'work', { fence, path: 'plan.md', content }),
  )
  unwrap(await pawl.runs.complete(run.id, { fence, output: { raisins: 7 } }))
  return { id: run.id, sha256: artifact.sha256 }
}

describe('pawl retention', () => {
  it('shows how much it would remove, and removes it with --apply only', patience, async () => {
    const run = await complete('web')
    const other = await complete('api')
    const words = ['retention', '--older-than', '0s']
    for (const more of [[], ['--dry-run']]) {
      const { code, stdout } = await cli.run([...words, ...more])
      expect(code).toBe(0)
      expect(stdout).toMatch(
        /^PROJECT +RUNS +KIB\napi +1 +\d+\nweb +1 +\d+\nnothing was removed: add --apply/,
      )
    }
    expect(await pawl.runs.get(run.id)).toMatchObject({ output: { raisins: 7 }, contentRemoval: null })

    const young = await cli.run(['retention', '--older-than', '1d', '--apply'])
    expect(young).toMatchObject({ code: 0, stdout: 'there is no content to remove\n' })
    const { answer } = await cli.json([...words, '--apply', '--project', 'web'])
    expect(answer).toMatchObject({ isDryRun: false, projects: [{ project: 'web', runs: 1 }], failed: [] })
    expect(await pawl.runs.get(run.id)).toMatchObject({
      output: null,
      contentRemoval: { removedBy: 'local' },
    })
    expect(await pawl.runs.get(other.id)).toMatchObject({ output: { raisins: 7 }, contentRemoval: null })
    expect(await cli.run([...words, '--project', 'web'])).toMatchObject({
      code: 0,
      stdout: 'there is no content to remove\n',
    })
  })

  it('needs an age where the server is set to none', patience, async () => {
    const { code, stderr } = await cli.run(['retention'])
    expect(code).toBe(7)
    expect(stderr).toContain('InvalidInput')
  })
})

describe('a run whose content was removed', () => {
  it(
    'is shown with when and by whom, and what asks for the content says that it is gone',
    patience,
    async () => {
      const run = await complete('old')
      expect((await cli.run(['logs', run.id])).stdout).toContain('There are seven raisins.')
      await cli.run(['retention', '--older-than', '0s', '--project', 'old', '--apply'])
      const removed = 'was removed at \\S+( \\S+)? by local'

      const shown = await cli.run(['run', 'show', run.id])
      expect(shown.code).toBe(0)
      expect(shown.stdout).toMatch(new RegExp(`content +${removed}; what happened stays, with the hashes`))
      expect(shown.stdout).not.toContain('raisins')
      expect((await cli.json(['run', 'show', run.id])).answer).toMatchObject({
        run: { contentRemoval: { removedBy: 'local' } },
      })

      for (const words of [[], ['--search', 'raisins'], ['--follow'], ['--json']]) {
        const logs = await cli.run(['logs', run.id, ...words])
        expect(logs.code).toBe(4)
        expect(logs.stderr).toMatch(
          new RegExp(`what the agents of ${run.id} said ${removed}; what happened is kept`),
        )
      }

      const got = await cli.run(['artifact', 'get', 'plan.md', '--run', run.id])
      expect(got).toMatchObject({ code: 4, stdout: '' })
      expect(got.stderr).toMatch(new RegExp(`plan.md ${removed}; its hash is kept: sha256 ${run.sha256}`))
      const file = await cli.run(['artifact', 'show', 'plan.md', '--run', run.id])
      expect(file.code).toBe(0)
      expect(file.stdout).toMatch(
        new RegExp(`its content ${removed}; its hash is kept: sha256 ${run.sha256}`),
      )
    },
  )

  it(
    'has approvals that say so, with the digest of what was asked and no word that it does not match',
    patience,
    async () => {
      const claim = { owner: 'cli-test', leaseSeconds: 600 }
      const { run } = unwrap(await pawl.runs.start({ workflow: 'reviewed', project: 'asked', claim }))
      unwrap(await pawl.phases.start(run.id, 'work', { fence: 1 }))
      const content = '# Seven raisins\n'
      unwrap(await pawl.artifacts.submit(run.id, 'work', { fence: 1, path: 'plan.md', content }))
      const [asked] = (await pawl.approvals.list({ runId: run.id })).nodes
      const { id = '', digest = '' } = asked ?? {}
      const before = await cli.run(['approval', 'show', id])
      expect(before.stdout).toContain('│ # Seven raisins')
      unwrap(await pawl.approvals.decide(id, { decision: 'APPROVE', digest, comment: 'raisins for all' }))
      unwrap(await pawl.runs.complete(run.id, { fence: 1 }))
      await cli.run(['retention', '--older-than', '0s', '--project', 'asked', '--apply'])

      const { code, stdout, stderr } = await cli.run(['approval', 'show', id])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(
        /The content was removed at \S+( \S+)? by local\. The digest is of what was asked\./,
      )
      expect(stdout).toContain(`digest  ${digest}`)
      expect(stdout).toMatch(/^decided +by local$/m)
      expect(stdout).not.toMatch(/raisins|does not match/)
    },
  )
})
