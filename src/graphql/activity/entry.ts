import type { ObjectFieldBuilder } from '@pothos/core'
import { type FileLocation, plainText, type PlanStep } from '../../lifecycle/activity/entries.ts'
import type { EntryKind as Kind } from '../../lifecycle/run/enums.ts'
import type { Entry } from '../../store/activity/transcript/entries.ts'
import { builder, type SchemaTypes } from '../kit/builder.ts'
import { connectionOf } from '../kit/connection.ts'
import {
  EntryKind,
  OutputStream,
  PermissionState,
  StepStatus,
  ToolKind,
  ToolStatus,
} from '../enums/workEnums.ts'

/** Names of the types of entries. */
const TYPES: Readonly<Record<Kind, string>> = {
  MESSAGE: 'MessageEntry',
  THOUGHT: 'ThoughtEntry',
  TOOL_CALL: 'ToolCallEntry',
  DIFF: 'DiffEntry',
  PLAN: 'PlanEntry',
  PERMISSION: 'PermissionEntry',
  USAGE: 'UsageEntry',
  ERROR: 'ErrorEntry',
  OUTPUT: 'OutputEntry',
  PROMPT: 'PromptEntry',
}

export const TranscriptEntryRef = builder.interfaceRef<Entry>('TranscriptEntry').implement({
  description:
    'One entry of a transcript. It never changes: an update is an entry of its own, whose fields that are not null replace those of the entry it updates.',
  resolveType: ({ kind }) => TYPES[kind],
  fields: (t) => ({
    seq: t.exposeInt('seq', {
      description: 'Its number in the transcript: 1, 2, 3 and so on, without gaps. The cursor of the stream.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was appended.' }),
    kind: t.expose('kind', {
      type: EntryKind,
      description: 'Which type of entry it is, as a value: for filters, and where types are not asked for.',
    }),
    key: t.exposeString('key', {
      nullable: true,
      description: 'What its updates name it by; null: nothing updates it.',
    }),
    updates: t.exposeString('updates', {
      nullable: true,
      description:
        'The key of the entry of the same kind that it updates; where there is none, it stands for itself. Null: it is new.',
    }),
    text: t.string({
      description: 'All that it says as plain text; empty where it says nothing.',
      resolve: plainText,
    }),
  }),
})

const FileLocationRef = builder.objectRef<FileLocation>('FileLocation').implement({
  description: 'A place in a file.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'The path, as the agent writes it.' }),
    line: t.exposeInt('line', { nullable: true, description: 'Counted from 1; null: the whole file.' }),
  }),
})

const PlanStepRef = builder.objectRef<PlanStep>('PlanStep').implement({
  description: 'Something that the agent means to do, and whether it has.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'What is to be done.' }),
    status: t.expose('status', { type: StepStatus, description: 'Whether it has begun, and ended.' }),
  }),
})

type Fields = ObjectFieldBuilder<SchemaTypes, Entry>

/** What a call and a question for a permission tell alike. */
const about = (t: Fields) => ({
  title: t.exposeString('title', {
    nullable: true,
    description: "What is done, in one line: the agent's own words.",
  }),
  toolKind: t.field({
    type: ToolKind,
    nullable: true,
    description: 'What the tool does.',
    resolve: ({ data }) => data.toolKind,
  }),
})

const define = (kind: Kind, description: string, fields: (t: Fields) => object) =>
  builder.objectRef<Entry>(TYPES[kind]).implement({
    description,
    interfaces: [TranscriptEntryRef],
    isTypeOf: (entry) => (entry as Entry).kind === kind,
    fields: (t) => fields(t) as Record<string, never>,
  })

define('PROMPT', 'What the agent was prompted with, as its owner composed it.', () => ({}))
define('MESSAGE', 'What the agent says to people, whole; its text is markdown.', () => ({}))
define('THOUGHT', 'What the agent says to itself.', () => ({}))
define('TOOL_CALL', 'A tool that the agent used, with what it was given and gave back.', (t) => ({
  ...about(t),
  toolStatus: t.field({
    type: ToolStatus,
    nullable: true,
    description: 'Whether it has begun, and how it ended; null: an update leaves that unchanged.',
    resolve: ({ data }) => data.toolStatus,
  }),
  locations: t.field({
    type: [FileLocationRef],
    nullable: true,
    description:
      'The places that the tool reads or changes, at most 100; null: an update leaves them unchanged.',
    resolve: ({ data }) => data.locations && [...data.locations],
  }),
  output: t.exposeString('text', { nullable: true, description: 'What the tool gave back, as text.' }),
}))
define('DIFF', 'A file that the agent changed.', (t) => ({
  path: t.string({ description: 'The path, as the agent writes it.', resolve: ({ title }) => title ?? '' }),
  hunks: t.string({
    description: 'The hunks of a unified diff, without the lines that name the files.',
    resolve: ({ text }) => text ?? '',
  }),
}))
define('PLAN', 'All that the agent means to do, in the place of its plan before.', (t) => ({
  steps: t.field({
    type: [PlanStepRef],
    description: 'The steps, in order.',
    resolve: ({ data }) => [...(data.steps ?? [])],
  }),
}))
define('PERMISSION', 'A permission that the agent asked for, or what became of that.', (t) => ({
  ...about(t),
  state: t.field({
    type: PermissionState,
    description: 'What became of it.',
    resolve: ({ data }) => data.state ?? 'ASKED',
  }),
  approvalId: t.string({
    nullable: true,
    description: "The approval that a person was asked by; null: the agent's definition decided.",
    resolve: ({ data }) => data.approvalId,
  }),
  note: t.exposeString('text', { nullable: true, description: 'The word to the agent, or the reason.' }),
}))
define('USAGE', 'What a turn used; null: the agent did not say.', (t) => {
  const int = (name: 'inputTokens' | 'cachedTokens' | 'outputTokens' | 'reasoningTokens' | 'durationMs') =>
    ({
      nullable: true,
      resolve: ({ data }: Entry) => data.usage?.[name] ?? null,
    }) as const
  return {
    model: t.string({
      nullable: true,
      description: 'As its provider names it; null: the agent did not say.',
      resolve: ({ data }) => data.usage?.model,
    }),
    provider: t.string({
      nullable: true,
      description: 'Who serves it.',
      resolve: ({ data }) => data.usage?.provider,
    }),
    inputTokens: t.int({ ...int('inputTokens'), description: 'Tokens that went in.' }),
    cachedTokens: t.int({
      ...int('cachedTokens'),
      description: 'Of the input tokens those that were read from a cache.',
    }),
    outputTokens: t.int({ ...int('outputTokens'), description: 'Tokens that came out.' }),
    reasoningTokens: t.int({
      ...int('reasoningTokens'),
      description: 'Of the output tokens those spent on thinking, not on the answer.',
    }),
    costMicros: t.float({
      nullable: true,
      description: 'What it cost, in millionths of the currency.',
      resolve: ({ data }) => data.usage?.costMicros,
    }),
    currency: t.string({
      nullable: true,
      description: 'The currency, as USD.',
      resolve: ({ data }) => data.usage?.currency,
    }),
    durationMs: t.int({ ...int('durationMs'), description: 'How long it took, in milliseconds.' }),
  }
})
define('ERROR', "What went wrong, in the agent's own words.", (t) => ({
  code: t.exposeString('title', { nullable: true, description: 'Short and stable, as `RATE_LIMITED`.' }),
  message: t.string({ description: "The agent's own words.", resolve: ({ text }) => text ?? '' }),
  resetAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'When it may be tried again, as the agent says.',
    resolve: ({ data }) => data.resetAt,
  }),
}))
define(
  'OUTPUT',
  'What a program put out without saying what it is, and all that older transcripts hold.',
  (t) => ({
    stream: t.field({
      type: OutputStream,
      description: 'Where it came from.',
      resolve: ({ data }) => data.stream ?? 'STDOUT',
    }),
  }),
)

export const TranscriptEntryConnection = connectionOf('TranscriptEntry', TranscriptEntryRef)
