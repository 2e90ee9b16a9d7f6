import type { ObjectFieldBuilder } from '@pothos/core'
import type { Cost, ModelUsage, Usage, UsageSums } from '../../lifecycle/activity/usage.ts'
import { UsageFigure } from '../enums/workEnums.ts'
import { builder, type SchemaTypes } from '../kit/builder.ts'
import { ExecutionRef, PhaseRef, RunRef, SessionRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

const CostRef = builder.objectRef<Cost>('Cost').implement({
  description: 'A cost in one currency.',
  fields: (t) => ({
    micros: t.exposeFloat('micros', { description: 'In millionths of the currency, a whole number.' }),
    currency: t.exposeString('currency', {
      nullable: true,
      description: 'The currency, as USD; null: the agent did not name it.',
    }),
  }),
})

/** The sums, whosever they are. */
const sums = <Sums extends UsageSums>(t: ObjectFieldBuilder<SchemaTypes, Sums>) => {
  const sum = (
    name: 'inputTokens' | 'cachedTokens' | 'outputTokens' | 'reasoningTokens' | 'durationMs',
    description: string,
  ) => t.float({ nullable: true, description, resolve: (usage) => usage[name] })
  return {
    reports: t.int({
      description:
        'How often an agent told what it had used: once a turn, or once for each request to its model.',
      resolve: ({ reports }) => reports,
    }),
    inputTokens: sum('inputTokens', 'Tokens that went in.'),
    cachedTokens: sum('cachedTokens', 'Of the input tokens those that were read from a cache.'),
    outputTokens: sum('outputTokens', 'Tokens that came out.'),
    reasoningTokens: sum(
      'reasoningTokens',
      'Of the output tokens those spent on thinking, not on the answer.',
    ),
    durationMs: sum('durationMs', 'How long it took, in milliseconds.'),
    costs: t.field({
      type: [CostRef],
      complexity: { field: 1, multiplier: FEW },
      description: 'What it cost, once for each currency; empty where no agent told a cost.',
      resolve: ({ costs }) => [...costs],
    }),
    lacks: t.field({
      type: [UsageFigure],
      complexity: { field: 1, multiplier: FEW },
      description: 'What some of the reports lack: their sums are the least that it can be.',
      resolve: ({ lacks }) => [...lacks],
    }),
  }
}

/** How many currencies, figures and models a sum usually has, for the cost of an operation. */
const FEW = 4

const ModelUsageRef = builder.objectRef<ModelUsage>('ModelUsage').implement({
  description: 'What one model used.',
  fields: (t) => ({
    model: t.exposeString('model', {
      nullable: true,
      description: 'The model; null: the agent did not name it.',
    }),
    provider: t.exposeString('provider', { nullable: true, description: 'Who serves it.' }),
    ...sums(t),
  }),
})

const UsageRef = builder.objectRef<Usage>('Usage').implement({
  description:
    'What agents told that they had used, summed. A figure that no agent gave is null: nothing is guessed. Sums are whole numbers that may exceed 32 bits.',
  fields: (t) => ({
    ...sums(t),
    models: t.field({
      type: [ModelUsageRef],
      complexity: { field: 1, multiplier: FEW },
      description: 'The same for each model.',
      resolve: ({ models }) => [...models],
    }),
  }),
})

const common = { type: UsageRef, nullable: true, extensions: statementCost(1) } as const

builder.objectFields(RunRef, (t) => ({
  usage: t.field({
    ...common,
    description: 'What its agents used; null where none has told. Runs below it are not counted.',
    args: { round: t.arg.int({ description: 'Only in phases of this round; left out: in all.' }) },
    resolve: ({ run: { id: runId } }, { round }, { reads }) =>
      reads.usageOfRun.load({ runId, round: round ?? null }),
  }),
}))

builder.objectFields(PhaseRef, (t) => ({
  usage: t.field({
    ...common,
    description: 'What its agents used, in every attempt; null where none has told.',
    resolve: ({ phase }, _, { reads }) => reads.usageOfPhase.load(phase.id),
  }),
}))

builder.objectFields(SessionRef, (t) => ({
  usage: t.field({
    ...common,
    description: 'What its agent used; null where it has not told.',
    resolve: ({ session }, _, { reads }) => reads.usageOfSession.load(session.id),
  }),
}))

builder.objectFields(ExecutionRef, (t) => ({
  usage: t.field({
    ...common,
    description: 'What it used; null where it has not told.',
    resolve: ({ id }, _, { reads }) => reads.usageOfExecution.load(id),
  }),
}))
