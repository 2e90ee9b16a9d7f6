import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ROOMS } from '../../../lint/arrows.js'

const root = resolve(import.meta.dirname, '../../..')

/** The table of folders: the row of each. */
const ROWS = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))

function foldersOf(path: string): string[] {
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}

test('docs/architecture.md lists every folder of src and test, and every room', () => {
  const rowOf = (folder: string) => ROWS.find((row) => row.startsWith(`| \`${folder}\``)) ?? ''
  const layers = foldersOf('src').map((name) => `src/${name}`)
  const missing = [
    ...layers.filter((layer) => rowOf(layer) === ''),
    ...foldersOf('test').filter((name) => !rowOf('test').includes(`\`${name}\``)),
    ...Object.entries(ROOMS).flatMap(([layer, rooms]) =>
      Object.keys(rooms)
        .filter((room) => !rowOf(layer.replace('web/src', 'web')).includes(`\`${room}\``))
        .map((room) => `${layer}/${room}`),
    ),
  ]
  expect(missing).toEqual([])
})
