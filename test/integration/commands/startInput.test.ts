import { createPawl, isSuccess, type Pawl, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { pawlAt } from '../cli/pawl.ts'

let server: TestServer
let pawl: Pawl
beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  unwrap(await pawl.workflows.register(CHECKED))
})
afterAll(() => server.stop())

const CHECKED = {
  name: 'checked',
  version: 1,
  initialPhase: 'do',
  phases: [{ key: 'do', final: true }],
  inputSchema: {
    type: 'object',
    required: ['pr'],
    properties: { pr: { type: 'integer' }, 'a/b': { type: 'array', items: { type: 'string' } } },
  },
}

/** The paths of what is wrong with an input; empty where the run is started. */
async function mistakesOf(input?: object): Promise<readonly string[]> {
  const answer = await pawl.runs.start({ workflow: 'checked', ...(input && { input }) })
  if (isSuccess(answer)) return []
  return answer.__typename === 'InvalidInput'
    ? answer.issues.map(({ path, message }) => `${path.join(' ')}: ${message}`)
    : [answer.__typename]
}

test('a run is refused whose input its workflow does not admit, naming where', async () => {
  expect(await mistakesOf({ pr: 31, 'a/b': ['x'] })).toEqual([])
  expect(await mistakesOf({ pr: 'x', 'a/b': ['x', 1] })).toEqual([
    expect.stringMatching(/^input pr: .*integer/),
    expect.stringMatching(/^input a\/b 1: .*string/),
  ])
  expect(await mistakesOf({})).toEqual([expect.stringMatching(/^input: .*pr/)])
  // a run without input has null
  expect(await mistakesOf()).toEqual([expect.stringMatching(/^input: .*object/)])
})

test('the same request is answered as before, whatever its input', async () => {
  const again = { workflow: 'checked', input: { pr: 7 }, idempotencyKey: 'once' }
  const { run } = unwrap(await pawl.runs.start(again))
  expect(unwrap(await pawl.runs.start(again))).toMatchObject({ run: { id: run.id }, isReplayed: true })
  expect(await pawl.runs.start({ ...again, input: { pr: 'x' } })).toMatchObject({
    __typename: 'IdempotencyMismatch',
  })
})

test('a schema that can’t be compiled is refused with its workflow', async () => {
  const broken = { ...CHECKED, version: 2, inputSchema: { type: 'nothing' } }
  expect(await pawl.workflows.register(broken)).toMatchObject({
    __typename: 'InvalidInput',
    issues: [{ path: ['definition', 'inputSchema'] }],
  })
})

test('pawl run start takes the input by its fields', async () => {
  const cli = pawlAt(server.url, server.adminToken)
  const start = (...args: string[]) => cli.run(['run', 'start', 'checked', '--json', ...args])
  const mistaken = await start('--input', 'pr=31', '--input', '{}')
  expect(mistaken.code).toBe(2)
  expect(mistaken.stdout).toContain('--input {} is not NAME=VALUE')
  const started = await start('--input', 'pr=31', '--input', 'note=two words', '--input', 'urgent=true')
  const { run } = JSON.parse(started.stdout) as { run: { id: string } }
  expect((await pawl.runs.get(run.id))?.input).toEqual({ pr: 31, note: 'two words', urgent: true })
  const refused = await start('--input', 'pr=x')
  expect(refused.code).toBe(7)
  expect(refused.stdout + refused.stderr).toContain('pr')
})
