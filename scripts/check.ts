/**
 * Runs every check that is not a test, one after another; all of them run and are reported even if one fails.
 *
 * npm run check
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The files that `npm run generate` writes and that are committed. */
const GENERATED = [
  'schema/schema.graphql',
  'schema/operations/mutations.graphql',
  'schema/documents.json',
  'schema/events.schema.json',
  'schema/workflow.schema.json',
  'sdk/generated',
  'docs/lifecycle.md',
  'docs/refusals.md',
  'docs/scale.md',
]

const CHECKS: readonly (readonly [name: string, command: string])[] = [
  ['format', 'oxfmt --check'],
  ['lint', 'oxlint --type-aware'],
  ['types', 'tsc -p . && tsc -p web'],
  ['dead code', 'knip'],
  ['migrations', 'tsx scripts/prismaDiff.ts --check'],
  ['contract', 'tsx scripts/checkContract.ts'],
  ['schema', 'eslint --config lint/schema.js schema/schema.graphql'],
  ['Relay', 'tsx scripts/checkRelay.ts'],
  ['house', 'vitest run --project unit test/unit/house'],
  ['statements', 'vitest run --project integration test/integration/store/statements.test.ts'],
  ['SDK package', 'publint sdk --strict && attw --pack sdk --quiet'],
  ['SDK size', 'tsx scripts/sdkSize.ts'],
  ['packages', 'tsx scripts/packageSize.ts'],
]

/** The checks whose measurements are told, also where they hold. */
const TOLD = ['SDK size', 'packages', 'Relay']

function runCheck(name: string, command: string): boolean {
  const began = performance.now()
  const { status, stdout, stderr } = spawnSync(command, { shell: true, encoding: 'utf8' })
  const passed = report(name, status === 0, began, stdout + stderr)
  if (passed && TOLD.includes(name)) console.log(stdout.trim().replaceAll(/^/gm, '         '))
  return passed
}

function report(name: string, passed: boolean, began: number, output: string): boolean {
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (!passed) console.log(output)
  return passed
}

/** Generates everything again and reports the files that were out of date. */
function checkGenerated(): boolean {
  const began = performance.now()
  const before = new Map(GENERATED.flatMap(listFiles).map((file) => [file, readFileSync(file, 'utf8')]))
  const { status, stdout, stderr } = spawnSync('npm run --silent generate', { shell: true, encoding: 'utf8' })
  const after = GENERATED.flatMap(listFiles)
  const stale = [...new Set([...before.keys(), ...after])].filter(
    (file) => !existsSync(file) || before.get(file) !== readFileSync(file, 'utf8'),
  )
  const advice = stale.map((file) => `${file} was out of date: commit what was generated\n`).join('')
  return report('generated files', status === 0 && stale.length === 0, began, stdout + stderr + advice)
}

function listFiles(path: string): string[] {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path).flatMap((name) => listFiles(join(path, name)))
}

const results = [checkGenerated(), ...CHECKS.map(([name, command]) => runCheck(name, command))]
process.exitCode = results.every(Boolean) ? 0 : 1
