import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { buildSchema, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import * as generated from '../../../sdk/generated/graphql.ts'

const read = (file: string) => readFileSync(new URL(`../../../schema/${file}`, import.meta.url), 'utf8')
const known = JSON.parse(read('documents.json')) as Record<string, string>

it('the registry has every document that the SDK sends, by the hash of its text', () => {
  const sent: string[] = Object.values(generated)
  expect(sent.length).toBeGreaterThan(75)
  const hashes = sent.map((text) => createHash('sha256').update(text).digest('hex'))
  expect(known).toEqual(Object.fromEntries(hashes.map((hash, index) => [hash, sent[index]])))
})

it('every one of them is valid', () => {
  const schema = buildSchema(read('schema.graphql'))
  for (const text of Object.values(known)) expect(validate(schema, parse(text))).toEqual([])
})

it('the dashboard, the command line, workers and the tools of MCP send no others', () => {
  const files = [
    'web/src',
    'src/cli',
    'src/worker',
    'src/workspaces',
    'src/adapters',
    'src/mcp',
    'src/advice',
  ].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => `${folder}/${file}`),
  )
  expect(files.length).toBeGreaterThan(200)
  expect(files.filter((file) => /\bpawl\s*\.query\(/.test(readFileSync(file, 'utf8')))).toEqual([])
})
