import type {
  EntryKind,
  OutputStream,
  PermissionState,
  StepStatus,
  ToolKind,
  ToolStatus,
} from '../run/enums.ts'

/** What an entry of a transcript says. Of an update null means: as before. */
export interface EntryContent {
  readonly kind: EntryKind
  /** What its updates name it by; null: nothing updates it. */
  readonly key: string | null
  /** The key of the entry that it updates; null: it is new. */
  readonly updates: string | null
  /** In one line: what a call or a question is about, the path of a diff, the code of an error. */
  readonly title: string | null
  readonly text: string | null
  readonly data: EntryData
}

/** What else entries have, each kind its own. */
export interface EntryData {
  readonly toolKind?: ToolKind | null
  readonly toolStatus?: ToolStatus | null
  readonly locations?: readonly FileLocation[] | null
  readonly steps?: readonly PlanStep[]
  readonly state?: PermissionState
  readonly approvalId?: string | null
  readonly usage?: TurnUsage
  /** When what failed may be tried again, in milliseconds since 1970. */
  readonly resetAt?: number | null
  readonly stream?: OutputStream
}

/** A place in a file. */
export interface FileLocation {
  readonly path: string
  readonly line: number | null
}

/** A step of a plan. */
export interface PlanStep {
  readonly text: string
  readonly status: StepStatus
}

/** What a turn used; null: the agent did not say. */
export interface TurnUsage {
  readonly model: string | null
  readonly provider: string | null
  readonly inputTokens: number | null
  readonly cachedTokens: number | null
  readonly outputTokens: number | null
  readonly reasoningTokens: number | null
  /** In millionths of the currency. */
  readonly costMicros: number | null
  readonly currency: string | null
  readonly durationMs: number | null
  /** The process and the phase that it was used in. */
  readonly executionId: string | null
  readonly phaseId: string | null
}

/** Marks of the steps of a plan, in its text. */
const STEP_MARKS: Readonly<Record<StepStatus, string>> = {
  PENDING: ' ',
  IN_PROGRESS: '~',
  COMPLETED: 'x',
}

/** A plan as text: what searches find, and what is shown where only text can be. */
export function planText(steps: readonly PlanStep[]): string {
  return steps.map(({ text, status }) => `[${STEP_MARKS[status]}] ${text}`).join('\n')
}

/** An entry as plain text; '' where it has none. */
export function plainText({ title, text }: Pick<EntryContent, 'title' | 'text'>): string {
  if (title === null || title === '') return text ?? ''
  return text === null || text === '' ? title : `${title}\n${text}`
}

/** An entry as the servers of before there were prompts in transcripts can read it. */
export function asOutput(entry: EntryContent): EntryContent {
  return entry.kind === 'PROMPT' ? { ...entry, kind: 'OUTPUT' } : entry
}
