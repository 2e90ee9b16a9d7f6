import { z } from 'zod'

/** The longest wait of a call, in seconds: below the minute after which clients give a call up. */
export const MAX_WAIT_SECONDS = 50

/** Any JSON. */
export const jsonSchema = z.unknown()

/** Key of a phase. */
export const phaseSchema = z.string().min(1).max(200).describe('Key of the phase.')

/** What is told of a phase after a change. */
export const phaseResult = z.object({ key: z.string(), status: z.string(), attempts: z.number() })

/** Where a run is, after a change. */
export const positionResult = z.looseObject({
  runId: z.string(),
  status: z.string(),
  revision: z.number(),
  phase: phaseResult.nullable(),
  nextAction: z.string(),
})

/** Where a run stands, as `describeRun` says it. */
export const stateResult = z.looseObject({
  runId: z.string(),
  title: z.string().nullable(),
  status: z.string(),
  reason: z.string().nullable(),
  isSettled: z.boolean(),
  revision: z.number(),
  round: z.number(),
  phase: z
    .looseObject({
      key: z.string(),
      status: z.string(),
      artifact: z
        .unknown()
        .describe('The file that the phase has to produce, with its JSON Schema; null: none.'),
      approval: z.unknown().describe('Who has to approve its work; null: nobody.'),
    })
    .nullable(),
  mayFollow: z.array(z.string()).describe('Phases that may follow the current one.'),
  missingEvidence: z.array(z.object({ kind: z.string(), phase: z.string().nullable(), detail: z.string() })),
  nextAction: z.string(),
  next: z
    .object({ say: z.string(), tool: z.string().nullable() })
    .describe('What comes next, and the tool for it with its arguments.'),
  approval: z
    .looseObject({})
    .nullable()
    .describe('The question that a person has been asked; null: none is open.'),
})
