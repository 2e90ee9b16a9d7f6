import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A page of recipes: what it shows is what is run. */
export interface Recipe {
  /** The files that it shows, by their path. */
  readonly files: ReadonlyMap<string, string>
  /** The packages that its `npm install` lines name, without those of Pawl. */
  readonly packages: readonly string[]
}

const PAGES = fileURLToPath(new URL('../../docs/recipes/', import.meta.url))

/** Reads a page of docs/recipes. A code block whose first line after the fence names a file, as in "ts app/page.tsx", is that file. */
export function readRecipe(name: string): Recipe {
  const page = readFileSync(join(PAGES, `${name}.md`), 'utf8')
  const blocks = [...page.matchAll(/^```\w+ (?<path>\S+)\n(?<code>[\s\S]*?)^```$/gm)]
  const files = new Map(blocks.map(({ groups }) => [groups?.['path'] ?? '', groups?.['code'] ?? '']))
  if (files.size === 0) throw new Error(`docs/recipes/${name}.md shows no file`)
  const installs = [...page.matchAll(/^npm install (.+)$/gm)].flatMap(([, words = '']) => words.split(' '))
  return {
    files,
    packages: installs.filter(
      (word) => !word.startsWith('-') && !word.startsWith('@pawl/') && word !== 'pawl',
    ),
  }
}

/** Writes the files of a recipe into a folder. */
export async function writeRecipe({ files }: Recipe, folder: string): Promise<void> {
  for (const [path, code] of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, code)
  }
}
