import { createPawl, defineWorkflow, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

interface Order {
  readonly sheets: number
  readonly paper?: 'A4' | 'A5'
}
interface Printed {
  readonly pages: number
}

const DEFINITION = {
  name: 'print',
  version: 1,
  initialPhase: 'work',
  phases: [{ key: 'work', final: true }],
}
const print = defineWorkflow<Order, Printed>(DEFINITION)

let database: TestDatabase
let server: TestServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startTestServer({ database })
  for (const name of ['print', 'other']) unwrap(await connect().workflows.register({ ...DEFINITION, name }))
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})

const connect = () => createPawl({ url: server.url, token: server.adminToken })

it('types what a run is started with, what its owner gets, and what it came to', async () => {
  const pawl = connect()
  const worker = print.worker(pawl, { owner: 'printer' }, async (owned) => {
    expectTypeOf(owned.run.input).toEqualTypeOf<Order>()
    unwrap(await owned.phases.start('work'))
    // @ts-expect-error -- the output has pages
    const mistaken = () => owned.complete({ output: { sheets: 1 } })
    expect(mistaken).toBeTypeOf('function')
    unwrap(await owned.complete({ output: { pages: owned.run.input.sheets * 2 } }))
  })
  onTestFinished(() => worker.stop())
  const foreign = unwrap(await pawl.runs.start({ workflow: 'other' })).run
  const { run } = unwrap(await print.start(pawl, { title: 'A flyer', input: { sheets: 3 } }))
  expectTypeOf(run.input).toEqualTypeOf<Order>()
  expectTypeOf(run.output).toEqualTypeOf<Printed | null>()
  // @ts-expect-error -- an order has sheets
  const mistaken = () => print.start(pawl, { input: { pages: 1 } })
  expect(mistaken).toBeTypeOf('function')
  for await (const _frame of pawl.runs.watch(run.id, { untilSettled: true }));
  const done = await print.get(pawl, run.id)
  expect([done?.status, done?.input.sheets, done?.output?.pages]).toEqual(['COMPLETED', 3, 6])
  // another workflow's runs are neither typed as this one's, nor taken by its worker
  expect(await print.get(pawl, foreign.id)).toBeNull()
  expect((await pawl.runs.get(foreign.id))?.status).toBe('QUEUED')
})
