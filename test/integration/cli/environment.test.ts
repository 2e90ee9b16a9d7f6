import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { Bench, ERRAND, shellAgent } from '../worker/startTestWorker.ts'
import { pawlAt } from './pawl.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

/** What a caller's shell may hold that is not meant for an agent. */
const SECRETS = {
  DATABASE_URL: 'postgresql://secret-database',
  PAWL_DATA: '/secret-data',
  PGPASSWORD: 'secret-password',
  PGOPTIONS: '-c secret-options',
  GIT_DIR: '/secret-repository/.git',
  GIT_INDEX_FILE: '/secret-repository/.git/index',
  AWS_SECRET_ACCESS_KEY: 'secret-cloud',
}
const MEANT = {
  LANG: 'C.UTF-8',
  TERM: 'dumb',
  HTTPS_PROXY: '',
  ANTHROPIC_API_KEY: 'the-key',
  NPM_CONFIG: 'passed',
}

/** The variables that a shell makes by itself. */
const OF_THE_SHELL = ['PWD', 'OLDPWD', 'SHLVL', '_']

function readEnvironment(printed: string): Record<string, string> {
  const lines = printed.split('\n').filter((line) => line.includes('='))
  const entries = lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string])
  return Object.fromEntries(entries.filter(([name]) => !OF_THE_SHELL.includes(name)))
}

test('an agent inherits the same, and no more than it should, under pawl exec and under a worker', async () => {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  unwrap(await bench.person.workflows.register(ERRAND))
  const cli = pawlAt(server.url, server.adminToken)
  const env = { ...SECRETS, ...MEANT }

  const dump = (file: string) => `env > ${join(bench.folder, file)}`
  await cli.run(['exec', '--workflow', 'errand', '--pass-env', 'NPM_*', '--', 'sh', '-c', dump('exec')], {
    env,
    cwd: bench.workspace,
  })

  const settings = {
    ...bench.settings,
    agents: { default: shellAgent(`${dump('worker')}; echo '{"ok":1}' > out.json`) },
  }
  await writeFile(join(bench.folder, 'pawl.worker.yaml'), JSON.stringify(settings))
  const worker = cli.start(['worker', '--pass-env', 'NPM_*'], { env, cwd: bench.folder })
  await bench.settled(await bench.begin('errand'))
  worker.kill('SIGTERM')
  await worker.ended

  const [byExec, byWorker] = await Promise.all(
    ['exec', 'worker'].map(async (file) => readEnvironment(await bench.read(join('..', file)))),
  )
  const { PATH, HOME } = process.env
  for (const found of [byExec, byWorker]) {
    expect(found).toMatchObject({ PATH, HOME, ...MEANT, PAWL_URL: server.url })
    expect(JSON.stringify(found)).not.toContain('secret-')
    expect(JSON.stringify(found)).not.toContain(server.adminToken)
  }
  const { PAWL_SESSION_ID: _session, ...alike } = byWorker ?? {}
  expect(Object.keys(alike).toSorted()).toEqual(Object.keys(byExec ?? {}).toSorted())
})

test('a variable that is never passed on is refused by name', async () => {
  const cli = pawlAt(server.url, server.adminToken)
  const { code, stderr } = await cli.run(['exec', '--pass-env', 'GIT_DIR', '--', 'true'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('GIT_DIR is never passed on')])
})
