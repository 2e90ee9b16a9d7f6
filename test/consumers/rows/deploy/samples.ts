import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { whyUnstartable } from '../../../../src/processes/findCommand.ts'
import { NotHere } from '../../row.ts'

/** The folder of the samples. */
export const SAMPLES = fileURLToPath(new URL('../../../../deploy/', import.meta.url))

/** A sample, with what a test must have differently; each of it has to be there. */
export function readSample(name: string, changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`deploy/${name} has no “${from}”`)
      return text.replace(from, to)
    },
    readFileSync(join(SAMPLES, name), 'utf8'),
  )
}

/** Skips the row unless these programs are there. */
export function needPrograms(...programs: readonly string[]): void {
  const missing = programs.filter((program) => whyUnstartable(program, process.env) !== null)
  if (missing.length > 0) throw new NotHere(`there is no ${missing.join(', no ')}`)
}
