import {
  OUTPUT_STREAMS,
  PERMISSION_STATES,
  STEP_STATUSES,
  TOOL_KINDS,
  TOOL_STATUSES,
} from '../../lifecycle/run/enums.ts'
import { type EntryContent, planText } from '../../lifecycle/activity/entries.ts'
import { OutputStream, PermissionState, StepStatus, ToolKind, ToolStatus } from '../enums/workEnums.ts'
import {
  content,
  defaulted,
  defineInput,
  defineOneOf,
  keptId,
  instant,
  int,
  listed,
  MAX_INT,
  nested,
  nonEmptyText,
  oneOf,
  required,
  text,
  wholeNumber,
} from '../kit/input.ts'

/** The longest text of an entry, in UTF-16 units. */
const MAX_TEXT = 65_536
/** The longest key, line and path. */
const MAX = { key: 200, title: 2_000, path: 4_096, word: 200, steps: 100, locations: 100 } as const

const body = (description: string) => content(`${description} At most ${MAX_TEXT} characters.`, MAX_TEXT)

const identity = {
  key: nonEmptyText(MAX.key, 'What its updates name it by, as the id of a call.'),
  updates: nonEmptyText(MAX.key, 'The key of the entry that it updates; left out: it is new.'),
}

const about = {
  title: text(MAX.title, 'What is done, in one line.'),
  toolKind: oneOf(ToolKind, TOOL_KINDS, 'What the tool does.'),
}

const words = (name: string, description: string) =>
  defineInput(name, description, { ...identity, text: required(body('What is said.')) })

const FileLocationInput = defineInput('FileLocationInput', 'A place in a file.', {
  path: required(text(MAX.path, 'As the agent writes it: absolute, or relative to its workspace.')),
  line: int(0, MAX_INT, 'Counted from 1; left out: the whole file.'),
})

const PlanStepInput = defineInput(
  'PlanStepInput',
  'Something that the agent means to do, and whether it has.',
  {
    text: required(text(MAX.title, 'What is to be done.')),
    status: required(oneOf(StepStatus, STEP_STATUSES, 'Whether it has begun, and ended.')),
  },
)

const count = (description: string) => int(0, MAX_INT, description)

/** An entry to append: one field, named by its kind. */
export const TranscriptEntryInput = defineOneOf(
  'TranscriptEntryInput',
  'An entry to append: exactly one of these. Of an update only what has changed is given.',
  {
    prompt: nested(
      words('PromptEntryInput', 'What the agent is prompted with.'),
      'What the agent is prompted with: its first words in a turn.',
    ),
    message: nested(
      words('MessageEntryInput', 'What the agent says to people.'),
      'What the agent says to people, whole, as markdown.',
    ),
    thought: nested(
      words('ThoughtEntryInput', 'What the agent says to itself.'),
      'What the agent says to itself.',
    ),
    toolCall: nested(
      defineInput('ToolCallEntryInput', 'The call of a tool, or how far one has come.', {
        ...identity,
        ...about,
        toolStatus: oneOf(ToolStatus, TOOL_STATUSES, 'Whether it has begun, and how it ended.'),
        locations: listed(
          FileLocationInput,
          MAX.locations,
          `What the tool reads or changes, at most ${MAX.locations} places.`,
        ),
        output: body('What the tool gave back, as text.'),
      }),
      'The call of a tool, or how far one has come.',
    ),
    diff: nested(
      defineInput('DiffEntryInput', 'A file that the agent changed.', {
        ...identity,
        path: required(text(MAX.path, 'The changed file, as the agent writes it.')),
        hunks: required(body('The hunks of a unified diff.')),
      }),
      'A file that the agent changed.',
    ),
    plan: nested(
      defineInput('PlanEntryInput', 'All that the agent means to do.', {
        ...identity,
        steps: required(listed(PlanStepInput, MAX.steps, `The steps, at most ${MAX.steps}.`)),
      }),
      'All that the agent means to do.',
    ),
    permission: nested(
      defineInput('PermissionEntryInput', 'A permission that the agent asked for.', {
        ...identity,
        ...about,
        state: required(oneOf(PermissionState, PERMISSION_STATES, 'What became of it.')),
        approvalId: keptId('approval', 'The approval that a person was asked by.'),
        note: body('The word to the agent, or the reason.'),
      }),
      'A permission that the agent asked for, or what became of that.',
    ),
    usage: nested(
      defineInput('UsageEntryInput', 'What a turn used. What the agent does not say is left out.', {
        ...identity,
        model: text(MAX.word, 'As its provider names it.'),
        provider: text(MAX.word, 'Who serves it.'),
        inputTokens: count('Tokens that went in.'),
        cachedTokens: count('Of the input tokens those that were read from a cache.'),
        outputTokens: count('Tokens that came out.'),
        reasoningTokens: count('Of the output tokens those spent on thinking, not on the answer.'),
        costMicros: wholeNumber('What it cost, in millionths of the currency.'),
        currency: text(MAX.word, 'The currency, as USD.'),
        durationMs: count('How long it took, in milliseconds.'),
        executionId: keptId(
          'execution',
          'The process that used it; one that is none of the run is left out.',
        ),
        phaseId: keptId(
          'phase',
          'The phase that it was used for; left out: that of the process. One that is none of the run is left out.',
        ),
      }),
      'What a turn used.',
    ),
    error: nested(
      defineInput('ErrorEntryInput', 'What went wrong.', {
        ...identity,
        code: text(MAX.word, 'Short and stable, as `RATE_LIMITED`.'),
        message: required(body("The agent's own words.")),
        resetAt: instant('When it may be tried again.'),
      }),
      'What went wrong.',
    ),
    output: nested(
      defineInput('OutputEntryInput', 'What a program put out.', {
        ...identity,
        stream: defaulted(oneOf(OutputStream, OUTPUT_STREAMS, 'Where it came from.'), 'STDOUT'),
        text: required(body('What came.')),
      }),
      'What a program put out without saying what it is.',
    ),
  },
)

type EntryInput = typeof TranscriptEntryInput extends { readonly schema: { readonly _output: infer Out } }
  ? Out
  : never

/** The entry that an input stands for; GraphQL has seen to it that one of its fields is given. */
export function toEntry(input: EntryInput): EntryContent {
  const { prompt, message, thought, toolCall, diff, plan, permission, usage, error, output } = input
  if (prompt) return { ...common(prompt), kind: 'PROMPT', title: null, text: prompt.text, data: {} }
  if (message) return { ...common(message), kind: 'MESSAGE', title: null, text: message.text, data: {} }
  if (thought) return { ...common(thought), kind: 'THOUGHT', title: null, text: thought.text, data: {} }
  if (toolCall) {
    const { title = null, output: text = null, toolKind, toolStatus, locations } = toolCall
    const places = locations?.map(({ path, line }) => ({ path, line: line ?? null }))
    const data = { toolKind: toolKind ?? null, toolStatus: toolStatus ?? null, locations: places ?? null }
    return { ...common(toolCall), kind: 'TOOL_CALL', title, text, data }
  }
  if (diff) return { ...common(diff), kind: 'DIFF', title: diff.path, text: diff.hunks, data: {} }
  if (plan) {
    const { steps } = plan
    return { ...common(plan), kind: 'PLAN', title: null, text: planText(steps), data: { steps } }
  }
  if (permission) {
    const { title = null, note: text = null, toolKind = null, state, approvalId = null } = permission
    return { ...common(permission), kind: 'PERMISSION', title, text, data: { toolKind, state, approvalId } }
  }
  if (usage) {
    const { model, provider, currency, costMicros, durationMs, executionId, phaseId, ...rest } = usage
    const data = {
      usage: {
        model: model ?? null,
        provider: provider ?? null,
        inputTokens: rest.inputTokens ?? null,
        cachedTokens: rest.cachedTokens ?? null,
        outputTokens: rest.outputTokens ?? null,
        reasoningTokens: rest.reasoningTokens ?? null,
        costMicros: costMicros ?? null,
        currency: currency ?? null,
        durationMs: durationMs ?? null,
        executionId: executionId ?? null,
        phaseId: phaseId ?? null,
      },
    }
    return { ...common(usage), kind: 'USAGE', title: null, text: null, data }
  }
  if (error) {
    const { code = null, resetAt = null } = error
    return { ...common(error), kind: 'ERROR', title: code, text: error.message, data: { resetAt } }
  }
  const { stream = 'STDOUT', text: put = '' } = output ?? {}
  return { ...common(output ?? {}), kind: 'OUTPUT', title: null, text: put, data: { stream } }
}

interface Identity {
  readonly key?: string | null | undefined
  readonly updates?: string | null | undefined
}

const common = ({ key, updates }: Identity) => ({ key: key ?? null, updates: updates ?? null })
