import { Writable } from 'node:stream'
import pg from 'pg'
import { expect, it } from 'vitest'
import { createLog } from '../../../src/log.ts'
import { findTransientFault, isTransientFault } from '../../../src/store/sql/transientFaults.ts'

function capture() {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  return { lines, log: createLog({ destination }) }
}

it('logs an error without the fields that quote rows, and without secrets', () => {
  const { lines, log } = capture()
  const error = new pg.DatabaseError(
    'duplicate key for pawl_AbCdEfGhIjKlMnOpQrSt at postgres://u:hunter2@h/d',
    1,
    'error',
  )
  Object.assign(error, { code: '23505', detail: 'Key (input)=(my secret prompt)', where: 'my secret prompt' })
  log.error({ err: new Error('outer', { cause: error }) }, 'graphql.execution_failed')
  const [line = ''] = lines
  expect(line).toContain('23505')
  expect(line).toContain('graphql.execution_failed')
  expect(line).not.toContain('secret prompt')
  expect(line).not.toContain('AbCdEfGh')
  expect(line).not.toContain('hunter2')
})

it('knows a database that is away from one that refuses', () => {
  const shutDown = Object.assign(new pg.DatabaseError('terminating connection', 1, 'error'), {
    code: '57P01',
  })
  const violated = Object.assign(new pg.DatabaseError('violates', 1, 'error'), { code: '23505' })
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  expect(isTransientFault(shutDown)).toBe(true)
  expect(isTransientFault(new Error('wrapped', { cause: refused }))).toBe(true)
  expect(isTransientFault(new AggregateError([refused]))).toBe(true)
  expect(isTransientFault(violated)).toBe(false)
  expect(isTransientFault(new Error('something else'))).toBe(false)
  expect(isTransientFault('text')).toBe(false)
})

it.each([
  ['57P03', 'AWAY'],
  ['53300', 'AWAY'],
  ['53100', 'FULL'],
  ['25006', 'READ_ONLY'],
  ['57014', 'INTERRUPTED'],
  ['55P03', 'INTERRUPTED'],
  ['40P01', 'INTERRUPTED'],
  ['25P03', 'INTERRUPTED'],
  ['42P01', undefined],
])('knows what %s means, also behind Prisma', (code, hindrance) => {
  const error = Object.assign(new pg.DatabaseError('…', 1, 'error'), { code })
  expect(findTransientFault(error)).toBe(hindrance)
  const adapted = Object.assign(new Error('DriverAdapterError'), { cause: { kind: 'postgres', code } })
  expect(findTransientFault(Object.assign(new Error('…'), { meta: { driverAdapterError: adapted } }))).toBe(
    hindrance,
  )
})

it('knows a full quota by its words, which have no state of their own', () => {
  const message = 'could not extend file "base/1/2": Disk quota exceeded'
  expect(
    findTransientFault(Object.assign(new pg.DatabaseError(message, 1, 'error'), { code: 'XX000' })),
  ).toBe('FULL')
})

it('shows marks that would turn its lines around, and says the same to a program', () => {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  createLog({ destination }).warn({ owner: 'a\u202eb\u{e0041}' }, 'test.line_completed')
  expect(lines[0]).toContain('a\\u202eb\\udb40\\udc41')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ owner: 'a\u202eb\u{e0041}' })
})
