import { access, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isMap, isNode, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { composeText } from './text/composeText.ts'
import { decodeText } from './text/decodeText.ts'
import { objectToJson } from './text/objectToJson.ts'

/** A setting that is wrong, and where it stands: a flag, a variable, or a line of a file. */
export interface ConfigMistake {
  readonly where: string
  readonly message: string
}

/** The settings are invalid; the message lists all mistakes. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(readonly mistakes: readonly ConfigMistake[]) {
    super(mistakes.map(({ where, message }) => `${where}: ${message}`).join('\n'))
  }
}

/** A file of settings that was read: settings by name, or nothing at all. */
export interface ConfigFile {
  readonly document: Document
  /** Where in the file an offset lies, as `path:line:column`. */
  readonly placeOf: (offset: number) => string
}

/**
 * The file to read: the one named, else the one that exists among the usual names; undefined if none does. Two of them are an error.
 *
 * @param names looked for in this order
 */
export async function findConfigFile(
  named: unknown,
  names: readonly string[],
  cwd: string,
  mistakes: ConfigMistake[],
): Promise<string | undefined> {
  if (typeof named === 'string' && named !== '') return resolve(cwd, named)
  const there: string[] = []
  for (const name of names) {
    const path = resolve(cwd, name)
    const isThere = await access(path).then(
      () => true,
      () => false,
    )
    if (isThere) there.push(path)
  }
  const [first, second] = there
  if (first && second) mistakes.push({ where: second, message: `there is ${first} too: keep one of them` })
  return first
}

/** Reads a file of settings; JSON is read as the YAML it is. Undefined where that can't be done, which is a mistake. */
export async function readConfigFile(
  path: string,
  mistakes: ConfigMistake[],
): Promise<ConfigFile | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    mistakes.push({ where: path, message: error.code === 'ENOENT' ? 'there is no such file' : error.message })
  })
  if (bytes === undefined) return undefined
  const text = decodeText(bytes)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const placeOf = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${path}:${line}:${col}`
  }
  for (const error of document.errors) mistakes.push({ where: placeOf(error.pos[0]), message: error.message })
  if (document.errors.length > 0) return undefined
  if (document.contents !== null && !isMap(document.contents)) {
    mistakes.push({ where: placeOf(0), message: 'expected settings by name' })
    return undefined
  }
  const inexact = findInexact(document)
  if (inexact) mistakes.push({ where: placeOf(inexact.offset), message: inexact.message })
  return inexact ? undefined : { document, placeOf }
}

/** What of a document can't be taken as it is written: a number that would be rounded, a name that would be lost. */
function findInexact(document: Document): { readonly offset: number; readonly message: string } | undefined {
  try {
    const found = objectToJson(document.toJS())
    if (!found) return undefined
    const node = document.getIn(found.path, true)
    const message = `${composeText(found.path.join('.'), { max: 200 })} ${found.message}`
    return { offset: isNode(node) ? (node.range?.[0] ?? 0) : 0, message }
  } catch (error) {
    // as many aliases as would make more of it than there is memory for
    return { offset: 0, message: (error as Error).message }
  }
}
