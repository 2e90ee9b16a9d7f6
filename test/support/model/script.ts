/** Something that a model has its agent do, by whatever tool the agent offers for it. */
export type Use =
  | {
      readonly run: string
      /** Whether the model says itself that the command needs a permission, to agents that let it. */
      readonly asksFirst?: boolean
    }
  | { readonly write: string; readonly text: string }
  /** Steps of a plan, the first of which is under way. */
  | { readonly plan: readonly string[] }
  /** A tool by its name, or by the end of it: agents put a prefix before the names of MCP tools. */
  | { readonly tool: string; readonly input: Readonly<Record<string, unknown>> }

/** Why a model refuses to answer; each interface has its own words for it. */
export type FailureKind =
  | 'UNAUTHORIZED'
  | 'UNPAID'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'CONTEXT_FULL'
  | 'MODEL_GONE'

/** An error in place of an answer. */
export interface Failure {
  readonly kind: FailureKind
  /** After how many seconds it is worth asking again; for RATE_LIMITED and OVERLOADED. */
  readonly resetSeconds?: number
}

/** What the model says that it has used, in tokens. */
export interface ClaimedUsage {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly reasoning: number
}

/** One answer of the model. */
export interface Answer {
  readonly say?: string
  readonly think?: string
  readonly use?: readonly Use[]
  readonly fail?: Failure
  readonly usage?: Partial<ClaimedUsage>
  /** How long nothing comes, in milliseconds. */
  readonly delayMs?: number
  /** How long the text takes to come, in milliseconds, where it is streamed. */
  readonly spreadMs?: number
}

/** What follows a prompt: one answer after the other, until the next prompt. */
export interface Scene {
  readonly prompt: RegExp
  readonly answers: readonly Answer[]
}

/** What a model does, scene by scene; the first that fits counts. */
export type Script = readonly Scene[]

/** Who said the next thing in a conversation. */
export type Line =
  | { readonly by: 'user'; readonly text: string }
  | { readonly by: 'model' }
  | { readonly by: 'tool' }

const LAST_ANSWER: Answer = { say: 'That is all.' }
const NO_SCENE: Answer = { say: 'The script has no scene for this.' }

/** The next answer, and where in the script it stands. */
export interface Cue {
  readonly answer: Answer
  /** Null where no scene fits. */
  readonly scene: number | null
  readonly index: number
}

/**
 * The answer that is next. How many were given stands in the conversation, and nowhere else: an agent that takes a session up goes on
 * where it stood, and one that forgot its past is found out.
 */
export function findCue(script: Script, lines: readonly Line[]): Cue {
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const line = lines[at]
    if (line?.by !== 'user') continue
    const scene = script.findIndex(({ prompt }) => prompt.test(line.text))
    if (scene < 0) continue
    const index = countAnswers(lines.slice(at + 1))
    return { answer: script[scene]?.answers[index] ?? LAST_ANSWER, scene, index }
  }
  return { answer: NO_SCENE, scene: null, index: 0 }
}

/** What a model says and calls without anything between is one answer. */
function countAnswers(lines: readonly Line[]): number {
  return lines.filter(({ by }, at) => by === 'model' && lines[at - 1]?.by !== 'model').length
}
