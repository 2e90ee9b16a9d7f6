import * as fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SessionIdFinder } from '../../../src/adapters/kit/findSessionId.ts'
import { TranscriptText } from '../../../src/adapters/transcript/transcriptText.ts'
import { readArtifact } from '../../../src/workspaces/files/readArtifact.ts'
import { openStage, type Stage } from '../scenarios/stage.ts'
import { toOutput } from '../../support/entries.ts'
import { SEED } from '../../support/seed.ts'

/** How many files, and how many outputs, are tried. */
const RUNS = Number(process.env['PAWL_FUZZ_RUNS'] ?? 60)

const SURVEY = {
  name: 'survey',
  version: 1,
  initialPhase: 'collect',
  phases: [
    {
      key: 'collect',
      next: ['collect', 'done'],
      artifact: {
        path: 'a.json',
        schema: {
          type: 'object',
          additionalProperties: false,
          required: ['ok'],
          properties: { ok: { const: 'what no agent writes' } },
        },
      },
    },
    { key: 'done', final: true },
  ],
}

/** What an agent may write: any bytes, any text, any JSON, and what has broken something before. */
const anyFile: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 300 }).map((text) => Buffer.from(text)),
  fc.json({ maxDepth: 5, stringUnit: 'binary' }).map((text) => Buffer.from(text)),
  fc.string({ unit: 'binary', maxLength: 80 }).map((key) => Buffer.from(JSON.stringify({ [key]: key }))),
  fc
    .constantFrom(
      '\u{1f680} Here is the report',
      JSON.stringify({ [`${'k'.repeat(462)}${'\u{1f600}'.repeat(9)}`]: 1 }),
      String.raw`{"\ud83d":1}`,
      String.raw`{"b\u0000":"\u0000"}`,
      '\0',
      '\ufeff{}',
      '\u202e{"ok":1}\u202c',
      '{"__proto__":{"ok":1},"constructor":12345678901234567890,"n":1e400}',
      '['.repeat(50_000),
      `[${'0,'.repeat(20_000)}0]`,
    )
    .map((text) => Buffer.from(text)),
)

let stage: Stage
let folder: string
beforeAll(async () => {
  stage = await openStage([SURVEY])
  folder = mkdtempSync(join(tmpdir(), 'pawl-agent-files-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  // whatever was taken, every run is what its log says
  await stage.end()
})

describe(`with the seed ${SEED}, whatever an agent writes`, () => {
  it('into its file is an invalid artifact or no input, and told in words that can be kept', async () => {
    const runId = await stage.atWork('survey')
    const submit = async (bytes: Buffer) => {
      writeFileSync(join(folder, 'a.json'), bytes)
      const found = await readArtifact({ workspace: folder, path: 'a.json' })
      if (found.outcome !== 'FOUND') {
        expect(['NOT_TEXT', 'TOO_LARGE']).toContain(found.outcome)
        return
      }
      const fields = { runId, phase: 'collect', fence: 1, path: 'a.json', content: found.content }
      const answer = await stage.wanda.send('submitArtifact', fields)
      expect(['SubmitArtifactSuccess', 'InvalidInput']).toContain(answer.__typename)
      if (answer.__typename === 'SubmitArtifactSuccess') expect(answer.artifact.isValid).toBe(false)
    }
    await fc.assert(fc.asyncProperty(anyFile, submit), { numRuns: RUNS })
    await submit(Buffer.alloc(8_000_000, '\u{1f680}'))
  })

  it('to its output becomes a transcript and at most a session id, both of which are kept', async () => {
    const runId = await stage.atWork('survey')
    const { session } = await stage.wanda.must('openSession', {
      runId,
      fence: 1,
      role: 'r',
      adapter: 'process',
    })
    let fromSeq = 1
    const take = async (bytes: Buffer) => {
      const text = new TranscriptText([])
      const texts = [text.take(bytes), text.end()].filter((part) => part.length > 0)
      const answer = await stage.wanda.must('appendTranscript', {
        sessionId: session.id,
        fence: 1,
        fromSeq,
        entries: toOutput(...texts),
      })
      fromSeq = answer.nextSeq
      const id = new SessionIdFinder('(\\S+)').take(Buffer.concat([bytes, Buffer.from(' ')]))
      if (id === null) return
      const handle = { adapter: 'process', role: 'r', runId, fence: 1, handle: { session: id } }
      await stage.wanda.must('openSession', handle)
    }
    await fc.assert(fc.asyncProperty(anyFile, take), { numRuns: RUNS })
  })
})
