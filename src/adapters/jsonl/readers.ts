import type { AgentDefinition, KnownAgent } from '../kit/agentDefinition.ts'
import type { EventReader } from './eventReader.ts'
import { readClaude, readQwen } from './readClaude.ts'
import { readCodex } from './readCodex.ts'
import { readGemini } from './readGemini.ts'
import { readOpencode } from './readOpencode.ts'
import { readPi } from './readPi.ts'

/** Readers of the events of known agents. */
const READERS: Readonly<Record<KnownAgent, EventReader>> = {
  claude: readClaude,
  codex: readCodex,
  gemini: readGemini,
  opencode: readOpencode,
  pi: readPi,
  qwen: readQwen,
}

/** The reader of what an agent prints by its definition; null where that is plain text. */
export function findReader({ output }: AgentDefinition): EventReader | null {
  return output === 'text' ? null : READERS[output.slice('jsonl:'.length) as KnownAgent]
}
