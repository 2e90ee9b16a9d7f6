/**
 * An owner of an agent that is killed: opens it, hands it a prompt, says so, and waits for its end.
 *
 *   ownerProcess.ts KIND '{"context": …, "prompt": …, "kept": FILE}'
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { DISCARDED_OUTPUT } from '../../../src/adapters/kit/adapter.ts'
import type { AgentContext, Prompt } from '../../../src/adapters/kit/adapter.ts'
import { KINDS } from './kinds.ts'

const [name, given] = process.argv.slice(2)
const { context, prompt, kept } = JSON.parse(given ?? '') as {
  context: AgentContext
  prompt: Prompt
  kept: { handle: string; output: string }
}
const kind = KINDS.find((one) => one.name === name)
if (!kind) throw new Error(`there is no kind ${name}`)
const agent = await kind.adapter.open({
  ...context,
  output: {
    ...DISCARDED_OUTPUT,
    write: (bytes) => appendFileSync(kept.output, bytes),
    report: (entry) => appendFileSync(kept.output, ('text' in entry && entry.text) || ''),
  },
  recordStart: async ({ pid, handle: told }) => {
    if (told !== undefined) writeFileSync(kept.handle, JSON.stringify(told))
    return `exe_${context.sessionId}_owner_${pid}`
  },
  recordEnd: async () => undefined,
  askPermission: async () => {
    throw new Error('nobody can be asked here')
  },
  saveHandle: async (handle) => writeFileSync(kept.handle, JSON.stringify(handle)),
})
await agent.send(prompt)
console.log('sent')
setInterval(() => undefined, 60_000)
