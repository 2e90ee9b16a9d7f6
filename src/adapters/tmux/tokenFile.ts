import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentContext } from '../kit/adapter.ts'
import { environmentOf } from '../kit/startable.ts'

/**
 * Keeps the token that is good under this owner where the agent finds it: the environment of a process that lives on can't be
 * changed. Returns what the environment has to say of it.
 */
export async function keepToken(context: AgentContext): Promise<{ readonly PAWL_TOKEN_FILE?: string }> {
  const file = join(context.stateDir, 'token')
  const token = environmentOf(context)['PAWL_TOKEN']
  if (token === undefined) {
    await rm(file, { force: true })
    return {}
  }
  await writeFile(`${file}.new`, `${token}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
  return { PAWL_TOKEN_FILE: file }
}
