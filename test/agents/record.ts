import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CACHE } from './install.ts'
import type { Stage } from './stage.ts'

/** Writes down all that was seen of a trial, for who wants to know why it went as it did, and returns where. */
export async function record(stage: Stage, runId: string, name: string): Promise<string> {
  const folder = join(CACHE, 'records')
  await mkdir(folder, { recursive: true })
  const { pawl } = stage.server
  const events: object[] = []
  for await (const event of pawl.runs.events(runId)) events.push(event)
  const parts: Readonly<Record<string, readonly object[]>> = {
    'what the model was asked': stage.heard.map(({ question, scene, index, usage }) => ({
      last: question.lines.at(-1),
      scene,
      index,
      usage,
      tools: question.tools.map(({ name }) => name).join(' '),
    })),
    'what the workers told': stage.news,
    'what the agent said': await stage.transcript(runId),
    'the log of the run': events,
  }
  const path = join(folder, `${name}.txt`)
  await writeFile(
    path,
    Object.entries(parts)
      .map(([title, lines]) => [`# ${title}`, ...lines.map((line) => JSON.stringify(line)), ''].join('\n'))
      .join('\n'),
  )
  return path
}
