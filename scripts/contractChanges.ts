import { buildSchema, findBreakingChanges } from 'graphql'
import { readFileSync } from 'node:fs'

/** The schema of the last release, and the one that the code has now. */
const RELEASED = 'schema/released.graphql'
const PRESENT = 'schema/schema.graphql'
/** Where a change that breaks clients is announced: each in a line of its own, in the words of the check. */
const NOTES = 'docs/contract.md'

/** Compares two schemas; returns what breaks clients of the released one and is announced in no line of the notes. */
export function findUnannounced(released: string, present: string, notes: string): string[] {
  const lines = new Set(notes.split('\n').map((line) => line.replace(/^[-*]\s+/, '').trim()))
  return findBreakingChanges(buildSchema(released), buildSchema(present))
    .map(({ description }) => description)
    .filter((description) => !lines.has(description))
}

/** As `findUnannounced`, for the files of this repository. */
export function checkContract(): string[] {
  const [released = '', present = '', notes = ''] = [RELEASED, PRESENT, NOTES].map((file) =>
    readFileSync(file, 'utf8'),
  )
  return findUnannounced(released, present, notes)
}
