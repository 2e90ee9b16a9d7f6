import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { unwrap } from '@pawl/sdk'
import { commandOf } from '../../../src/adapters/scripted/scriptedAdapter.ts'
import { WITHOUT_TMUX } from '../../conformance/adapters/kinds.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench, ERRAND } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

test.skipIf(WITHOUT_TMUX !== undefined)(
  'an agent in a terminal is handed a message in the midst of its turn, and has had it when that is over',
  async () => {
    const bench = await Bench.prepare(server)
    onTestFinished(() => bench.remove())
    unwrap(await bench.person.workflows.register(ERRAND))
    const script = join(bench.folder, 'script.json')
    const rules = [{ phase: 'go', do: [{ awaitFile: 'go' }, { write: 'out.json', json: { ok: true } }] }]
    await writeFile(script, JSON.stringify({ rules }))
    const agent = {
      adapter: 'tmux',
      command: commandOf(script, join(bench.folder, 'used.json'), true),
      prompt: 'keys',
      terminal: { ready: '^>\\s*$', quietSeconds: 1, steer: '^scripted agent' },
      killAfterSeconds: 2,
    }
    bench.start({ runner: agent })
    const runId = await bench.begin('errand')
    await bench.until(runId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
    unwrap(await bench.person.messages.send(runId, 'mind the gap'))
    const receipts: string[] = []
    for await (const event of bench.person.runs.events(runId)) {
      if (event.type !== 'MESSAGE_ACKNOWLEDGED') continue
      receipts.push(event.payload.receipt)
      if (event.payload.receipt === 'DELIVERED') await writeFile(join(bench.workspace, 'go'), '')
    }
    expect(receipts).toEqual(['DELIVERED', 'CONSUMED'])
    const run = await bench.look(runId)
    expect([run.status, run.phases[0]?.attempts]).toEqual(['COMPLETED', 1])
    expect((await bench.tellStory(runId)).match(/A prompt for phase go was sent/g)).toHaveLength(1)
  },
)
