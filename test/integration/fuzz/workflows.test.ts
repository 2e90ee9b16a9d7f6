import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KnownMutation, listMutations, readSchema } from '../../support/introspect.ts'
import { SEED } from '../../support/seed.ts'
import { type Data, openStage, type Stage } from '../scenarios/stage.ts'
import { changedTables, type Fingerprint, openFingerprints } from './fingerprint.ts'
import { hostileTexts } from './hostileValues.ts'
import { plant } from './plant.ts'
import { openSender, type Sender } from './sendRaw.ts'

const PER_PLACE = Number(process.env['PAWL_FUZZ_RUNS'] ?? 3)

/** A definition with everything that one may say. */
const define = () => ({
  name: `w-${randomUUID()}`,
  version: 1,
  initialPhase: 'work',
  completeRoundAt: 'work',
  maxRounds: 3,
  onOwnerLost: 'REQUEUE',
  maxResumes: 1,
  maxTakeovers: 1,
  maxRework: 1,
  timeouts: { queueSeconds: 86_400, runSeconds: 86_400, idleSeconds: 86_400 },
  phases: [
    {
      key: 'work',
      next: ['work', 'done'],
      final: false,
      role: 'writer',
      timeoutSeconds: 86_400,
      artifact: {
        path: 'work.json',
        required: true,
        mediaType: 'application/json',
        schema: { type: 'object', properties: { a: { type: 'string', pattern: '^x' } }, required: ['a'] },
        notEmpty: true,
        maxBytes: 1000,
        pattern: 'x',
      },
      approval: {
        gate: 'gate',
        question: '?',
        approvers: ['olga'],
        allowSelfApproval: false,
        expiresInSeconds: 86_400,
        onExpiry: 'REJECT',
      },
    },
    { key: 'done', final: true },
  ],
})

/** Every place in a value, of the values in it, too. */
function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  const below = Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))
  return path.length > 0 ? [[...path], ...below] : below
}

let stage: Stage
let sender: Sender
let register: KnownMutation
let fingerprint: () => Promise<Fingerprint>
beforeAll(async () => {
  stage = await openStage([])
  sender = await openSender(stage.server, stage.adam.token)
  const schema = await readSchema(stage.server, stage.server.adminToken)
  register = listMutations(schema).find(({ name }) => name === 'registerWorkflow') as KnownMutation
  fingerprint = await openFingerprints(stage.server.store.pool)
})
afterAll(async () => {
  sender.close()
  await stage.end()
})

/** Drives a run of a workflow as far as it goes: whatever was registered can be worked with. */
async function drive(name: string): Promise<void> {
  const { adam } = stage
  const started = await adam.send('startRun', { workflow: name, claim: { owner: 'w', leaseSeconds: 3600 } })
  expect(started.__typename).toBe('StartRunSuccess')
  const { id: runId, currentPhase } = started.run
  const held = { runId, fence: 1, phase: currentPhase.key }
  expect((await adam.send('startPhase', held)).__typename).toBe('StartPhaseSuccess')
  const { phases } = started.run.workflow.definition
  const path = phases.find(({ key }: Data) => key === currentPhase.key).artifact?.path ?? 'work.json'
  for (const content of ['{"a":"x"}', `"${'a'.repeat(200)}!"`, '{'])
    expect((await adam.send('submitArtifact', { ...held, path, content })).__typename).toMatch(
      /^(SubmitArtifactSuccess|RunNotActive|IllegalTransition)$/,
    )
}

describe(`with the seed ${SEED},`, () => {
  it.each(placesIn(define()).map((path) => [path.join('.'), path] as const))(
    'a definition with anything at %s is refused by name, or can be worked with',
    async (_name, path) => {
      const hostile = fc.asyncProperty(hostileTexts, async (text) => {
        const definition = define()
        const before = await fingerprint()
        const input = `{"definition":${plant(definition, path, text)}}`
        const { member, errors, status } = await sender.send(register, input, 'variables')
        expect([status, errors]).toEqual([200, []])
        if (member?.__typename === 'RegisterWorkflowSuccess') {
          const { definition: registered } = JSON.parse(input) as { definition: { name: string } }
          await drive(registered.name)
        } else {
          expect(member).toMatchObject({ __typename: 'InvalidInput' })
          expect(member?.issues?.every((issue) => issue.path[0] === 'definition')).toBe(true)
          expect(changedTables(before, await fingerprint())).toEqual([])
        }
      })
      await fc.assert(hostile, { numRuns: PER_PLACE })
    },
  )
})
