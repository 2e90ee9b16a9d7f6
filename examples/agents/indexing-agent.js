// An agent for the workflow `handover`, for the adapter `process`: it makes an index of the Markdown files of a folder.
//
//   agents:
//     default: { adapter: process, command: [node, examples/agents/indexing-agent.js], prompt: stdin }
//
// `--pause MS` lets it rest after each file that it verifies. What it has verified it notes down, so that whoever comes after
// it, should it be killed, does not begin anew.
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

const NOTES = '.verified'

const { values } = parseArgs({ options: { pause: { type: 'string', default: '0' } } })
const prompt = readFileSync(0, 'utf8')
const phase = /in its phase “([^”]+)”/.exec(prompt)?.[1]
const folder = /`([^`]+)`/.exec(sectionOf('Task'))?.[1] ?? '.'
const work = { plan, build, verify }[phase ?? '']
if (!work) throw new Error(`this agent knows no phase “${phase}”`)
await work()

/** Says what there is to do. */
function plan() {
  const files = listChapters().map(({ path, heading }) => `- ${path}: ${heading}`)
  write('plan.md', `# Plan: an index of ${files.length} files\n\n${files.join('\n')}\n`)
}

/** Writes the index, and reports it; the report's number as a text at first, as careless agents do. */
function build() {
  const chapters = listChapters()
  const lines = chapters.map(({ path, heading, words }) => `- [${heading}](${path}): ${words} words`)
  write('INDEX.md', `# Index\n\n${lines.join('\n')}\n`)
  const words = chapters.reduce((sum, chapter) => sum + chapter.words, 0)
  const isRepair = sectionOf('To be corrected') !== ''
  write('build.json', JSON.stringify({ file: 'INDEX.md', words: isRepair ? words : String(words) }))
}

/** Counts again what the index says, file by file, leaving out those that were verified before. */
async function verify() {
  const index = readFileSync('INDEX.md', 'utf8')
  const before = existsSync(NOTES) ? readFileSync(NOTES, 'utf8').split('\n').filter(Boolean) : []
  if (before.length > 0) console.log(`found verified already: ${before.join(', ')}`)
  const chapters = listChapters()
  for (const { path, words } of chapters.filter((chapter) => !before.includes(chapter.path))) {
    if (!index.includes(`(${path}): ${words} words`))
      throw new Error(`${path} has ${words} words, which INDEX.md does not say`)
    appendFileSync(NOTES, `${path}\n`)
    console.log(`verified ${path}: ${words} words`)
    await sleep(Number(values.pause))
  }
  rmSync(NOTES, { force: true })
  write('verify.json', JSON.stringify({ passed: true, checked: chapters.map(({ path }) => path) }))
}

function listChapters() {
  const names = readdirSync(folder).filter((name) => name.endsWith('.md'))
  return names.toSorted().map((name) => {
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    return {
      path,
      heading: /^# (.+)$/m.exec(text)?.[1] ?? name,
      words: text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0,
    }
  })
}

/** What the prompt says below a heading; empty where it does not have it. */
function sectionOf(heading) {
  const section = prompt.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))
  return section?.slice(heading.length).trim() ?? ''
}

/** Written beside it and renamed, so that nobody ever sees half of it. */
function write(path, text) {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
  console.log(`wrote ${path}`)
}
