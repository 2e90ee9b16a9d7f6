import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createProgram } from '../../../src/cli/program.ts'
import { configSchema } from '../../../src/config.ts'
import { workflowSchema } from '../../../src/lifecycle/workflow/workflow.ts'
import { workerConfigSchema } from '../../../src/worker/config/config.ts'
import { fillPresets } from '../../../src/worker/config/fillPresets.ts'

const root = resolve(import.meta.dirname, '../../..')
const PAGES = ['README.md', 'sdk/README.md', 'examples/README.md', ...listPages('docs')]

/** A block of code of a page. */
interface Block {
  readonly page: string
  readonly language: string
  readonly text: string
}

function listPages(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  // what is generated from the code is not written by hand
  return names
    .filter((name) => /^(?!\.vitepress|reference).*\.md$/.test(name))
    .map((name) => join(folder, name))
}

const blocks = PAGES.flatMap((page) => {
  const found = readFileSync(join(root, page), 'utf8').matchAll(/^```(\w*)\n([^]*?)^```$/gm)
  return [...found].map(([, language = '', text = '']): Block => ({ page, language, text }))
})

/** Each `pawl …` of a line, up to what ends it in a shell; the rest of a line after two spaces describes it. */
const CALLED = /(?<![\w/.-]|exec )pawl (?=[a-z])((?:'[^']*'|"[^"]*"|(?! {2,}|[|&;)#>\n]|$).)*)/gm

const program = await createProgram(['serve'])

/** What is wrong with a call; nothing where the command and all its options are there. */
function findMistake(call: string): string | undefined {
  const words = call
    .replaceAll(/'[^']*'|"[^"]*"/g, 'TEXT')
    .trim()
    .split(/\s+/)
  let command: Command = program
  while (command.commands.length > 0) {
    const [name = ''] = words
    // `artifact list|show|get` names several
    const next = command.commands.find(
      (child) => name.split('|').every(nameOf(command)) && name.split('|')[0] === child.name(),
    )
    // a command with options is one by itself, too
    if (!next && command !== program && command.options.length > 0) break
    if (!next) return `there is no command ${name}`
    words.shift()
    command = next
  }
  const own = words.slice(0, words.includes('--') ? words.indexOf('--') : undefined)
  const options = own.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split(/[=,]/)[0])
  const unknown = options.find(
    (option) => !['-h', '--help'].includes(option ?? '') && !isOption(command, option),
  )
  return unknown === undefined ? undefined : `${command.name()} has no option ${unknown}`
}

const nameOf = (group: Command) => (name: string) => group.commands.some((child) => child.name() === name)

const isOption = (command: Command, flag: string | undefined): boolean =>
  command.options.some(({ short, long }) => flag === short || flag === long)

test('pages call only commands and options that are there', () => {
  const shells = blocks.filter(({ language }) => ['sh', 'bash', 'shell', ''].includes(language))
  const inText = PAGES.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[^]*?^```$/gm, '')
    return [...text.matchAll(/`(pawl [^`]*)`/g)].map(([, words = '']) => ({ page, text: words }))
  })
  const calls = [...shells, ...inText].flatMap(({ page, text }) =>
    [...text.matchAll(CALLED)].map(([, call = '']) => ({ page, call })),
  )
  expect(calls.length).toBeGreaterThan(100)
  const mistakes = calls.flatMap(({ page, call }) => {
    const mistake = findMistake(call)
    return mistake === undefined ? [] : [`${page}: pawl ${call}: ${mistake}`]
  })
  expect(mistakes).toEqual([])
})

test('pages show workflows, workers’ settings and servers’ settings that are accepted', () => {
  const judged = { workflow: 0, worker: 0, server: 0 }
  const mistakes = blocks
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ page, text }) => {
      const value = parse(text) as unknown
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
      const kind =
        'phases' in value ? 'workflow' : 'agents' in value ? 'worker' : 'port' in value ? 'server' : null
      if (kind === null) return []
      judged[kind] += 1
      const { settings, issues } = fillPresets(value as Record<string, unknown>)
      const schema = { workflow: workflowSchema, worker: workerConfigSchema, server: configSchema }[kind]
      const found = [...issues, ...(schema.safeParse(settings).error?.issues ?? [])]
      return found.map(({ path, message }) => `${page}: ${path.map(String).join('.')}: ${message}\n${text}`)
    })
  expect(mistakes).toEqual([])
  expect(judged.workflow).toBeGreaterThan(5)
  expect(judged.worker).toBeGreaterThan(8)
  expect(judged.server).toBeGreaterThan(0)
})
