import { afterAll, beforeAll, expect, test } from 'vitest'
import { appendTranscript, openSession } from '../../../src/commands/activity/sessions.ts'
import type { EntryContent, TurnUsage } from '../../../src/lifecycle/activity/entries.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { runIn } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'
import { query } from './databaseHarness.ts'
import { createEmpty, exportAll, importAll, toFile, toLines } from './transferHarness.ts'

/** The last migration of the versions that summed no usage. */
const BEFORE_USAGE = '20261201185500_search_entries'

const NOTHING: TurnUsage = {
  ...{ model: null, provider: null, inputTokens: null, cachedTokens: null, outputTokens: null },
  ...{ reasoningTokens: null, costMicros: null, currency: null, durationMs: null },
  ...{ executionId: null, phaseId: null },
}

const used = (usage: Partial<TurnUsage>, names: Partial<EntryContent> = {}): EntryContent => ({
  kind: 'USAGE',
  ...{ key: null, updates: null, title: null, text: null },
  data: { usage: { ...NOTHING, ...usage } },
  ...names,
})

const said: EntryContent = { ...used({}), kind: 'MESSAGE', text: 'Done.', data: {} }

let source: TestCommands
beforeAll(async () => {
  source = await openTestCommands({ workflows: [SOLO] })
})
afterAll(() => source.close())

/** A run whose agent has told this, and its session. */
async function tell(entries: readonly EntryContent[]): Promise<string> {
  const { commands, callers } = source
  const { id: runId } = await runIn(source, 'RUNNING')
  const opened = await openSession(commands, callers.worker, {
    ...{ runId, fence: 1, role: 'writer', adapter: 'scripted' },
  })
  if (!opened.ok || !opened.row) throw new Error('no session')
  const sessionId = opened.row.id
  const appended = await appendTranscript(commands, callers.worker, {
    ...{ sessionId, fence: 1, fromSeq: 1, entries },
  })
  expect(appended).toMatchObject({ ok: true })
  return sessionId
}

/** The export as a version without sums of usage would have written it. */
async function exportAsOfOld(): Promise<Buffer> {
  const [header = '', ...lines] = toLines((await exportAll(source.poolConfig)).file)
  const read = JSON.parse(header) as { export: { migrations: { name: string }[] } }
  read.export.migrations = read.export.migrations.filter(({ name }) => name <= BEFORE_USAGE)
  const isKnown = (line: string) => (JSON.parse(line) as { table?: string }).table !== 'usage'
  return toFile([JSON.stringify(read), ...lines.filter(isKnown)])
}

test('what transcripts of an older version tell is summed as it is since, but for where it was used', async () => {
  await tell([
    used({ model: 'a', inputTokens: 5, cachedTokens: 2, costMicros: 7.5, currency: 'USD', durationMs: 3 }),
    said,
    // told in parts: the last figure of each counts
    used({ model: 'b', provider: 'p', inputTokens: 1, outputTokens: 9 }, { key: 'turn' }),
    used({ inputTokens: 4 }, { updates: 'turn' }),
    used({ reasoningTokens: 6, model: 'c' }, { updates: 'turn' }),
  ])
  await tell([said])
  await tell([used({ outputTokens: 0 })])

  const target = await createEmpty()
  await importAll(await exportAsOfOld(), target)
  // it was used when the last entry told of it
  const all = (at: string) => `SELECT u.*, ${at} AS at FROM usage u JOIN entry e USING (session_id, seq)
    ORDER BY session_id, u.key`
  const kept = await query(target.poolConfig, all('u.at'))
  expect(kept).toHaveLength(3)
  const since = await query(source.poolConfig, all('e.at'))
  expect(kept).toEqual(since.map((row) => ({ ...row, execution_id: null, phase_id: null, round: null })))
  expect(kept.find(({ key }) => key === '@turn')).toMatchObject({
    ...{ seq: 5, model: 'c', provider: 'p', input_tokens: 4, output_tokens: 9, reasoning_tokens: 6 },
  })
})
