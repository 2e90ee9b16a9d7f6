/**
 * Prints the pages of reference to docs/reference, from the definitions that the program runs by. They are part of the documentation as
 * it is built, and not kept in the repository:
 *
 * tsx scripts/printReference.ts
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describeCommands } from './reference/commands.ts'
import { describeGraphql } from './reference/graphql.ts'
import { describeEvents, describeSettings, describeWorkflowFile } from './reference/settings.ts'

const FOLDER = fileURLToPath(new URL('../docs/reference/', import.meta.url))

await mkdir(FOLDER, { recursive: true })
const pages = {
  'commands.md': await describeCommands(),
  'settings.md': describeSettings(),
  'workflow-file.md': describeWorkflowFile(),
  'events.md': describeEvents(),
  'graphql.md': describeGraphql(),
}
for (const [name, text] of Object.entries(pages)) await writeFile(FOLDER + name, text)
