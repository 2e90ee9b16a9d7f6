import { z } from 'zod'
import { promptMistakes } from './prompts.ts'
import type { Json } from '../run/run.ts'
import { OUT_OF_TURN_POLICIES } from '../run/enums.ts'

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]{0,63}$/,
    'must start with a lower-case letter and hold only a-z, 0-9, _ and -, at most 64',
  )
const seconds = z
  .int()
  .positive()
  .max(366 * 86_400)

const cap = (description: string) =>
  z.int().nonnegative().max(1000).nullable().default(null).describe(description)

/** The media type of an artifact that declares none. */
const DEFAULT_MEDIA_TYPE = 'application/json'

const phaseSchema = z.strictObject({
  key: name.describe('Name of the phase, unique in the workflow.'),
  next: z.array(name).max(100).default([]).describe('Keys of the phases that may follow.'),
  final: z.boolean().default(false).describe('Whether a run may be completed here.'),
  role: name.nullable().default(null).describe('Role of the agent that works on it.'),
  // optional, not nullable: definitions registered without it keep their stored form
  prompt: z
    .string()
    .min(1)
    .max(20_000)
    .exactOptional()
    .describe(
      "What the agent is asked to do, with placeholders as {{title}}, {{input.NAME}}, {{artifact.path}}, {{feedback}}. Default: a sentence about the phase, the run's title and input.",
    ),
  artifact: z
    .strictObject({
      path: z
        .string()
        .min(1)
        .max(512)
        .describe('Path of the file the phase produces, relative to the workspace.'),
      required: z.boolean().default(true).describe('Whether the phase can be completed without it.'),
      mediaType: z
        .string()
        .min(1)
        .max(200)
        .default(DEFAULT_MEDIA_TYPE)
        .describe(
          'What the file is, as a media type. JSON must be JSON: a file of a media type other than this default that says JSON, and one of this default whose path ends in .json.',
        ),
      schema: z
        .record(z.string(), z.json())
        .nullable()
        .default(null)
        .describe('JSON Schema (draft 2020-12 or 07) that a JSON file must satisfy.'),
      notEmpty: z.boolean().default(true).describe('Whether the file must hold more than white space.'),
      maxBytes: z
        .int()
        .positive()
        .nullable()
        .default(null)
        .describe('The largest size allowed, in bytes of UTF-8.'),
      pattern: z
        .string()
        .max(1000)
        .nullable()
        .default(null)
        .describe('A regular expression that must match somewhere in the file.'),
    })
    .nullable()
    .default(null)
    .describe('The file that the phase produces.'),
  approval: z
    .strictObject({
      gate: name.describe('Name of the gate.'),
      question: z.string().min(1).max(2000).describe('What the person is asked.'),
      approvers: z
        .array(z.string().min(1).max(200))
        .max(100)
        .default([])
        .describe('Who may decide; empty: any operator.'),
      allowSelfApproval: z.boolean().default(true).describe('Whether who asked may decide.'),
      expiresInSeconds: seconds
        .nullable()
        .default(null)
        .describe('How long the question stands, in seconds.'),
      onExpiry: z
        .enum(OUT_OF_TURN_POLICIES)
        .default('WAIT')
        .describe('What happens when nobody decided in time.'),
    })
    .nullable()
    .default(null)
    .describe('A question that only a person may answer before the phase is completed.'),
  timeoutSeconds: seconds.nullable().default(null).describe('Longest time of one attempt, in seconds.'),
})

/** A workflow as a client registers it: the phase graph with its roles, artifacts, gates and timeouts. */
export const workflowSchema = z.strictObject({
  name: name.describe('Name of the workflow.'),
  version: z.int().positive().max(1_000_000).describe('Version; a registered version never changes.'),
  initialPhase: name.describe('Key of the phase a round begins with.'),
  phases: z.array(phaseSchema).min(1).max(100).describe('The nodes of the graph.'),
  // optional, not nullable: definitions registered without it keep their stored form
  inputSchema: z
    .record(z.string(), z.json())
    .exactOptional()
    .describe(
      'JSON Schema (draft 2020-12 or 07) that the input of a run must satisfy when it is started. Default: any input.',
    ),
  completeRoundAt: name
    .nullable()
    .default(null)
    .describe('Key of the phase that completes a round, where rounds count.'),
  maxRounds: z.int().positive().max(1000).default(1).describe('How many rounds one run may go through.'),
  onOwnerLost: z
    .enum(['FAIL', 'REQUEUE'])
    .default('FAIL')
    .describe('What becomes of a run whose owner is lost.'),
  maxResumes: cap('How often a failed run may be resumed; null: as the server is set.'),
  maxTakeovers: cap(
    'How often a run may be taken over after a lost owner, per epoch; null: as the server is set.',
  ),
  maxRework: cap('How often a phase may be rejected, per round and epoch; null: as the server is set.'),
  timeouts: z
    .strictObject({
      queueSeconds: seconds.nullable().default(null).describe('Longest wait in QUEUED.'),
      runSeconds: seconds
        .nullable()
        .default(null)
        .describe('Longest time of one epoch, whatever the run does.'),
      idleSeconds: seconds.nullable().default(null).describe('Longest silence while RUNNING.'),
    })
    .prefault({})
    .describe('How long a run may take, in all of its phases together.'),
})
export type WorkflowDefinition = z.infer<typeof workflowSchema>
export type WorkflowPhase = WorkflowDefinition['phases'][number]

/** One mistake in a definition: its path and a message. */
export interface WorkflowIssue {
  readonly path: readonly string[]
  readonly message: string
}

/** The definition, or all mistakes in it. */
export type ParsedWorkflow =
  | { readonly ok: true; readonly definition: WorkflowDefinition }
  | { readonly ok: false; readonly issues: readonly WorkflowIssue[] }

/** Parses a definition: first its shape by schema, then the consistency of its graph. */
export function parseWorkflow(candidate: unknown): ParsedWorkflow {
  const parsed = workflowSchema.safeParse(candidate)
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String), message }))
    return { ok: false, issues }
  }
  const issues = checkGraph(parsed.data)
  return issues.length > 0 ? { ok: false, issues } : { ok: true, definition: parsed.data }
}

/** Finds the phase with this key. */
export function findWorkflowPhase(workflow: WorkflowDefinition, key: string): WorkflowPhase | undefined {
  return workflow.phases.find((phase) => phase.key === key)
}

/** Returns the phase with this key of a checked definition. */
export function workflowPhase(workflow: WorkflowDefinition, key: string): WorkflowPhase {
  const phase = findWorkflowPhase(workflow, key)
  if (!phase) throw new Error(`workflow ${workflow.name} has no phase ${key}`)
  return phase
}

/** True if a run can be completed at this phase: it is final, or has no successors. */
export function isLastPhase(phase: WorkflowPhase): boolean {
  return phase.final || phase.next.length === 0
}

/**
 * True for an artifact declared as JSON. A stored definition does not show whether its media type was given or is the
 * default, so the default counts only if the path also ends in JSON.
 */
export function isDeclaredJson({
  path,
  mediaType,
}: {
  readonly path: string
  readonly mediaType: string
}): boolean {
  const type = mediaType.trim().toLowerCase()
  if (type === DEFAULT_MEDIA_TYPE) return path.toLowerCase().endsWith('.json')
  return /^(application|text)\/json\s*;|^text\/json$|^[^;]+\+json\s*(;|$)/.test(type)
}

function checkGraph(workflow: WorkflowDefinition): WorkflowIssue[] {
  const keys = workflow.phases.map((phase) => phase.key)
  const known = new Set(keys)
  const issues: WorkflowIssue[] = []
  const say = (path: readonly (string | number)[], message: string) =>
    issues.push({ path: path.map(String), message })

  keys.forEach((key, index) => {
    if (keys.indexOf(key) !== index)
      say(['phases', index, 'key'], `duplicate phase: ${key} is declared twice`)
  })
  workflow.phases.forEach((phase, index) =>
    phase.next.forEach((key, place) => {
      if (!known.has(key)) say(['phases', index, 'next', place], `unknown target: there is no phase ${key}`)
    }),
  )
  workflow.phases.forEach((phase, index) => {
    if (phase.prompt === undefined) return
    for (const mistake of promptMistakes(phase.prompt, phase)) say(['phases', index, 'prompt'], mistake)
  })
  if (!known.has(workflow.initialPhase))
    say(['initialPhase'], `unknown initial phase: there is no phase ${workflow.initialPhase}`)
  if (workflow.completeRoundAt !== null && !known.has(workflow.completeRoundAt))
    say(['completeRoundAt'], `unknown round phase: there is no phase ${workflow.completeRoundAt}`)
  if (workflow.completeRoundAt === null && workflow.maxRounds > 1)
    say(['maxRounds'], 'rounds without an end: several rounds need completeRoundAt')
  if (!workflow.phases.some((phase) => phase.final))
    say(['phases'], 'no final phase: mark one with final: true')
  if (issues.length > 0) return issues

  const reached = walk([workflow.initialPhase], (key) => workflowPhase(workflow, key).next)
  const finals = workflow.phases.filter(isLastPhase).map((phase) => phase.key)
  const leading = walk(finals, (key) => workflow.phases.filter((p) => p.next.includes(key)).map((p) => p.key))
  workflow.phases.forEach((phase, index) => {
    if (!reached.has(phase.key))
      say(['phases', index], `unreachable phase: no way leads from ${workflow.initialPhase} to ${phase.key}`)
    else if (!leading.has(phase.key))
      say(['phases', index], `dead end: no way leads from ${phase.key} to an end`)
  })
  return issues
}

function walk(from: readonly string[], follow: (key: string) => readonly string[]): Set<string> {
  const seen = new Set(from)
  for (const key of seen) for (const next of follow(key)) seen.add(next)
  return seen
}

/** Returns the definition as JSON, for storing and comparing. */
export function toJson(definition: WorkflowDefinition): Json {
  return definition
}
